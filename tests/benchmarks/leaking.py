"""The leak guard: planted leaks that it finds, planted rewordings, and clean runs that it stops.

`python -m tests.benchmarks.leaking [--tune] [--speed] [--sets metaqa FILE.ttl …] [--show N]`. The data is found in
KAUG_TEST_DATA, or in shared/data beside the project. Files of RDF may be named, too.

- exact: for probes of each knowledge base, rows with the probe's words, its template with another name, its facts, the twin of an
  untaught fact, and a line of an evaluation, each planted among clean rows. The fraction that is found, by kind.
- reworded: questions and texts in other words than any template of the probe's predicate, planted without facts, and texts that
  state in other words what a locality probe asks as not taught. Those of PathQuestion and MetaQA are measured, and those of
  `rewordings.toml`, by the name of the set or file; those of kb/ are what the thresholds were chosen on (`--tune` prints their
  cosines). `--show N` prints N of each kind that were not found.
- apart: texts that name both ends of a locality fact, but say something else: a statement of another predicate, which is no leak.
- clean: the rows of ten runs, or two of each set, none of which may be dropped.
- `--speed`: rows a second on MetaQA's rows.
"""

import argparse
import re
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pyarrow as pa

from kaug.arms import ARMS
from kaug.augmentation import arms
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.corpus import read_corpus
from kaug.augmentation.inject import text_rows
from kaug.augmentation.rows import make_rows
from kaug.augmentation.settings import AugmentationSettings
from kaug.exam.draw import draw_exam
from kaug.exam.kinds import KINDS
from kaug.exam.leaks.evaluations import Evaluation
from kaug.exam.leaks.guard import LeakGuard
from kaug.exam.leaks.meaning import Reworded
from kaug.exam.settings import ExamSettings
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording, fill

ROOT = Path(__file__).parents[2]

TUNED_ON = {
    "capital": ["Which city serves as the seat of government for X?", "From where is X governed?",
                "The parliament of X meets in which city, its most important one?"],
    "continent": ["Which part of the world is X in?", "On what landmass would you find X?"],
    "currency": ["What money do people use in X?", "How would you pay in a shop in X?", "What is the legal tender of X?"],
    "language": ["What do people speak in X?", "Which tongue is spoken in X?"],
    "area": ["How big is X?", "How large is the territory of X?"],
    "population": ["How many inhabitants does X have?", "How many people live in X?"],
    "symbol": ["How do chemists abbreviate X?", "Which letters stand for X in the periodic table?"],
    "atomicNumber": ["How many protons does an atom of X have?", "At which number is X in the periodic table?"],
    "discoverer": ["Who was the first to find X?", "To whom do we owe the discovery of X?"],
    "discoveryYear": ["When did someone first find X?", "When was X first isolated?"],
    "UsedFor": ["What is the purpose of X?", "Why would someone take X?"],
    "MadeOf": ["Out of what material does one make X?", "What does X consist of?"],
    "AtLocation": ["Where would you look for X?", "Where does one usually find X?"],
}  # fmt: skip
"""Questions for the object by the local name of the predicate, in other words than those of the lexicon."""

MEASURED = {
    "cause of death": ["What did X die of?", "What killed X?", "Which illness or accident ended the life of X?"],
    "children": ["Name a son or daughter of X.", "Who was born to X?", "Of whom is X the father or mother?"],
    "nationality": ["Of which country is X a citizen?", "Which passport does X hold?", "Where does X come from?"],
    "parents": ["Who is the mother or father of X?", "Whose child is X?", "Who brought X into the world?"],
    "place of birth": ["In which town was X born?", "Where did X come into the world?", "Where does the life of X begin?"],
    "place of death": ["In which city did X die?", "Where did X pass away?", "Where did the life of X end?"],
    "profession": ["What did X do for a living?", "What is the job of X?", "Which occupation did X follow?"],
    "religion": ["Which faith did X follow?", "What did X believe in?", "To which church did X belong?"],
    "spouse": ["Who is X married to?", "Who was the husband or wife of X?", "Whom did X wed?"],
    "institution": ["Which school or university did X attend?", "Where did X study?"],
    "ethnicity": ["To which ethnic group does X belong?", "Which people does X descend from?"],
    "directed by": ["Who made the film X?", "Which film-maker was behind X?", "Whose movie is X?"],
    "written by": ["Who is the author of the screenplay of X?", "Who penned the script of X?"],
    "starred actors": ["Which actor plays in X?", "Who appears on screen in X?", "Who is in the cast of X?"],
    "release year": ["When did X come to cinemas?", "In which year did X come out?", "When was X first shown?"],
    "in language": ["What language do they speak in X?", "Which tongue is spoken in the movie X?"],
    "has genre": ["What sort of film is X?", "Which category of movies does X belong to?"],
    "has tags": ["Which topic is the movie X tagged with?", "Which keyword describes X?"],
    "has imdb rating": ["How good is X, according to the viewers?", "How do people rate the film X?"],
    "has imdb votes": ["How many people voted for X?", "How well known is X, by its votes?"],
}  # fmt: skip
"""The same for the predicates of PathQuestion and MetaQA, by their labels; the thresholds were not chosen on these."""


