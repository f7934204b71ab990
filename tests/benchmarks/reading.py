"""How training rows and probes read: faults that a program can count, by knowledge base and form, and texts against human ones.

`python -m tests.benchmarks.reading [--sets sweet schemaorg … | --rdf FILE …] [--inference owl] [--languages en fr …]
[--forms NAME …] [--sample N] [--matching REGEX] [--things N] [--seed N]`. The data is found in KAUG_TEST_DATA, or in shared/data
beside the project. No lexicon is given: the words are those of the rules, or of the importer.

- templates: the fraction of taught facts with five statements, three reversed, four questions, three inverse ones, two of each in
  the exam.
- exam: the fraction of taught facts each of whose templates in the exam has a word that a training template of its predicate
  lacks, slots, words without content and imperatives aside; and templates that have none.
- rows: those about some things drawn at random, by form. A fact has so many phrasings on average; fractions of rows about a
  node without a name, with a web address, of more than 300 characters, with one of several answers, with the answer in the
  question, with a percent code, with a sentence twice.
- exam: three dummies sit it: `perfect` gives the first right answer, `echo` repeats the question, `constant` gives the most
  frequent answer of the question's template.
- webnlg: the statements of single facts against the texts that people wrote, by BLEU and chrF: the plainest statement, the best
  by chrF, and all; and a person's text against the others'.

`--sample N` prints N random rows of each form instead, to be read; with `--matching`, of those whose text, query or proof
matches.
"""

import argparse
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.augmentation.forms import FORMS, form_rows
from kaug.augmentation.rows import Options, concat_rows, facts_to_teach
from kaug.exam.draw import draw_exam
from kaug.exam.settings import ExamSettings
from kaug.importers import ImporterName, run_importer
from kaug.knowledge.build import Inference, build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import Property
from kaug.wording.wording import Wording, is_reversed
from kaug.words.containment import holds_any, score_answer
from tests.benchmarks.linking import DATA

_TAUGHT = 2000
_LONG = 300
_OPAQUE = r"^[A-Za-z]{0,4}[_:-]?\d+$"
_URL, _PERCENT = re.compile(r"\w+://|\bwww\."), re.compile(r"%[0-9A-Fa-f]{2}")

PHRASED: tuple[Property, ...] = ("question", "inverseQuestion", "exam", "inverseExam")
TRAINED: tuple[Property, ...] = ("statement", "question", "inverseQuestion")
EXAM: tuple[Property, ...] = ("exam", "inverseExam")
_EMPTY = frozenset(
    [
        "a",
        "an",
        "the",
        "one",
        "some",
        "any",
        "this",
        "that",
        "these",
        "those",
        "it",
        "its",
        "they",
        "them",
        "their",
        "who",
        "whom",
        "whose",
        "what",
        "which",
        "where",
        "when",
        "how",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "can",
        "could",
        "may",
        "might",
        "must",
        "will",
        "would",
        "shall",
        "should",
        "of",
        "in",
        "on",
        "at",
        "by",
        "to",
        "for",
        "from",
        "with",
        "as",
        "into",
        "about",
        "and",
        "or",
        "not",
        "no",
        "if",
        "so",
        "such",
        "there",
        "thing",
        "things",
        "something",
        "someone",
        "name",
        "tell",
        "me",
        "give",
        "state",
        "write",
        "down",
        "decide",
        "say",
        "fill",
        "imagine",
        "guess",
        "solve",
    ]
)
PROMISED = (5, 3, 4, 3, 2, 2)

Build = Callable[..., KnowledgeBase]


def _imported(name: ImporterName, *files: str) -> Build:
    def build(**options: Any) -> KnowledgeBase:
        with tempfile.TemporaryDirectory() as folder:
            quads = Path(folder) / f"{name}.nq"
            run_importer(name, [DATA / file for file in files], quads)
            return build_kb([quads], **options)

    return build


def _webnlg(**options: Any) -> KnowledgeBase:
    from tests.benchmarks.finding import webnlg

    return next(webnlg(**options)).kb


