"""The facts about an entity → passages that state them all, in varying order and templates."""

import numpy as np
import pyarrow as pa

from kaug.augmentation.rows import Facts, Options, make_rows
from kaug.wording.wording import Wording, fill, groups

__all__ = ["passage_rows"]


def passage_rows(
    facts: Facts, wording: Wording, options: Options, *, passages: int = 2, max_facts: int = 8
) -> pa.Table:
    """Write passages of up to `max_facts` facts about entities with two or more; a span marks the sentence of each."""
    templates = {
        predicate: _told(wording.templates(predicate, "statement")) for predicate, _ in groups(facts.predicates)
    }
    sentences: dict[tuple[int, int], str] = {}
    for predicate, positions in groups(facts.predicates):
        subjects, objects = wording.phrases(facts.subjects[positions]), wording.phrases(facts.objects[positions])
        for variant, template in enumerate(templates[predicate]):
            texts = fill(template, subjects, objects).text.to_pylist()
            sentences.update({(int(position), variant): text for position, text in zip(positions, texts, strict=True)})
    generator = np.random.default_rng([options.seed, 2])
    ids = wording.kb.hex_ids
    texts, named, spans = [], [], []
    has_template = np.array([bool(templates[int(predicate)]) for predicate in facts.predicates], dtype=bool)
    for _, about in groups(facts.subjects):
        positions = about[has_template[about]]
        if len(positions) < 2:
            continue
        for _ in range(passages):
            chosen = generator.permutation(positions)[:max_facts]
            text, marks = "", []
            for order, position in enumerate(chosen):
                variant = int(generator.integers(len(templates[int(facts.predicates[position])])))
                sentence = sentences[int(position), variant]
                text += " " if text else ""
                marks.append((order, "completion", len(text), len(text) + len(sentence)))
                text += sentence
            texts.append(text)
            named.append([ids[int(row)].as_py() for row in facts.rows[chosen]])
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
    """Leave out the templates that speak of questions and answers, which no passage does."""
    return [template for template in templates if _OF_ANSWERS not in template] or templates


_OF_ANSWERS = "someone asks"