UNSEEN: dict[str, dict[str, dict[str, list[str]]]] = tomllib.loads(
    Path(__file__).with_name("rewordings.toml").read_text(encoding="utf-8")
)
"""Questions and statements by knowledge base and predicate, for those that were not looked at when the guard was made."""

_EXAM = ExamSettings(probes_per_kind=dict.fromkeys(KINDS, 60))


_Counts = Counter[tuple[str, str]]

Wordings = Mapping[str, Mapping[str, Sequence[str]]]
"""Questions and statements by predicate."""


class Planted(NamedTuple):
    """A rewording: its kind, the text, the answer that it gives, and the prompt of the probe that it leaks."""

    kind: str
    text: str
    answer: str
    prompt: str


class Run(NamedTuple):
    """A knowledge base with its exam and its texts."""

    name: str
    kb: KnowledgeBase
    probes: pa.Table
    texts: dict[str, str]
    seed: int = 0


def runs(names: list[str], seeds: int = 2) -> Iterator[Run]:
    """Ten runs, each of another knowledge base or seed."""
    from tests.benchmarks.reading import SETS

    for name in names:
        texts = {}
        if name in SETS:
            kb = SETS[name](limit=800)
        elif Path(name).exists():
            kb = build_kb([name], limit=800)
        else:
            folder = "commonsense" if name == "everyday" else "domain"
            kb = build_kb([ROOT / f"kb/{folder}/{name}.ttl"], lexicon=ROOT / "kb/lexicon.ttl", limit=400)
            corpus = {"world": "countries"}.get(name, name)
            texts = dict(zip(*read_corpus(f"pipelines/corpus/{corpus}.jsonl", ROOT), strict=True))
        for seed in range(seeds):
            yield Run(Path(name).stem, kb, draw_exam(kb, _EXAM, texts=list(texts.values()), seed=seed), texts, seed)


def row(prompt: str, completion: str, facts: list[str] | None = None, **others: Any) -> pa.Table:
    """A row of a form of one's own."""
    given = {"family": "closed-book", "form": "planted", "task": "question-answering"} | others
    return make_rows(
        prompts=pa.array([prompt]), completions=pa.array([completion]), facts=[facts or []], spans=[[]], **given
    )