SETS: dict[str, Build] = {
    "sweet": lambda **options: build_kb([DATA / "sweet"], **options),
    "schemaorg": lambda **options: build_kb([DATA / "schemaorg/schemaorg-current-https.nt"], **options),
    "webnlg": _webnlg,
    "conceptnet": _imported("conceptnet-100k", "conceptnet100k/train.txt"),
    "pathquestion": _imported("pathquestion", "pathquestion/2H-kb.txt"),
    "metaqa": _imported("metaqa", "metaqa"),
}


def sample_rows(
    kb: KnowledgeBase, things: int, seed: int, forms: Sequence[str] = tuple(FORMS)
) -> tuple[dict[str, pa.Table], int]:
    """The rows of some forms about some subjects, and the number of the facts of these."""
    wording, facts = Wording(kb, kb.languages[0]), facts_to_teach(kb)
    subjects = np.unique(facts.subjects)
    chosen = np.random.default_rng(seed).permutation(subjects)[:things]
    some = facts.take(np.flatnonzero(np.isin(facts.subjects, chosen)))
    options = Options(seed=seed, facts=facts)
    table = concat_rows([form_rows(FORMS[form], some, wording, options) for form in forms])
    written = sorted(pc.unique(table["form"]).to_pylist())
    return {form: table.filter(pc.equal(table["form"], form)) for form in written}, len(some.rows)


def phrasings(kb: KnowledgeBase) -> dict[str, float]:
    """The fraction of taught facts with so many templates: as many as the rules promise, and each kind on its own."""
    wording, taught = Wording(kb), np.asarray(kb.taught)
    counts = np.zeros((len(taught), 6), np.int64)
    for predicate, manner, rows in wording.groups(taught):
        texts = wording.templates(predicate, "statement", manner)
        backward = sum(map(is_reversed, texts))
        others = [len(wording.templates(predicate, name)) for name in PHRASED]
        counts[rows] = [len(texts) - backward, backward, *others]
    enough = counts >= np.array(PROMISED)
    names = ("statement", "reversed", *PHRASED)
    return {"all": float(enough.all(axis=1).mean())} | dict(zip(names, enough.mean(axis=0).tolist(), strict=True))


def exam_apart(kb: KnowledgeBase) -> tuple[float, list[tuple[str, str]]]:
    """The fraction of taught facts whose exam is worded otherwise than all that is trained, and the pairs that are alike.

    A template of the exam is worded otherwise if it has words of content that the trained one lacks.
    """
    wording, taught = Wording(kb), np.asarray(kb.taught)
    apart, alike = np.ones(len(taught), bool), []
    for predicate, manner, rows in wording.groups(taught):
        trained = [text for name in TRAINED for text in wording.templates(predicate, name, manner)]
        for text in (text for name in EXAM for text in wording.templates(predicate, name)):
            same = next((one for one in trained if content(text) <= content(one)), None)
            if same is not None:
                apart[rows] = False
                alike.append((text, same))
    return float(apart.mean()), alike


def content(template: str) -> set[str]:
    """The words of a template without slots, words without content, and imperatives."""
    words = re.findall(r"[^\W_]+", re.sub(r"\{[so]\}", " ", template).casefold())
    return set(words) - _EMPTY


def nameless(kb: KnowledgeBase) -> np.ndarray:
    """Mask the facts about a blank node, or an opaque identifier, without a label."""
    labelled = np.isin(np.arange(kb.terms.num_rows), kb.labels["term"].to_numpy())
    kind = kb.terms["kind"].cast(pa.string())
    local = pc.replace_substring_regex(kb.terms["value"], r"^.*[/#]", "")
    opaque = pc.and_(pc.equal(kind, "iri"), pc.match_substring_regex(local, _OPAQUE))
    bad = pc.or_(pc.equal(kind, "blank"), opaque).to_numpy(zero_copy_only=False) & ~labelled
    subjects, _, objects = kb.columns()
    return np.asarray(bad[subjects] | bad[objects])


