"""The facts about an entity → passages that tell them all, each time in another order and other words."""

import numpy as np
import pyarrow as pa

from kaug.augmentation.rows import Facts, make_rows
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.statements import fill, templates

__all__ = ["passage_rows"]


def passage_rows(
    kb: KnowledgeBase,
    facts: Facts,
    *,
    passages: int = 2,
    most_facts: int = 8,
    language: str = "en",
    seed: int = 0,
) -> pa.Table:
    """Write passages about entities with at least two facts.

    Args:
        kb: The knowledge base.
        facts: The facts.
        passages: Passages an entity.
        most_facts: At most so many facts in a passage, drawn anew for each.
        language: BCP 47 tag; predicates without a template in it are left out.
        seed: Decides order and phrasing.

    Returns:
        EXAMPLES with an empty prompt; a span marks the sentence that says each fact.
    """
    words, ids = kb.phrase(language), kb.hex_ids
    said = {int(p): templates(kb, int(p), "statement", language) for p in np.unique(facts.predicates)}
    sentences: dict[tuple[int, int], list[str]] = {}
    for predicate, found in said.items():
        places = np.flatnonzero(facts.predicates == predicate)
        subjects, objects = words.take(pa.array(facts.subjects[places])), words.take(pa.array(facts.objects[places]))
        for variant, template in enumerate(found):
            for place, text in zip(places, fill(template, subjects, objects).text.to_pylist(), strict=True):
                sentences.setdefault((int(place), variant), []).append(text)
    generator = np.random.default_rng([seed, 2])
    texts, of, spans = [], [], []
    for entity in np.unique(facts.subjects):
        places = np.flatnonzero(facts.subjects == entity)
        places = places[[bool(said[int(p)]) for p in facts.predicates[places]]]
        if len(places) < 2:
            continue
        for _ in range(passages):
            chosen = generator.permutation(places)[:most_facts]
            text, marks = "", []
            for order, place in enumerate(chosen):
                variant = int(generator.integers(len(said[int(facts.predicates[place])])))
                sentence = sentences[int(place), variant][0]
                text += " " if text else ""
                marks.append((order, "completion", len(text), len(text) + len(sentence)))
                text += sentence
            texts.append(text)
            of.append([ids[int(row)].as_py() for row in facts.rows[chosen]])
            spans.append(marks)
    return make_rows(
        family="closed-book",
        form="passage",
        task="language-modelling",
        prompts=None,
        completions=pa.array(texts, pa.string()),
        facts=of,
        spans=spans,
        language=language,
    )
