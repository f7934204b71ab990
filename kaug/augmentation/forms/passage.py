"""The facts about an entity → passages that state them all, in varying order and templates."""

import numpy as np
import pyarrow as pa

from kaug.augmentation.rows import Facts, Options, make_rows
from kaug.wording.wording import Wording, groups

__all__ = ["passage_rows"]


def passage_rows(
    facts: Facts, wording: Wording, options: Options, *, passages: int = 2, max_facts: int = 8
) -> pa.Table:
    """Write passages of up to `max_facts` facts about entities with two or more; a span marks the sentence of each."""
    sentences: list[list[str]] = [[] for _ in range(len(facts.rows))]
    for predicate, manner, positions in wording.groups(facts.rows):
        part = facts.take(positions)
        for template in _told(wording.templates(predicate, "statement", manner)):
            texts = wording.fill(template, part.subjects, part.objects, predicate).text.to_pylist()
            for position, text in zip(positions.tolist(), texts, strict=True):
                sentences[position].append(text)
    generator = np.random.default_rng([options.seed, 2])
    ids = wording.kb.hex_ids
    texts, named, spans = [], [], []
    has_template = np.array([bool(texts) for texts in sentences], dtype=bool)
    in_record = np.array([bool(texts) and not texts[0].endswith(_ENDS) for texts in sentences], dtype=bool)
    for _, about in groups(facts.subjects):
        positions = about[has_template[about]]
        if (~in_record[positions]).sum() > 1:
            positions = positions[~in_record[positions]]
        if len(positions) < 2:
            continue
        written: set[str] = set()
        for _ in range(_TRIES * passages):
            if len(written) == passages:
                break
            text, marks = "", []
            told: list[int] = []
            used: set[str] = set()
            for position in generator.permutation(positions)[:max_facts].tolist():
                said = [sentence for sentence in sentences[position] if sentence not in used]
                if not said:
                    continue  # another fact says the same
                sentence = said[int(generator.integers(len(said)))]
                used.add(sentence)
                text += " " if text else ""
                marks.append((len(told), "completion", len(text), len(text) + len(sentence)))
                told.append(position)
                text += sentence
            if len(told) < min(2, max_facts) or text in written:
                continue
            written.add(text)
            texts.append(text)
            named.append([ids[row].as_py() for row in facts.rows[told].tolist()])
            spans.append(marks)
    return make_rows(
        family="closed-book",
        form="passage",
        task="language-modelling",
        prompts=None,
        completions=pa.array(texts, pa.string()),
        facts=named,
        spans=spans,
        language=wording.language,
    )


def _told(templates: list[str]) -> list[str]:
    """Leave out the templates that speak of questions and answers, which no passage does; of records keep the plainest."""
    told = [template for template in templates if _OF_ANSWERS not in template]
    return told if told and told[0].endswith((".", "。")) else templates[:1]


_ENDS = (".", "?", "!", "。", "”", "…")
_OF_ANSWERS = "someone asks"
_TRIES = 3  # draws for each passage, as some give one that is written already
