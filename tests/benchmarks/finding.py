"""Texts whose facts are known → the share of them that retrieval finds among the first, by the way they are looked for.

`python -m tests.benchmarks.finding [--sets lama webnlg …]` prints a table. The arms: `dense` (nearness in meaning alone),
`linked` (the names in the text alone), `fused` (both, as `Retriever.retrieve` does), `expanded` (with hops = 2). The data
is found in KAUG_TEST_DATA, or in shared/data beside the project:

- lama: T-REx, a sentence of Wikipedia that states a fact of Wikidata. The weights of retrieval were set on the texts with
  an even number of lama and webnlg; the others, and all other sets, were not used.
- webnlg: sentences that people wrote from 1 to 7 facts of DBpedia.
- conceptnet, sweet: a fact in another template than the indexed one, and a question for its object; any fact of the same
  subject and predicate is right.
- pathquestion: questions over two facts; the second one's subject is not named.
"""

import argparse
import json
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from kaug.importers import run_importer
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.encoder import load_encoder
from kaug.retrieval.index import FactIndex
from kaug.retrieval.linker import Linker
from kaug.retrieval.retriever import Retriever
from kaug.wording.wording import Wording, fill
from tests.benchmarks.linking import DATA

ROOT = Path(__file__).parents[2]
_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
_ASKED = 2000


class Task(NamedTuple):
    """Texts, and for each the rows of the facts that should be found; a list of lists where any of some will do."""

    name: str
    kb: KnowledgeBase
    texts: list[str]
    wanted: list[list[set[int]]]


def _lines_kb(lines: set[str], lexicon: str = "", **options: Any) -> KnowledgeBase:
    with tempfile.TemporaryDirectory() as folder:
        file, words = Path(folder) / "a.nt", Path(folder) / "lexicon.ttl"
        file.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
        words.write_text("@prefix kaug: <https://w3id.org/kaug/ns#> .\n" + lexicon, encoding="utf-8")
        return build_kb([file], lexicon=words, **options)


def _rows(kb: KnowledgeBase) -> dict[tuple[str, str, str], int]:
    value = kb.terms["value"].to_pylist()
    columns = (column.tolist() for column in kb.columns())
    return {(value[s], value[p], value[o]): row for row, (s, p, o) in enumerate(zip(*columns, strict=True))}


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def lama() -> Iterator[Task]:
    """LAMA T-REx, the texts that the weights were set on and the others apart."""
    facts, lines, lexicon = _read(DATA / "lama-trex/facts.jsonl"), set(), ""
    for relation in _read(DATA / "lama-trex/relations.jsonl"):
        iri = f"<urn:x:{relation['relation']}>"
        lines.add(f"{iri} {_LABEL} {json.dumps(relation['label'])}@en .")
        said = relation["template"].replace("[X]", "{s}").replace("[Y]", "{o}").replace(" .", ".")
        lexicon += f"{iri} kaug:statement {json.dumps(said)}@en .\n"
    keys = []
    for fact in facts:
        keys.append((f"urn:x:{fact['subject_uri']}", f"urn:x:{fact['predicate_id']}", f"urn:x:{fact['object_uri']}"))
        lines.add(" ".join(f"<{iri}>" for iri in keys[-1]) + " .")
        for side in ("subject", "object"):
            lines.add(f"<urn:x:{fact[side + '_uri']}> {_LABEL} {json.dumps(fact[side])}@en .")
    kb = _lines_kb(lines, lexicon)
    rows = _rows(kb)
    for half in (1, 0):
        some = range(half, len(facts), 2)
        wanted = [[{rows[keys[number]]}] for number in some]
        yield Task(
            "lama, held out" if half else "lama, used", kb, [facts[number]["sentence"] for number in some], wanted
        )


