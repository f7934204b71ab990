"""The default forms as one would otherwise write them: a function for each row of facts, in `Dataset.map`.

They write about the same facts, with spans, but with less care: no row is left out because its question holds its answer, names
take no articles, and nothing is put into number.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording, is_reversed

Row = dict[str, Any]
_PHRASINGS = 5
_SENTENCES = 6


def loops(kb: KnowledgeBase, most: int) -> dict[str, tuple[list[Row], Callable[[Row, int], Row], int]]:
    """Return for each form its rows of facts, for at most so many facts, the function, and how often it is called for each."""
    wording = Wording(kb)
    subjects, predicates, objects = (column[:most].tolist() for column in kb.columns(kb.taught))
    names = dict(enumerate(wording.phrases().to_pylist()))
    ids = kb.hex_ids.take(pa.array(kb.taught[:most])).to_pylist()
    written = {
        name: {int(p): wording.templates(int(p), name) for p in np.unique(predicates)}
        for name in ("statement", "question", "inverseReference")
    }
    iris = dict(enumerate(kb.terms["value"].to_pylist()))
    facts = [
        {"fact": fact, "s": s, "p": p, "o": o} for fact, s, p, o in zip(ids, subjects, predicates, objects, strict=True)
    ]
    by_subject, by_question = defaultdict(list), defaultdict(list)
    for fact in facts:
        by_subject[fact["s"]].append(fact)
        by_question[fact["s"], fact["p"]].append(fact)

    def fill(template: str, fact: Row) -> str:
        text = template.replace("{s}", names[fact["s"]]).replace("{o}", names[fact["o"]])
        return text[0].upper() + text[1:]

    def span(fact: int, field: str, start: int, end: int) -> Row:
        return {"fact": fact, "field": field, "start": start, "end": end}

    def row(prompt: str, completion: str, of: list[str], spans: list[Row], query: str = "") -> Row:
        return {"prompt": prompt, "completion": completion, "facts": of, "spans": spans, "query": query}

    def state(back: bool) -> Callable[[Row, int], Row]:
        def write(fact: Row, turn: int) -> Row:
            some = [text for text in written["statement"][fact["p"]] if is_reversed(text) == back]
            text = fill(some[turn % len(some)], fact)
            return row("", text, [fact["fact"]], [span(0, "completion", 0, len(text))])

        return write

    def ask(group: Row, turn: int) -> Row:
        some = group["group"]
        templates = written["question"][some[0]["p"]]
        prompt = fill(templates[turn % len(templates)], some[0])
        answers = list(dict.fromkeys(names[fact["o"]] for fact in some))
        answer = " and ".join([", ".join(answers[:-1]), answers[-1]] if len(answers) > 1 else answers)
        spans = [span(place, "prompt", 0, len(prompt)) for place in range(len(some))]
        for place, fact in enumerate(some):
            start = answer.index(names[fact["o"]])
            spans.append(span(place, "completion", start, start + len(names[fact["o"]])))
        return row(prompt, answer, [fact["fact"] for fact in some], spans)

    def tell(group: Row, turn: int) -> Row:
        some = group["group"]
        order = np.random.default_rng([turn, some[0]["s"]]).permutation(len(some))[:_SENTENCES]
        text, spans = "", []
        for place, number in enumerate(order.tolist()):
            templates = written["statement"][some[number]["p"]]
            sentence = fill(templates[(turn + place) % len(templates)], some[number])
            start = len(text) + (place > 0)
            text = f"{text} {sentence}".strip()
            spans.append(span(place, "completion", start, start + len(sentence)))
        return row("", text, [some[number]["fact"] for number in order.tolist()], spans)

    def follow(pair: Row, turn: int) -> Row:
        one, two = pair["one"], pair["two"]
        reference = written["inverseReference"][one["p"]][0].replace("{o}", names[one["o"]])
        templates = written["question"][two["p"]]
        prompt = templates[turn % len(templates)].replace("{s}", reference)
        told = [fill(written["statement"][fact["p"]][0], fact) for fact in (one, two)]
        starts = [0, len(told[0]) + 1]
        spans = [span(n, "completion", starts[n], starts[n] + len(told[n])) for n in (0, 1)]
        what, leads, goes = iris[one["o"]], iris[one["p"]], iris[two["p"]]
        query = f"SELECT DISTINCT ?answer WHERE {{ ?x <{leads}> <{what}> . ?x <{goes}> ?answer . }}"
        return row(prompt, f"{' '.join(told)} Answer: {names[two['o']]}", [one["fact"], two["fact"]], spans, query)

    pairs = [
        {"one": one, "two": two}
        for some in by_subject.values()
        for one in some
        for two in [fact for fact in some if fact["p"] != one["p"]][:3]
        if written["inverseReference"][one["p"]] and written["question"][two["p"]]
    ]
    groups = [[{"group": group} for group in some.values()] for some in (by_question, by_subject)]
    return {
        "statement": (facts, state(back=False), _PHRASINGS),
        "reversed": (facts, state(back=True), 3),
        "question": ([one for one in groups[0] if written["question"][one["group"][0]["p"]]], ask, _PHRASINGS),
        "passage": (groups[1], tell, 2),
        "path": (pairs, follow, 3),
    }
