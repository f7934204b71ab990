"""Described rows → `rows.html`: each with its facts and the path that leads from their sources to it.

The page is one self-contained file. Its content security policy allows its own style and the one script that filters the rows,
by digest, and nothing else. All data in it is escaped.
"""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from typing import Any

from markupsafe import Markup

from kaug.augmentation.inspect import cut_at_spans
from kaug.html import page

__all__ = ["rows_page"]

_HUES = ("blue", "amber", "teal", "red", "violet", "olive")
_LONGEST, _MOST_FACTS = 4_000, 40


def rows_page(rows: Sequence[Mapping[str, Any]], *, title: str, arms: Mapping[str, str]) -> str:
    """Render rows as one self-contained HTML page.

    Args:
        rows: The rows that `kaug.augmentation.inspect.describe_rows` returned.
        title: The heading.
        arms: The meaning of each arm, by name.

    Returns:
        HTML. Filters are set by the page's fragment too, as in `rows.html#form=question&source=world`: `arm`, `form`,
        `predicate` (an IRI), `source`, `entity` and `text`. Texts are cut after 4,000 characters, and facts after 40.
    """
    facts = [fact for row in rows for fact in row["facts"]]
    predicates = dict(sorted({fact["triple"][1]: fact["names"][1] for fact in facts}.items(), key=lambda one: one[1]))
    templates = page.environment("report")
    script = templates.get_template("rows.js.j2").render()
    text = templates.get_template("rows.html.j2").render(
        title=title,
        rows=[_shown(row) for row in rows],
        arms=arms,
        choices={
            "arm": {name: name for name in arms},
            "form": {name: f"{name} ({many})" for name, many in sorted(Counter(row["form"] for row in rows).items())},
            "predicate": predicates,
            "source": {name: name for name in sorted({one["id"] for fact in facts for one in fact["sources"]})},
        },
        script=Markup(script),  # our own, and without data
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return page.visible(text, limit=len(text))


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """Cut what is too long, and give each fact its colour."""
    hues = list(islice(cycle(_HUES), len(row["facts"])))
    spans = {
        field: [
            {"text": text, "hue": hues[facts[0]] if facts else "", "facts": " ".join(str(n + 1) for n in sorted(facts))}
            for text, facts in cut_at_spans(
                row[field], [span for span in row["spans"] if span["field"] == field], _LONGEST
            )
        ]
        for field in ("prompt", "completion")
    }
    facts = [
        {
            **fact,
            "hue": hue,
            "about": "\n".join((fact["names"][0], fact["names"][2], fact["triple"][0], fact["triple"][2])),
            "from": json.dumps([source["id"] for source in fact["sources"]], ensure_ascii=False),
        }
        for fact, hue in zip(row["facts"][:_MOST_FACTS], hues, strict=False)
    ]
    return {**row, **spans, "facts": facts, "more": len(row["facts"]) - len(facts)}
