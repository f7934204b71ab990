"""Which of several terms a name stands for: the share of names resolved rightly, by all evidence and by each kind alone.

`python -m tests.benchmarks.senses` prints the table. Sentences and gold terms are those of LAMA T-REx, where several Wikidata
items bear one name; it is found in KAUG_TEST_DATA, or in shared/data beside the project. The knowledge base holds all facts
of LAMA, or a half of them that none of the sentences states. `--fit` finds the weights on half of the names first.
"""

import argparse
import json
import tempfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.linking import DATA

_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
_Row = dict[str, str]
_Evidence = dict[str, NDArray[np.float64]]


def gather(rows: list[_Row], asked: list[_Row]) -> tuple[_Evidence, NDArray[np.int64], NDArray[np.bool_], list[str]]:
    """Evidence for all terms of ambiguous names in the asked rows' sentences; their mentions, which are meant, the names."""
    from kaug.knowledge.build import build_kb
    from kaug.retrieval.encoder import load_encoder
    from kaug.retrieval.linker import Linker
    from kaug.retrieval.linking.senses import evidence
    from kaug.wording.wording import Wording

    relations = [json.loads(line) for line in (DATA / "lama-trex" / "relations.jsonl").read_text().splitlines()]
    lines = {f"<urn:x:{one['relation']}> {_LABEL} {json.dumps(one['label'])} ." for one in relations}
    for row in rows:
        lines.add(f"<urn:x:{row['subject_uri']}> <urn:x:{row['predicate_id']}> <urn:x:{row['object_uri']}> .")
        for side in ("subject", "object"):
            lines.add(f"<urn:x:{row[side + '_uri']}> {_LABEL} {json.dumps(row[side])}@en .")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lama.nt"
        file.write_text("\n".join(sorted(lines)), encoding="utf-8")
        kb = build_kb([file])
    texts = [row["sentence"] for row in asked]
    mentions = Linker(kb).link(texts)
    found = mentions.to_pydict()
    spans: dict[tuple[int, int], list[int]] = {}
    for number, place in enumerate(zip(found["text"], found["start"], strict=True)):
        spans.setdefault(place, []).append(number)
    values, names = kb.terms["value"].to_pylist(), list[str]()
    chosen, group, meant = [], [], []
    for (text, _), numbers in spans.items():
        name = found["surface"][numbers[0]]
        gold = [f"urn:x:{asked[text][f'{side}_uri']}" for side in ("subject", "object") if asked[text][side] == name]
        right = [values[found["term"][number]] in gold for number in numbers]
        if len(numbers) > 1 and sum(right) == 1:
            chosen += numbers
            group += [len(names)] * len(numbers)
            meant += right
            names.append(name)
    texts_used, facts_used = np.unique([found["text"][number] for number in chosen]), np.zeros(kb.facts.num_rows, bool)
    for side in ("subject", "object"):
        facts_used |= np.isin(kb.facts[side].to_numpy(), [found["term"][number] for number in chosen])
    encoder = load_encoder("all-MiniLM-L6-v2")
    text_vectors, fact_vectors = (
        np.zeros((count, encoder.dimension), np.float32) for count in (len(texts), kb.facts.num_rows)
    )
    text_vectors[texts_used] = encoder.encode([texts[one] for one in texts_used])
    fact_vectors[facts_used] = encoder.encode(Wording(kb).sentences(np.flatnonzero(facts_used)).to_pylist())
    got = evidence(Wording(kb), mentions, texts, np.array(chosen), text_vectors, fact_vectors)
    return got, np.array(group), np.array(meant), names


def right(score: NDArray[np.float64], group: NDArray[np.int64], meant: NDArray[np.bool_]) -> float:
    """The share of mentions whose meant term has the highest score; where several have it, a part of one."""
    best = np.zeros(group[-1] + 1) - np.inf
    np.maximum.at(best, group, score)
    top = score > best[group] - 1e-9
    return float((top * meant / np.bincount(group, top)[group]).sum() / len(best))


def fit(parts: list[tuple[_Evidence, NDArray[np.int64], NDArray[np.bool_]]]) -> dict[str, float]:
    """The weights that make what is meant likeliest, none below 0, drawn to 0 by their evidence's spread."""
    from scipy.optimize import minimize

    names = list(parts[0][0])
    columns = [np.stack([found[name] for name in names], 1) for found, _, _ in parts]
    spread = np.concatenate(columns).std(axis=0)

    def loss(weights: NDArray[np.float64]) -> float:
        total = 0.01 * float(((weights * spread) ** 2).sum())
        for column, (_, group, meant) in zip(columns, parts, strict=True):
            power = np.exp(column @ weights - (column @ weights).max())
            total -= float(np.log(power / np.bincount(group, power)[group])[meant].mean())
        return total

    found = minimize(loss, np.ones(len(names)), bounds=[(0, 30)] * len(names)).x
    return dict(zip(names, found.round(2).tolist(), strict=True))


def half(
    found: _Evidence, group: NDArray[np.int64], meant: NDArray[np.bool_], names: list[str], which: int
) -> tuple[_Evidence, NDArray[np.int64], NDArray[np.bool_]]:
    """The mentions of half of the names."""
    kept = np.array([zlib.crc32(name.lower().encode()) % 2 == which for name in names])[group]
    return (
        {name: values[kept] for name, values in found.items()},
        np.unique(group[kept], return_inverse=True)[1],
        meant[kept],
    )


def main() -> None:
    """Print the table."""
    from kaug.retrieval.linking.senses import WEIGHTS

    parser = argparse.ArgumentParser()
    parser.add_argument("--fit", action="store_true")
    given = parser.parse_args()
    rows = [json.loads(line) for line in (DATA / "lama-trex" / "facts.jsonl").read_text(encoding="utf-8").splitlines()]
    odd = [zlib.crc32((row["subject_uri"] + row["predicate_id"] + row["object_uri"]).encode()) % 2 == 1 for row in rows]
    all_facts = gather(rows, rows)
    other_facts = gather(
        [row for row, out in zip(rows, odd, strict=True) if not out],
        [row for row, out in zip(rows, odd, strict=True) if out],
    )
    sets = {"the sentence's fact is known": all_facts, "it is not": other_facts}
    weights = fit([half(*one, 0) for one in sets.values()]) if given.fit else WEIGHTS
    print("weights:", weights)
    print(
        f"{'names not used for the weights':32} {'mentions':>9} {'all':>9} "
        + " ".join(f"{name:>9}" for name in weights)
    )
    for what, one in sets.items():
        found, group, meant = half(*one, 1)
        score = sum(weights[name] * values for name, values in found.items())
        each = [right(values, group, meant) for values in found.values()]
        shares = " ".join(f"{share:9.3f}" for share in (right(np.asarray(score), group, meant), *each))
        print(f"{what:32} {meant.sum():9,} {shares}")


if __name__ == "__main__":
    main()