def faults(rows: pa.Table, kb: KnowledgeBase, about_nameless: np.ndarray) -> dict[str, float]:
    """The fraction of rows with each fault."""
    prompts, completions, facts = (rows[name].to_pylist() for name in ("prompt", "completion", "facts"))
    texts = [f"{prompt} {completion}".strip() for prompt, completion in zip(prompts, completions, strict=True)]
    answers = defaultdict(set)
    for prompt, completion in zip(prompts, completions, strict=True):
        answers[prompt].add(completion)
    short = [completion.rpartition("Answer: ")[2] for completion in completions]
    found = {
        "nameless": [any(about_nameless[kb.row_of[fact]] for fact in of) for of in facts],
        "url": [_URL.search(text) is not None for text in texts],
        "long": [len(text) > _LONG for text in texts],
        "several": [bool(prompt) and len(answers[prompt]) > 1 for prompt in prompts],
        "in question": [bool(p) and holds_any(p, [answer]) for p, answer in zip(prompts, short, strict=True)],
        "percent": [_PERCENT.search(text) is not None for text in texts],
        "doubled": [_doubled(text) for text in texts],
    }
    return {name: float(np.mean(each)) if each else 0.0 for name, each in found.items()}


def _doubled(text: str) -> bool:
    sentences = [one for one in re.split(r"(?<=[.?!])\s+", text) if len(one) > 10]
    return len(set(sentences)) < len(sentences)


def dummies(probes: list[dict[str, Any]]) -> Iterator[tuple[str, int, float, float, float]]:
    """For each kind its number of probes, and the scores of the perfect answer, the echo and the constant."""
    frequent: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for probe in probes:
        frequent[probe["kind"], probe["template"]].update(set(probe["answers"]))
    for kind in dict.fromkeys(probe["kind"] for probe in probes):
        mine = [probe for probe in probes if probe["kind"] == kind]
        constant = [frequent[kind, probe["template"]].most_common(1)[0][0] for probe in mine]
        given = ([probe["answers"][0] for probe in mine], [probe["prompt"] for probe in mine], constant)
        scores = [
            float(np.mean([score_answer(text, probe["answers"]) for text, probe in zip(texts, mine, strict=True)]))
            for texts in given
        ]
        yield kind, len(mine), scores[0], scores[1], scores[2]


def against_people() -> Iterator[tuple[str, int, float, float]]:
    """Statements of single facts of WebNLG's development part, and people's texts, against people's texts: BLEU, chrF."""
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    from kaug.wording.wording import fill
    from tests.benchmarks.finding import webnlg

    people: dict[int, list[str]] = defaultdict(list)
    for task in webnlg():
        kb = task.kb
        for text, wanted in zip(task.texts, task.wanted, strict=True):
            if len(wanted) == 1:
                people[min(wanted[0])].append(text)
    wording, rows = Wording(kb), np.array(sorted(people))
    phrasings = []
    for row in rows.tolist():
        s, p, o = kb.columns(np.array([row]))
        ends = wording.phrases(s), wording.phrases(o)
        phrasings.append([fill(t, *ends).text[0].as_py() for t in wording.templates(int(p[0]), "statement")])
    texts = [people[row] for row in rows.tolist()]
    bleu, chrf = BLEU(), CHRF()

    def score(said: list[str], references: list[list[str]]) -> tuple[float, float]:
        width = max(map(len, references))
        streams: Any = [[one[place] if place < len(one) else None for one in references] for place in range(width)]
        return bleu.corpus_score(said, streams).score, chrf.corpus_score(said, streams).score

    best = [
        max(said, key=lambda text: chrf.sentence_score(text, written).score)
        for said, written in zip(phrasings, texts, strict=True)
    ]
    every = [(text, written) for said, written in zip(phrasings, texts, strict=True) for text in said]
    human = [written for written in texts if len(written) > 1]
    yield "plainest statement", len(rows), *score([said[0] for said in phrasings], texts)
    yield "best statement", len(rows), *score(best, texts)
    yield "all statements", len(every), *score([text for text, _ in every], [written for _, written in every])
    yield "a person", len(human), *score([written[0] for written in human], [written[1:] for written in human])