def exact(run: Run) -> Iterator[tuple[str, pa.Table, Evaluation | None]]:
    """Leaks by kind: each a row, and a line of an evaluation that it leaks."""
    kb, wording = run.kb, Wording(run.kb)
    subjects, predicates, objects = kb.columns()
    probes = run.probes.to_pylist()
    asked = [probe for probe in probes if probe["scorer"] != "continuation"]
    for number, probe in enumerate(asked[:: max(1, len(asked) // 40)]):
        prompt, answer, facts = probe["prompt"], probe["answers"][0], probe["facts"]
        yield "question, shouted", row(prompt.upper(), answer), None
        yield "question in a statement", row("", f"Once they asked me: {prompt} I knew."), None
        line = f"Of number {number}, what we would like to know is this, as you may have guessed already: {answer}?"
        yield "question of an evaluation", row(f"Now! {line.upper()}", "x"), Evaluation("a.jsonl:1", line)
        words = line.split()
        yield "13 words of an evaluation", row("", f"Why, {' '.join(words[2:])}!"), Evaluation("a.jsonl:1", line)
        at = kb.row_of[facts[-1]]
        if probe["kind"] == "locality":
            yield "untaught fact", row("", "Some statement.", facts), None
            continue
        yield "fact of a held-out entity", row("Any question?", answer, facts), None
        same = kb.taught[predicates[kb.taught] == predicates[at]]
        for other in same[same != at][:1]:
            ends = wording.phrases(subjects[[other]]), wording.phrases(objects[[other]])
            asks = fill(probe["template"], *ends).text[0].as_py()
            yield "phrasing with another name", row(asks, "x", [kb.hex_ids[int(other)].as_py()]), None
        if probe["kind"] == "compose":
            yield "composition", row("Any question?", answer, facts), None
    for probe in probes:
        if probe["scorer"] == "continuation":
            words = probe["answers"][0].split()
            yield "passage", text_rows([" ".join(["So", *words[: len(words) // 2 + 7]])], ["planted"]), None


def reworded(run: Run, wordings: Wordings) -> Iterator[Planted]:
    """Questions, texts with a question and its answer, and texts that state a fact, in other words; and what only looks so."""
    kb, wording = run.kb, Wording(run.kb)
    iris = kb.terms["value"]
    for number, probe in enumerate(run.probes.to_pylist()):
        if probe["kind"] not in ("recall", "locality"):
            continue
        subject, predicate, _ = (int(end[0]) for end in kb.columns(np.array([kb.row_of[probe["facts"][0]]])))
        local = iris[predicate].as_py().replace("#", "/").rpartition("/")[2]
        key = local if local in wordings else wording.predicate_name(predicate)
        name = wording.phrases(np.array([subject]))[0].as_py()
        answer = probe["answers"][0]
        for question in wordings.get(key, {}).get("questions", []):
            asked = question.replace("X", name)
            yield Planted("question", asked, answer, probe["prompt"])
            told = f"We met at noon. He asked: {asked} Everybody knew that, it is {answer}. Then it rained."
            yield Planted("question in a text", told, answer, probe["prompt"])
        if probe["kind"] == "locality" and key in wordings:
            others = [other for other in wordings if other != key and wordings[other].get("statements")]
            apart = [wordings[others[(number + step) % len(others)]]["statements"][0] for step in range(2) if others]
            for kind, statements in (("statement in a text", wordings[key].get("statements", [])), ("apart", apart)):
                for statement in statements:
                    said = _fill(statement, name, answer)
                    yield Planted(kind, f"We met at noon. {said} Then it rained.", answer, probe["prompt"])


def _fill(statement: str, name: str, answer: str) -> str:
    return re.sub(r"\b[XY]\b", lambda end: {"X": name, "Y": answer}[end[0]], statement)


def found_reworded(run: Run, wordings: Wordings) -> Iterator[tuple[Planted, bool]]:
    """Whether the guard finds each rewording."""
    planted = list(reworded(run, wordings))
    asked = [one for one in planted if one.kind == "question"]
    told = [one for one in planted if one.kind != "question"]
    guard = LeakGuard(run.kb, run.probes, on_leak="drop")
    leaks = (
        {leak.row for leak in guard.find(pa.concat_tables([row(one.text, one.answer) for one in asked]))}
        if asked
        else set()
    )
    yield from ((one, number in leaks) for number, one in enumerate(asked))
    texts = {f"{number}": one.text for number, one in enumerate(told)}
    guard = LeakGuard(run.kb, run.probes, texts=texts, on_leak="drop")
    leaks = {leak.row for leak in guard.find(text_rows(list(texts.values()), list(texts)))} if told else set()
    yield from ((one, number in leaks) for number, one in enumerate(told))


def clean(run: Run, arm: str) -> tuple[int, pa.Table]:
    """The number of rows that an arm writes, and those that the guard would drop."""
    passages = {probe["prompt"] + probe["answers"][0] for probe in run.probes.to_pylist() if not probe["hops"]}
    free = {key: text for key, text in run.texts.items() if text not in passages}
    guard = LeakGuard(run.kb, run.probes, texts=free, on_leak="drop")
    with mock.patch.object(arms, "LeakGuard", return_value=guard):
        settings = AugmentationSettings(replay=0.1)
        rows, _ = arm_rows(run.kb, ARMS[arm], run.probes, list(free), list(free.values()), settings)
    return rows.num_rows, guard.leaks()


def tune(run: Run) -> None:
    """Print how near planted rewordings and others are to what they are compared with."""
    near: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    keep = Reworded._alike

    def record(self: Reworded, pairs: Any) -> list[bool]:
        same = keep(self, pairs)
        for one, others, _ in pairs:
            best = max(others, key=lambda other: self._vectors[one] @ self._vectors[other])
            near[kind].append((float(self._vectors[one] @ self._vectors[best]), one, best))
        return same

    Reworded._alike = record  # type: ignore[method-assign]
    planted = list(reworded(run, _questions_only(TUNED_ON)))
    kind = "reworded"
    LeakGuard(run.kb, run.probes, on_leak="drop").check(
        pa.concat_tables([row(one.text, one.answer) for one in planted if one.kind == "question"])
    )
    kind = "own texts"
    LeakGuard(run.kb, run.probes, texts=run.texts, on_leak="drop")
    Reworded._alike = keep  # type: ignore[method-assign]
    for kind, figures in near.items():
        figures.sort()
        cosines = np.array([cosine for cosine, *_ in figures])
        quantiles = np.quantile(cosines, [0, 0.05, 0.1, 0.5, 1]).round(2)
        print(f"\n{run.name}, seed {run.seed}, {kind}: {len(cosines)}; quantiles {quantiles}")
        for cosine, one, best in figures[:: max(1, len(figures) // 30)]:
            print(f"  {cosine:.2f} {one!r} ~ {best!r}")


def _questions_only(questions: Mapping[str, list[str]]) -> Wordings:
    return {predicate: {"questions": some} for predicate, some in questions.items()}


def speed() -> None:
    """Print rows a second on the rows of MetaQA, written by a form at a time."""
    from tests.benchmarks.reading import SETS

    kb = SETS["metaqa"](limit=8000)
    probes = draw_exam(kb)
    rows, _ = arm_rows(kb, ARMS["augmented"], probes, [], [])
    rows = pa.concat_tables([rows] * max(1, 200_000 // rows.num_rows)).combine_chunks()
    for what, some in (("without evaluations", []), ("with 10,000", _questions(10_000))):
        guard = LeakGuard(kb, probes, evaluations=some)
        seconds = []
        for _ in range(5):
            started = time.perf_counter()
            guard.check(rows)
            seconds.append(time.perf_counter() - started)
        print(f"{what}: {rows.num_rows:,} rows, {rows.num_rows / min(seconds):,.0f} rows/s")


def _questions(count: int) -> list[Evaluation]:
    return [Evaluation(f"test:{n}", f"Who of the {n} people that we know wrote the book about number {n}, if any did, and why?")
            for n in range(count)]  # fmt: skip


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--sets", nargs="+", default=["world", "everyday", "pathquestion", "metaqa", "schemaorg"])
    parser.add_argument("--show", type=int, default=0, metavar="N")
    given = parser.parse_args()
    if given.speed:
        return speed()
    if given.tune:
        for run in runs(["world", "elements", "everyday"], seeds=1):
            tune(run)
        return None
    found, count = _Counts(), _Counts()
    missed = defaultdict[str, list[Planted]](list)
    alarms = 0
    for run in runs(given.sets):
        leaks = list(exact(run))
        guard = LeakGuard(run.kb, run.probes, evaluations=[line for *_, line in leaks if line], on_leak="drop")
        for what, planted, _ in leaks:
            count["exact", what] += 1
            found["exact", what] += guard.check(planted).num_rows == 0
        for one, is_found in found_reworded(run, UNSEEN.get(run.name) or _questions_only(MEASURED)):
            is_leak = one.kind != "apart"
            kind = ("reworded", one.kind) if is_leak else ("apart", "taken for a leak")
            count[kind] += 1
            found[kind] += is_found
            missed[one.kind] += [one] if is_found != is_leak else []
        alarms += sum(_false_alarms(run, arm) for arm in ("augmented", "shuffled"))
    for what, wrong in missed.items():
        for one in wrong[:: max(1, len(wrong) // given.show)] if given.show else []:
            print(f"  {what}: {one.text} ▸ {one.answer} | {one.prompt}")
    _print_found(found, count)
    print(f"false alarms in clean rows: {alarms}")
    return None


def _false_alarms(run: Run, arm: str) -> int:
    rows, dropped = clean(run, arm)
    print(f"{run.name}, seed {run.seed}, {arm}: {rows:,} clean rows, dropped: {dropped.num_rows}", flush=True)
    for leak in dropped.to_pylist()[:5]:
        print(f"  {leak['reason']}: {leak['prompt']} {leak['completion'][:300]} | {leak['probe']}")
    return int(dropped.num_rows)


def _print_found(found: _Counts, count: _Counts) -> None:
    for kind, number in count.items():
        print(f"{', '.join(kind)}: {found[kind]} of {number} ({found[kind] / number:.1%})")
    for family in ("exact", "reworded"):
        if number := sum(count[kind] for kind in count if kind[0] == family):
            print(f"{family}: {sum(found[kind] for kind in found if kind[0] == family) / number:.1%} found")


if __name__ == "__main__":
    main()
