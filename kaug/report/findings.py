"""Probes, answers and the facts behind them → the content of a report, as plain data that JSON can hold."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kaug.evaluation.gain import Gain, Interval, gains, order_arms, summarise
from kaug.report.wording import asked, interval, number, reading, signed, title
from kaug.tables import content_digest

__all__ = ["build_report"]

SAMPLES = 12
_FEW = 20  # clusters below which a percentile interval is rough
_CONTROLS = {
    "shuffled": "the same training on wrong facts",
    "repeated": "one phrasing per fact, as many tokens",
    "text": "the texts alone",
    "base+retrieval": "the untrained model shown retrieved facts",
}


def build_report(
    *,
    question: str,
    probes: pa.Table,
    answers: pa.Table,
    sentences: Mapping[str, str],
    provenance: Mapping[str, str],
    run: Mapping[str, Any],
    resamples: int = 10_000,
) -> dict[str, Any]:
    """Work out all that a report says.

    Args:
        question: The pipeline's question.
        probes: A PROBES table.
        answers: An ANSWERS table of at least one arm.
        sentences: Hex id of a fact → the fact said in words.
        provenance: Hex id of a fact → the id of its source.
        run: How the answers came about; see `kaug.report.report.write_report`.
        resamples: Bootstrap resamples.

    Returns:
        `question`, `command`, `verdict` ({outcome, sentence, details}), `exam` ({group: {n, clusters}}), `arms` and
        `gains` (see `kaug.evaluation.gain`), `by_source` (gains over the base by kind and source), `log_likelihood`
        ({arms, gains} in nats per token, or null), `samples`, `limits`, `run`. Numbers are rounded to six decimals; a
        number in `run` that is not finite is null.

    Raises:
        TableError: The tables are at fault; see `kaug.evaluation.gain`.
    """
    arms = summarise(probes, answers, resamples=resamples)
    found = gains(probes, answers, resamples=resamples)
    headline = "augmented" if "augmented" in arms else list(arms)[-1] if arms else ""
    compared = [(headline, "base")] if "base" in arms and headline != "base" else []
    sure = bool(pc.all(pc.is_finite(answers.column("log_likelihood"))).as_py())
    likelihood: dict[str, Any] | None = None
    if sure:
        likelihood = {
            "arms": summarise(probes, answers, measure="log_likelihood", resamples=resamples),
            "gains": gains(probes, answers, measure="log_likelihood", resamples=resamples),
        }
    by_source: dict[str, list[Gain]] = {}
    if len(set(probes.column("source").to_pylist())) > 1:
        by_source = gains(probes, answers, pairs=compared, by="source", resamples=resamples)
    content = {
        "question": question,
        "command": run.get("command", ""),
        "verdict": _verdict(headline, arms, found),
        "exam": _exam(arms),
        "arms": arms,
        "gains": found,
        "by_source": by_source,
        "log_likelihood": likelihood,
        "samples": _samples(headline, probes, answers, sentences, provenance),
        "limits": _limits(headline, arms, found, answers=answers, run=run, sure=sure),
    }
    plain: dict[str, Any] = _plain(content, places=6)
    plain["command"] = command if isinstance(command := plain["command"], str) else " ".join(map(str, command))
    return plain | {"run": _plain(dict(sorted(run.items())))}


def _exam(arms: Mapping[str, Mapping[str, Interval]]) -> dict[str, dict[str, int]]:
    exam: dict[str, dict[str, int]] = {}
    for groups in arms.values():
        for group, part in groups.items():
            if part["n"] > exam.get(group, {"n": 0})["n"]:
                exam[group] = {"n": part["n"], "clusters": part["clusters"]}
    return exam


def _verdict(headline: str, arms: Mapping[str, Any], found: Mapping[str, Sequence[Gain]]) -> dict[str, Any]:
    if not headline or not arms[headline]:
        return {"outcome": "alone", "sentence": "There are no answers.", "details": []}
    kind = next(iter(arms[headline]))
    name = headline[:1].upper() + headline[1:] if headline != "base" else "The untrained model"
    sentence = f"{name} answers {arms[headline][kind]['mean']:.0%} of {asked(kind)}"
    mine = {group: [gain for gain in part if gain["arm"] == headline] for group, part in found.items()}
    rivals = {gain["against"]: gain for gain in mine.get(kind, [])}
    if not rivals:
        return {"outcome": "alone", "sentence": f"{sentence}; there is no arm to compare it with.", "details": []}
    against = "base" if "base" in rivals else next(iter(rivals))
    gain = rivals[against]
    other = "untrained" if against == "base" else against
    outcome = reading(gain)
    tail = "; zero is in the interval, so no gain is shown" if outcome == "unclear" else ""
    sentence += f"; {other} {arms[against][kind]['mean']:.0%}; gain {number(gain['mean'])} {interval(gain)}{tail}."
    details = [
        f"Against {rival} ({what}): {signed(rivals[rival]['mean'])} {interval(rivals[rival])}."
        for rival, what in _CONTROLS.items()
        if rival in rivals and rival != against
    ]
    kept = next((gain for gain in mine.get("locality", []) if gain["against"] == "base"), None)
    if kept and kind != "locality":
        said = {"up": "nothing was lost", "unclear": "no loss is shown", "down": "something was lost"}[reading(kept)]
        details.append(f"On what it was not taught: {signed(kept['mean'])} {interval(kept)}; {said}.")
    return {"outcome": outcome, "sentence": sentence, "details": details}


def _samples(
    headline: str,
    probes: pa.Table,
    answers: pa.Table,
    sentences: Mapping[str, str],
    provenance: Mapping[str, str],
) -> list[dict[str, Any]]:
    answers = answers.sort_by([("probe", "ascending"), ("arm", "ascending"), ("seed", "ascending")])
    names = answers.select(["probe", "arm", "score"]).to_pydict()
    first: dict[str, float] = {}
    for probe, arm, score in zip(names["probe"], names["arm"], names["score"], strict=True):
        if arm == headline:
            first.setdefault(probe, score)
    strata: dict[tuple[str, bool], list[dict[str, Any]]] = {}
    for row in probes.to_pylist():
        if row["id"] in first:
            strata.setdefault((row["kind"], row["hops"] == 0), []).append(row)
    order = {group: i for i, group in enumerate(summarise(probes, answers, resamples=1).get(headline, {}))}
    keys = sorted(strata, key=lambda key: (order[key[0]], key[1]))
    chosen: list[dict[str, Any]] = []
    for i, key in enumerate(keys):
        share = SAMPLES // len(keys) + (i < SAMPLES % len(keys))
        rows = sorted(strata[key], key=lambda row: content_digest(row["id"]))
        right = [row for row in rows if first[row["id"]] >= 0.5]
        wrong = [row for row in rows if first[row["id"]] < 0.5]
        failures = min(len(wrong), max(1, share // 3))
        taken = right[: share - failures]
        chosen += taken + wrong[: share - len(taken)]
    said: dict[str, list[dict[str, Any]]] = {row["id"]: [] for row in chosen}
    for row in answers.filter(pc.is_in(answers.column("probe"), pa.array(list(said), pa.string()))).to_pylist():
        said[row["probe"]].append(row)
    return [_sample(row, said[row["id"]], sentences, provenance) for row in chosen]


def _sample(
    probe: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    sentences: Mapping[str, str],
    provenance: Mapping[str, str],
) -> dict[str, Any]:
    said = []
    for arm in order_arms([row["arm"] for row in rows]):
        of_arm = [row for row in rows if row["arm"] == arm]
        shown = of_arm[0]
        entry = {key: shown[key] for key in ("arm", "seed", "answer", "score", "retrieved")}
        right = sum(row["score"] >= 0.5 for row in of_arm)
        said.append(entry | {"right": shown["score"] >= 0.5, "seeds": len(of_arm), "seeds_right": right})
    facts = [{"fact": f, "sentence": sentences.get(f, ""), "source": provenance.get(f, "")} for f in probe["facts"]]
    named = {key: probe[key] for key in ("id", "kind", "hops", "language", "prompt", "answers")}
    return named | {"said": said, "facts": facts}


def _limits(
    headline: str,
    arms: Mapping[str, Mapping[str, Interval]],
    found: Mapping[str, Sequence[Gain]],
    *,
    answers: pa.Table,
    run: Mapping[str, Any],
    sure: bool,
) -> list[str]:
    model = f"One model ({run['model']})" if run.get("model") else "One model"
    limits = [f"{model} and one selection of facts were tried; another model or other facts may behave otherwise."]
    of_arm = zip(answers.column("arm").to_pylist(), answers.column("seed").to_pylist(), strict=True)
    seeds = len({seed for arm, seed in of_arm if arm == headline})
    runs = f"the {seeds} training runs per arm were averaged" if seeds > 1 else "there is one training run per arm"
    limits.append(f"The intervals speak of other questions like these, not of other training runs: {runs}.")
    mine = {group: part[0] for group, gain in found.items() if (part := [g for g in gain if g["arm"] == headline])}
    if mine:
        group, widest = max(mine.items(), key=lambda item: item[1]["high"] - item[1]["low"])
        half = (widest["high"] - widest["low"]) / 2
        limits.append(
            f"In {title(group)} ({widest['n']} probes in {widest['clusters']} clusters) "
            f"a gain smaller than about {number(half)} cannot be told from none."
        )
    limits.append("The intervals stand each for itself; they are not corrected for the number of comparisons.")
    limits.append("Answers are scored by the words they contain: negation and synonyms are not understood.")
    few = [title(group) for group, part in arms.get(headline, {}).items() if part["clusters"] < _FEW]
    if few:
        limits.append(f"Fewer than {_FEW} clusters of probes: {', '.join(few)}. There the intervals are rough.")
    flat = [
        f"{arm} in {title(group)}"
        for arm, groups in arms.items()
        for group, part in groups.items()
        if part["low"] == part["high"]
    ]
    if flat:
        limits.append(f"All scores alike, so that the interval says too little: {', '.join(flat)}.")
    if headline == "augmented" and "shuffled" not in arms:
        limits.append(
            "Without the arm shuffled, what the facts add is not told apart from what training in these forms adds."
        )
    if not sure:
        limits.append("Some log-likelihoods are not finite; they are left out.")
    return limits


def _plain(value: Any, places: int | None = None) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(part, places) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, places) for part in value]
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if isinstance(value, float):
        return (round(value, places) if places is not None else value) if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