def webnlg(**options: Any) -> Iterator[Task]:
    """WebNLG: the texts of its development part, over the facts of all."""
    lines, texts = set(), []

    def term(said: str, object_: bool) -> tuple[str, str]:
        if object_ and (said.startswith('"') or said[:1].isdigit() or said[:1] == "-"):
            value = said.rsplit('"', 1)[0].lstrip('"') if said.startswith('"') else said
            return json.dumps(value, ensure_ascii=False), value
        iri = "http://dbpedia.org/resource/" + urllib.parse.quote(said.replace(" ", "_"), safe="(),_-.'!&")
        return f"<{iri}>", iri

    for split in ("train", "dev"):
        for file in sorted((DATA / "webnlg" / split).glob("*/*.xml")):
            for entry in ET.parse(file).iter("entry"):
                keys = []
                for triple in entry.find("modifiedtripleset") or ():
                    subject, predicate, object_ = (part.strip() for part in (triple.text or "").split(" | "))
                    written, value = term(object_, True)
                    iri = f"http://dbpedia.org/ontology/{urllib.parse.quote(predicate.replace(' ', '_'))}"
                    left, subject = term(subject, False)
                    lines.add(f"{left} <{iri}> {written} .")
                    keys.append((subject, iri, value))
                if split == "dev":
                    texts += [(lex.text or "", keys) for lex in entry.findall("lex")]
    kb = _lines_kb(lines, **options)
    rows = _rows(kb)
    for half in (1, 0):
        some = texts[half::2]
        wanted = [[{rows[key]} for key in keys] for _, keys in some]
        yield Task("webnlg, held out" if half else "webnlg, used", kb, [text for text, _ in some], wanted)


def pathquestion() -> Iterator[Task]:
    """PathQuestion and PQL, two hops."""
    for name, questions in (("2H-kb.txt", "PQ-2H.txt"), ("PQL2-KB.txt", "PQL-2H.txt")):
        lines = set()
        for line in (DATA / "pathquestion" / name).read_text(encoding="utf-8").splitlines():
            iris = [f"urn:x:{urllib.parse.quote(part)}" for part in line.split("\t")]
            lines.add(" ".join(f"<{iri}>" for iri in iris) + " .")
            for iri, part in zip(iris, line.split("\t"), strict=True):
                lines.add(f"<{iri}> {_LABEL} {json.dumps(part.replace('_', ' '), ensure_ascii=False)}@en .")
        kb = _lines_kb(lines)
        rows, texts, wanted = _rows(kb), [], []
        for line in (DATA / "pathquestion" / questions).read_text(encoding="utf-8").splitlines():
            question, _, path = line.split("\t")
            iris = [f"urn:x:{urllib.parse.quote(part)}" for part in path.split("#")[:5]]
            keys = (iris[0], iris[1], iris[2]), (iris[2], iris[3], iris[4])
            if all(key in rows for key in keys):
                texts.append(question.replace("_", " "))
                wanted.append([{rows[key]} for key in keys])
        yield Task(f"{questions.removesuffix('.txt')}, first fact", kb, texts, [one[:1] for one in wanted])
        yield Task(f"{questions.removesuffix('.txt')}, second fact", kb, texts, [one[1:] for one in wanted])


def said_otherwise(name: str, kb: KnowledgeBase) -> Iterator[Task]:
    """Facts in templates that are not indexed, and questions for them."""
    random = np.random.default_rng(0)
    rows = np.sort(random.choice(kb.facts.num_rows, min(_ASKED, kb.facts.num_rows), replace=False))
    subject, predicate, object_ = kb.columns()
    words = [Wording(kb).phrases(terms[rows]) for terms in (subject, object_)]
    alike: dict[tuple[int, int], set[int]] = {}
    for row, pair in enumerate(zip(subject.tolist(), predicate.tolist(), strict=True)):
        alike.setdefault(pair, set()).add(row)
    for what, wording in (("paraphrase", "statement"), ("question", "question")):
        texts, wanted = [], []
        for place, row in enumerate(rows.tolist()):
            found = Wording(kb).templates(int(predicate[row]), wording)  # type: ignore[arg-type]
            if wording == "statement" and len(found) < 2:
                continue
            template = found[int(random.integers(wording == "statement", len(found)))]
            one = pa.array([place])
            texts.append(fill(template, words[0].take(one), words[1].take(one)).text[0].as_py())
            right = {row} if wording == "statement" else alike[int(subject[row]), int(predicate[row])]
            wanted.append([right])
        yield Task(f"{name}, {what}", kb, texts, wanted)


