"""Probes, answers and the facts behind them → the content of a report, as plain data that JSON can hold."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kaug.arms import ARMS, Arm, is_base, is_shown_facts, order_arms
from kaug.evaluation.gain import Gain, Interval, gains, headline_arm, reading, summarise
from kaug.evaluation.scorers import SCORERS, AnsweredProbe, Scorer
from kaug.exam.drawing import Kind
from kaug.exam.kinds import KINDS
from kaug.html.page import interval, number, percent, signed, visible
from kaug.report.publish import publishable
from kaug.tables import content_digest

__all__ = ["build_report", "title"]

SAMPLES = 12
_FEW = 20  # clusters below which a percentile interval is rough


def title(group: str, kinds: Mapping[str, Kind] = KINDS) -> str:
    """Name a group of probes, as in a heading: by its kind's title, or by the kind's name if `kinds` lacks it.

    Examples:
        >>> title("recall/world"), title("who-is-it")
        ('Recall, world', 'Who is it')
    """
    kind, _, source = group.partition("/")
    plain = kind.replace("-", " ").replace("_", " ")
    name = kinds[kind].title if kind in kinds else plain[:1].upper() + plain[1:]
    return f"{name}, {source}" if source else name


def build_report(
    *,
    question: str,
    probes: pa.Table,
    answers: pa.Table,
    sentences: Mapping[str, str],
    provenance: Mapping[str, str],
    run: Mapping[str, Any],
    resamples: int = 10_000,
    arms: Mapping[str, Arm] = ARMS,
    kinds: Mapping[str, Kind] = KINDS,
    scorers: Mapping[str, Scorer] = SCORERS,
) -> dict[str, Any]:
    """Compute the content of a report.

    Args:
        question: The pipeline's question.
        probes: A PROBES table.
        answers: An ANSWERS table of at least one arm.
        sentences: Hex id of a fact → its sentence.
        provenance: Hex id of a fact → the id of its source.
        run: The description of the run. Known keys, all optional: `command` (a string, or a list of words), `seeds`,
            `model`, `encoder`, `machine`, `date`, `versions` ({package: version}), `training` ({arm: {rows, tokens,
            steps, seconds, loss: [[step, loss], …]}}), `counts` ({stage: {name: count}}), `digests` ({stage: hex}),
            `quality` ({severity: number of findings}; the caller puts the page, `quality.html`, beside the report).
            Other keys are shown unchanged. Values are JSON types, or are converted to strings. Secrets and the folders
            of absolute paths are left out; see `kaug.report.publish`.
        resamples: Bootstrap resamples.
        arms: The known arms, with order, meanings and controls. Others are shown by name.
        kinds: The known kinds of probes. Others are shown by name.
        scorers: The known scorers. Others are shown by name.

    Returns:
        `question`, `command`, `verdict` ({outcome, sentence, details}), `words` ({titles and asks of kinds, meanings of
        arms, descriptions of scorers}), `exam` ({group: {n, clusters}}), `headline` (an arm), `shown_facts` (the arms with
        retrieval), `arms` and `gains` (see `kaug.evaluation.gain`), `by_source` (gains over the base by kind and source),
        `log_likelihood` ({arms, gains} in nats per token, or null), `samples`, `limits`, `run` (without secrets and absolute
        paths). Numbers are rounded to six decimals; a number in `run` that is not finite is null.

    Raises:
        TableError: The tables are invalid; see `kaug.evaluation.gain`.
        PipelineError: `resamples` is too large.
    """
    scores = summarise(probes, answers, resamples=resamples)
    scores = {arm: scores[arm] for arm in order_arms(list(scores), arms)}
    compared = gains(probes, answers, known_arms=arms, resamples=resamples)
    headline = headline_arm(list(scores), arms) or next(reversed(scores), "")
    base = next((arm for arm in scores if is_base(arm, arms)), "")
    finite = bool(pc.all(pc.is_finite(answers.column("log_likelihood"))).as_py())
    likelihood: dict[str, Any] | None = None
    if finite:
        likelihood = {
            "arms": summarise(probes, answers, measure="log_likelihood", resamples=resamples),
            "gains": gains(probes, answers, known_arms=arms, measure="log_likelihood", resamples=resamples),
        }
    by_source: dict[str, list[Gain]] = {}
    if len(set(probes.column("source").to_pylist())) > 1:
        pairs = [(headline, base)] if base and headline != base else []
        by_source = gains(probes, answers, pairs=pairs, by="source", resamples=resamples)
    run = publishable(run)
    command = run.get("command", "")
    exam = _exam(scores)
    used = list(dict.fromkeys(probes.column("scorer").to_pylist()))
    asks = {kind: kinds[kind].asks if kind in kinds else f"probes of the kind {kind}" for kind in exam}
    verdict = _verdict(headline, base, scores, compared, arms=arms, kinds=kinds, asks=asks)
    content = {
        "question": question,
        "command": command if isinstance(command, str) else str(command),
        "verdict": verdict,
        "words": {
            "titles": {group: title(group, kinds) for group in [*exam, *by_source]},
            "asks": asks,
            "arms": {arm: arms[arm].meaning for arm in scores if arm in arms},
            "scorers": {name: scorers[name].description if name in scorers else "" for name in used},
        },
        "exam": exam,
        "headline": headline,
        "shown_facts": [arm for arm in scores if is_shown_facts(arm, arms)],
        "arms": scores,
        "gains": compared,
        "by_source": by_source,
        "log_likelihood": likelihood,
        "samples": _samples(headline, list(exam), probes, answers, sentences, provenance, arms=arms, scorers=scorers),
        "limits": _training_limits(headline, answers, run)
        + _interval_limits(headline, scores, compared, kinds)
        + [scorers[name].limits for name in used if name in scorers and scorers[name].limits]
        + _control_limits(headline, scores, arms)
        + ([] if finite else ["Some log-likelihoods are not finite; they are left out."]),
    }
    plain: dict[str, Any] = _plain(content, places=6)
    return plain | {"run": _plain(dict(sorted(run.items())))}


def _exam(scores: Mapping[str, Mapping[str, Interval]]) -> dict[str, dict[str, int]]:
    exam: dict[str, dict[str, int]] = {}
    for groups in scores.values():
        for group, part in groups.items():
            if part["n"] > exam.get(group, {"n": 0})["n"]:
                exam[group] = {"n": part["n"], "clusters": part["clusters"]}
    return exam


def _verdict(
    headline: str,
    base: str,
    scores: Mapping[str, Any],
    compared: Mapping[str, Sequence[Gain]],
    *,
    arms: Mapping[str, Arm],
    kinds: Mapping[str, Kind],
    asks: Mapping[str, str],
) -> dict[str, Any]:
    if not headline or not scores[headline]:
        return {"outcome": "alone", "sentence": "There are no answers.", "details": []}
    retained = [kind for kind in scores[headline] if kind in kinds and kinds[kind].role == "retention"]
    kind = next((kind for kind in scores[headline] if kind not in retained), next(iter(scores[headline])))
    name = "The untrained model" if headline == base else visible(headline[:1].upper() + headline[1:])
    sentence = f"{name} answers {percent(scores[headline][kind]['mean'])} of {visible(asks[kind])}"
    own = {
        group: {gain["against"]: gain for gain in part if gain["arm"] == headline} for group, part in compared.items()
    }
    rivals = own.get(kind, {})
    if not rivals:
        return {"outcome": "alone", "sentence": f"{sentence}; there is no arm to compare it with.", "details": []}
    against = base if base in rivals else next(iter(rivals))
    gain = rivals[against]
    outcome = reading(gain)
    tail = "; zero is in the interval, so no gain is shown" if outcome == "unclear" else ""
    other = "untrained" if against == base else visible(against)
    sentence += (
        f"; {other} {percent(scores[against][kind]['mean'])}; gain {number(gain['mean'])} {interval(gain)}{tail}."
    )
    details = [
        f"Against {visible(rival)} ({arms[rival].control}): {signed(rivals[rival]['mean'])} {interval(rivals[rival])}."
        for rival in reversed(order_arms(list(rivals), arms))
        if rival in arms and arms[rival].control and rival != against
    ]
    for gain in compared.get(kind, ()):
        if is_shown_facts(gain["arm"], arms) and is_shown_facts(gain["against"], arms):
            details.append(
                f"With retrieved facts before the question, {visible(gain['arm'])} answers "
                f"{percent(scores[gain['arm']][kind]['mean'])} and {visible(gain['against'])} "
                f"{percent(scores[gain['against']][kind]['mean'])}: {signed(gain['mean'])} {interval(gain)}."
            )
    for kept in (kept for kept in retained if kept != kind and base in own.get(kept, {})):
        loss = own[kept][base]
        meaning = {"up": "nothing was lost", "unclear": "no loss is shown", "down": "something was lost"}[reading(loss)]
        details.append(
            f"On what it was not taught ({visible(asks[kept])}): {signed(loss['mean'])} {interval(loss)}; {meaning}."
        )
    return {"outcome": outcome, "sentence": sentence, "details": details}


def _samples(
    headline: str,
    kinds: Sequence[str],
    probes: pa.Table,
    answers: pa.Table,
    sentences: Mapping[str, str],
    provenance: Mapping[str, str],
    *,
    arms: Mapping[str, Arm],
    scorers: Mapping[str, Scorer],
) -> list[dict[str, Any]]:
    """Choose sample probes of each kind, some of them answered wrongly by the headline arm, with the answers of all arms."""
    answers = answers.sort_by([("probe", "ascending"), ("arm", "ascending"), ("seed", "ascending")])
    own = answers.filter(pc.equal(answers["arm"], headline))
    first: dict[str, float] = {}
    for name, score in zip(own["probe"].to_pylist(), own["score"].to_pylist(), strict=True):
        first.setdefault(name, score)
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for probe in sorted(probes.to_pylist(), key=lambda probe: content_digest(probe["id"])):
        if probe["id"] in first:
            by_kind.setdefault(probe["kind"], []).append(probe)
    order = [kind for kind in kinds if kind in by_kind]
    chosen: list[dict[str, Any]] = []
    for i, kind in enumerate(order):
        quota = SAMPLES // len(order) + (i < SAMPLES % len(order))
        right = [probe for probe in by_kind[kind] if first[probe["id"]] >= 0.5]
        wrong = [probe for probe in by_kind[kind] if first[probe["id"]] < 0.5]
        taken = right[: quota - min(len(wrong), max(1, quota // 3))]
        chosen += taken + wrong[: quota - len(taken)]
    given: dict[str, list[dict[str, Any]]] = {probe["id"]: [] for probe in chosen}
    for row in answers.filter(pc.is_in(answers["probe"], pa.array(list(given), pa.string()))).to_pylist():
        given[row["probe"]].append(row)
    samples = []
    for probe in chosen:
        scorer, rows = scorers.get(probe["scorer"]), given[probe["id"]]
        samples.append(
            {key: probe[key] for key in ("id", "kind", "hops", "language", "prompt", "answers", "scorer")}
            | {
                "generates": scorer is None or scorer.generates,
                "answered": [
                    _answered(probe, [row for row in rows if row["arm"] == arm], scorer)
                    for arm in order_arms([row["arm"] for row in rows], arms)
                ],
                "facts": [
                    {"fact": fact, "sentence": sentences.get(fact, ""), "source": provenance.get(fact, "")}
                    for fact in probe["facts"]
                ],
            }
        )
    return samples


def _answered(probe: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], scorer: Scorer | None) -> dict[str, Any]:
    """Return one arm's answer to a probe by its first seed, and the number of seeds that were right."""
    shown = rows[0]
    note = ""
    if scorer and shown["score"] < 0.5:
        note = scorer.explain(
            AnsweredProbe(
                shown["answer"], probe["answers"], probe["choices"], shown["log_likelihood"], shown["token_accuracy"]
            )
        )
    return {key: shown[key] for key in ("arm", "seed", "answer", "score", "retrieved")} | {
        "right": shown["score"] >= 0.5,
        "note": note,
        "seeds": len(rows),
        "seeds_right": sum(row["score"] >= 0.5 for row in rows),
    }


