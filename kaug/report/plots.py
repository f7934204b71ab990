"""Means, gains and losses → SVG for HTML.

The plots of intervals have no view box: x is in percent of the width and y in pixels, so that they scale with the page
while letters and dots keep their size. Colours come from the page's style sheet; shapes or words repeat what colours
mean.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from kaug.evaluation.gain import reading
from kaug.html.page import interval, number, signed
from kaug.html.svg import HEIGHT, axis, axis_ticks, bar_row, grid, percent, svg_row

__all__ = ["arm_class", "arm_row", "axis_row", "gain_axis", "gain_row", "loss_plots"]

_MIDDLE = HEIGHT / 2
_BOX = (260.0, 150.0)
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 40.0, 12.0, 24.0
_POINTS = 200


HUES = {
    "base": "grey",
    "base+retrieval": "teal",
    "text": "olive",
    "repeated": "amber",
    "shuffled": "red",
    "augmented": "blue",
    "augmented+retrieval": "violet",
}
"""Arm → its colour in `kaug.html.page.PALETTE`; all others are slate."""


def arm_class(arm: str) -> str:
    """Return the CSS class of an arm's colour.

    Examples:
        >>> arm_class("base+retrieval"), arm_class("mine")
        ('hue-teal', 'hue-slate')
    """
    return f"hue-{HUES.get(arm, 'slate')}"


def gain_axis(gains: Sequence[Mapping[str, Any]]) -> list[float]:
    """Choose the ticks of an axis that covers all intervals and zero.

    Examples:
        >>> gain_axis([{"low": -0.1, "high": 0.61}])
        [-0.2, 0.0, 0.2, 0.4, 0.6, 0.8]
    """
    low = min([0.0, *(gain["low"] for gain in gains)])
    high = max([0.0, *(gain["high"] for gain in gains)])
    return axis_ticks(low, high, 5)


def gain_row(gain: Mapping[str, Any], ticks: Sequence[float], label: str) -> Markup:
    """Draw a gain as a dot with its interval over the grid, filled if the interval excludes zero, else hollow."""
    dot = Markup('<circle cx="{}%" cy="{}" r="5"/>').format(percent(gain["mean"], ticks), _MIDDLE)
    mark = _whisker(gain, ticks, f"mark {reading(gain)}", dot)
    return svg_row(f"{label}: gain {signed(gain['mean'])}, 95% interval {interval(gain)}", grid(ticks) + mark)


def arm_row(part: Mapping[str, Any], arm: str, label: str) -> Markup:
    """Draw one arm's mean score as a bar from 0 to 1 with its interval."""
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    title = f"{label}: {number(part['mean'])}, 95% interval {interval(part)}"
    return bar_row([(part["mean"], arm_class(arm))], ticks, title, _whisker(part, ticks, "whisker"))


def _whisker(part: Mapping[str, Any], ticks: Sequence[float], kind: str, dot: str = "") -> Markup:
    return Markup(
        '<g class="{kind}"><line x1="{low}%" x2="{high}%" y1="{y}" y2="{y}"/>'
        '<line x1="{low}%" x2="{low}%" y1="{top}" y2="{bottom}"/>'
        '<line x1="{high}%" x2="{high}%" y1="{top}" y2="{bottom}"/>{dot}</g>'
    ).format(
        kind=kind,
        low=percent(part["low"], ticks),
        high=percent(part["high"], ticks),
        y=_MIDDLE,
        top=_MIDDLE - 4,
        bottom=_MIDDLE + 4,
        dot=dot,
    )


def axis_row(ticks: Sequence[float], *, sign: bool) -> Markup:
    """Write the tick labels of an axis, with plus signs if `sign`; hidden from screen readers, since rows give the numbers."""
    return axis(ticks, [signed(tick) if sign else number(tick) for tick in ticks])


def loss_plots(training: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Markup]]:
    """Plot the losses of each arm over the training steps, with the other arms in grey; arms with one loss have no plot."""
    curves = {}
    for arm, entry in training.items():
        points = [(float(step), float(loss)) for step, loss in entry.get("loss") or [] if loss is not None]
        stride = max(1, math.ceil(len(points) / _POINTS))
        thinned = points[::stride] + (points[-1:] if points[::stride][-1:] != points[-1:] else [])
        if len(thinned) > 1:
            curves[arm] = thinned
    if not curves:
        return []
    flat = [point for points in curves.values() for point in points]
    steps = axis_ticks(0.0, max(step for step, _ in flat), 3)
    losses = axis_ticks(min(0.0, *(loss for _, loss in flat)), max(loss for _, loss in flat), 3)
    paths = {arm: " ".join(f"{_x(s, steps):.1f},{_y(v, losses):.1f}" for s, v in curves[arm]) for arm in curves}
    return [(arm, _loss_plot(arm, curves[arm], paths, steps, losses)) for arm in curves]


def _loss_plot(
    arm: str,
    points: Sequence[tuple[float, float]],
    paths: Mapping[str, str],
    steps: Sequence[float],
    losses: Sequence[float],
) -> Markup:
    parts = [
        Markup('<line class="grid" x1="{}" x2="{}" y1="{y}" y2="{y}"/><text class="y" x="{}" y="{}">{}</text>').format(
            _LEFT,
            _BOX[0] - _RIGHT,
            _LEFT - 5,
            round(_y(loss, losses) + 3.5, 1),
            f"{loss:g}",
            y=round(_y(loss, losses), 1),
        )
        for loss in losses
    ]
    parts += [
        Markup('<text x="{}" y="{}">{}</text>').format(round(_x(step, steps), 1), _BOX[1] - 8, f"{step:,.10g}")
        for step in steps
    ]
    ghosts = [path for other, path in paths.items() if other != arm]
    parts += [Markup('<polyline class="ghost" points="{}"/>').format(path) for path in ghosts]
    step, loss = points[-1]
    x, y = round(_x(step, steps), 1), round(_y(loss, losses), 1)
    parts.append(
        Markup(
            '<polyline class="curve {arm}" points="{path}"/><circle class="end {arm}" cx="{x}" cy="{y}" r="3.5"/>'
            '<text class="last" x="{tx}" y="{ty}">{last}</text>'
        ).format(arm=arm_class(arm), path=paths[arm], x=x, y=y, tx=x + 7, ty=y + 4, last=number(loss))
    )
    title = (
        f"Training loss of {arm}: from {number(points[0][1])} at step {points[0][0]:g} to {number(loss)} at {step:g}"
    )
    return Markup('<svg class="loss" role="img" viewBox="0 0 {} {}"><title>{}</title>{}</svg>').format(
        int(_BOX[0]), int(_BOX[1]), title, Markup("").join(parts)
    )


def _x(step: float, ticks: Sequence[float]) -> float:
    return _LEFT + (_BOX[0] - _LEFT - _RIGHT) * (step - ticks[0]) / (ticks[-1] - ticks[0])


def _y(loss: float, ticks: Sequence[float]) -> float:
    return _BOX[1] - _BOTTOM - (_BOX[1] - _TOP - _BOTTOM) * (loss - ticks[0]) / (ticks[-1] - ticks[0])