def conceptnet() -> Iterator[Task]:
    """ConceptNet-100k."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "conceptnet.nq"
        run_importer("conceptnet-100k", [DATA / "conceptnet100k/train.txt"], file)
        yield from said_otherwise("conceptnet", build_kb([file], lexicon=ROOT / "kb/lexicon.ttl"))


def sweet() -> Iterator[Task]:
    """SWEET."""
    yield from said_otherwise("sweet", build_kb([DATA / "sweet"], lexicon=ROOT / "kb/lexicon.ttl"))


class _Once:
    """An encoder that embeds each text once: all arms get the same vectors, and what is timed is the rest."""

    def __init__(self, encoder: Any) -> None:
        self.name, self.dimension, self._encoder = encoder.name, encoder.dimension, encoder
        self._known: dict[str, np.ndarray] = {}

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.asarray(self._encoder.encode(texts))

    def encode_query(self, texts: list[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._encoder.encode(new, query=True), strict=True))
        return np.stack([self._known[text] for text in texts])


class _Blind:
    """An encoder whose queries have no meaning: what is left of retrieval are the names."""

    def __init__(self, encoder: Any) -> None:
        self.name, self.dimension = encoder.name, encoder.dimension

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.zeros((len(texts), self.dimension), np.float32)


def measure(task: Task, index: FactIndex) -> Iterator[tuple[str, float, float, float, float]]:
    """For each arm the share of the wanted facts among the first 1, 5 and 10, and the milliseconds a text, embedded."""
    linker, encoder = Linker(task.kb), index.encoder
    encoder.encode(task.texts, query=True)
    whole, blind = (Retriever(task.kb, index, linker, one) for one in (encoder, _Blind(encoder)))
    arms: dict[str, Callable[[], pa.Table]] = {
        "dense": lambda: index.search(task.texts, 10),
        "linked": lambda: blind.retrieve(task.texts, k=10, threshold=0.1),
        "fused": lambda: whole.retrieve(task.texts, k=10, threshold=-1.0),
        "expanded": lambda: whole.retrieve(task.texts, k=10, threshold=-1.0, hops=2),
    }
    for arm, find in arms.items():
        started = time.perf_counter()
        hits = find()
        seconds = time.perf_counter() - started
        ranks: list[dict[int, int]] = [{} for _ in task.texts]
        for text, row, rank in zip(*(hits[name].to_pylist() for name in ("text", "row", "rank")), strict=True):
            ranks[text][row] = rank
        found = [min(ranks[n].get(row, 99) for row in one) for n, wanted in enumerate(task.wanted) for one in wanted]
        one, five, ten = (float(np.mean(np.array(found) <= k)) for k in (1, 5, 10))
        yield arm, one, five, ten, 1000 * seconds / len(task.texts)


SETS = {"lama": lama, "webnlg": webnlg, "conceptnet": conceptnet, "sweet": sweet, "pathquestion": pathquestion}


def main() -> None:
    """Print the table."""
    from kaug.pipeline.describe import machine

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2")
    parser.add_argument("--backend", default="auto")
    given = parser.parse_args()
    loaded = load_encoder(given.encoder, given.backend, texts=10**6)
    print(f"{machine()}; {given.encoder}, {loaded.backend}; {time.strftime('%Y-%m-%d')}")
    print(
        "| texts | facts | texts | arm | first | first 5 | first 10 | ms a text |\n|---|---:|---:|---|---:|---:|---:|---:|"
    )
    for name in given.sets:
        kb, index, encoder = None, None, _Once(loaded)
        for task in SETS[name]():
            if index is None or task.kb is not kb:
                kb, index = task.kb, FactIndex.build(task.kb, encoder)
            for arm, *figures, took in measure(task, index):
                shares = " | ".join(f"{share:.3f}" for share in figures)
                size = f"{task.kb.facts.num_rows:,} | {len(task.texts):,}"
                print(f"| {task.name} | {size} | {arm} | {shares} | {took:.2f} |", flush=True)


if __name__ == "__main__":
    main()