def _training_limits(headline: str, answers: pa.Table, run: Mapping[str, Any]) -> list[str]:
    model = f"One model ({run['model']})" if run.get("model") else "One model"
    rows = zip(answers.column("arm").to_pylist(), answers.column("seed").to_pylist(), strict=True)
    seeds = len({seed for arm, seed in rows if arm == headline})
    runs = f"the {seeds} training runs per arm were averaged" if seeds > 1 else "there is one training run per arm"
    return [
        f"{model} and one selection of facts were tried; another model or other facts may behave otherwise.",
        f"The intervals speak of other questions like these, not of other training runs: {runs}.",
        "Each interval is for one comparison; they are not corrected for the number of comparisons.",
    ]


def _interval_limits(
    headline: str,
    scores: Mapping[str, Mapping[str, Interval]],
    compared: Mapping[str, Sequence[Gain]],
    kinds: Mapping[str, Kind],
) -> list[str]:
    limits = []
    own = {group: gain for group, part in compared.items() for gain in part[:1] if gain["arm"] == headline}
    if own:
        group, widest = max(own.items(), key=lambda item: item[1]["high"] - item[1]["low"])
        half = (widest["high"] - widest["low"]) / 2
        limits.append(
            f"In {title(group, kinds)} ({widest['n']} probes in {widest['clusters']} clusters) "
            f"a gain smaller than about {number(half)} cannot be distinguished from none."
        )
    few = [title(group, kinds) for group, part in scores.get(headline, {}).items() if part["clusters"] < _FEW]
    if few:
        limits.append(f"Fewer than {_FEW} clusters of probes: {', '.join(few)}. There the intervals are rough.")
    alike = [
        f"{arm} in {title(group, kinds)}"
        for arm, groups in scores.items()
        for group, part in groups.items()
        if part["low"] == part["high"]
    ]
    if alike:
        limits.append(f"All scores alike, so that the interval says too little: {', '.join(alike)}.")
    return limits


def _control_limits(headline: str, scores: Mapping[str, Any], arms: Mapping[str, Arm]) -> list[str]:
    """List the trained controls without answers, if the headline arm is trained."""
    if not (headline in arms and arms[headline].rows):
        return []
    missing = [
        f"{arm.name} ({arm.control})" for arm in arms.values() if arm.rows and arm.control and arm.name not in scores
    ]
    return [f"Controls that were not examined, and so tell nothing apart: {', '.join(missing)}."] if missing else []


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