def _print_sample(forms: dict[str, pa.Table], count: int, seed: int, pattern: str) -> None:
    for form, rows in forms.items():
        print(f"\n### {form}")
        texts = pc.binary_join_element_wise(
            *(pc.fill_null(rows[name], "") for name in ("prompt", "completion", "query", "proof")), " "
        )
        fit = np.flatnonzero(pc.match_substring_regex(texts, pattern).to_numpy())
        drawn = np.sort(np.random.default_rng(seed).permutation(fit)[:count])
        for row in rows.take(pa.array(drawn)).to_pylist():
            print(f"- {row['prompt']} ▸ {row['completion']}" if row["prompt"] else f"- {row['completion']}")


def main() -> None:
    """Print the tables, or a sample of rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS))
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument(
        "--matching", default="", help="a regular expression that the text, query or proof of a row matches"
    )
    parser.add_argument("--things", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--rdf", nargs="+", default=[], help="RDF files or folders to read instead, as one knowledge base"
    )
    parser.add_argument("--inference", choices=get_args(Inference), default="none", help="draw conclusions before")
    parser.add_argument("--languages", nargs="+", default=["en"], help="the languages of labels; rows are in the first")
    given = parser.parse_args()
    sets = {"rdf": lambda **options: build_kb(given.rdf, skip_errors=True, **options)} if given.rdf else SETS
    how = {"inference": given.inference, "languages": given.languages}
    print(f"{given.things:,} things of each knowledge base; seed {given.seed}; {time.strftime('%Y-%m-%d')}")
    for name in sets if given.rdf else given.sets:
        kb = sets[name](**how)
        forms, facts = sample_rows(kb, given.things, given.seed, given.forms)
        print(f"\n## {name}: {len(kb):,} facts, {len(kb.taught):,} taught, {facts:,} read", flush=True)
        if given.sample:
            _print_sample(forms, given.sample, given.seed, given.matching)
            continue
        shares = ", ".join(f"{name} {share:.3f}" for name, share in phrasings(kb).items())
        print(f"\nFraction of taught facts with {PROMISED} templates or more: {shares}", flush=True)
        share, alike = exam_apart(kb)
        print(f"Fraction of taught facts whose exam is worded otherwise: {share:.3f}; {dict(alike[:5])}", flush=True)
        about_nameless = nameless(kb)
        for number, (form, rows) in enumerate(forms.items()):
            found = {"rows": rows.num_rows, "a fact": rows.num_rows / max(1, facts), **faults(rows, kb, about_nameless)}
            if not number:
                print(f"\n| form | {' | '.join(found)} |\n|---|{'---:|' * len(found)}")
            figures = [
                f"{rows.num_rows:,}",
                f"{found['a fact']:.1f}",
                *(f"{one:.3f}" for one in list(found.values())[2:]),
            ]
            print(f"| {form} | {' | '.join(figures)} |", flush=True)
        probes = draw_exam(sets[name](limit=_TAUGHT, **how), ExamSettings(), seed=given.seed).to_pylist()
        print("\n| probes | n | perfect | echo | constant |\n|---|---:|---:|---:|---:|")
        for kind, count, *scores in dummies(probes):
            print(f"| {kind} | {count} | {' | '.join(f'{score:.3f}' for score in scores)} |", flush=True)
    if "webnlg" in given.sets and not (given.sample or given.rdf):
        print("\n| WebNLG dev, single facts | texts | BLEU | chrF |\n|---|---:|---:|---:|")
        for what, count, bleu, chrf in against_people():
            print(f"| {what} | {count:,} | {bleu:.1f} | {chrf:.1f} |", flush=True)


if __name__ == "__main__":
    main()
