"""The forms of closed-book rows; a new one is a file in this folder and a line in `FORMS`."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from kaug.augmentation.forms.choice import choice_rows
from kaug.augmentation.forms.compare import compare_rows, superlative_rows
from kaug.augmentation.forms.lists import count_rows, set_rows
from kaug.augmentation.forms.multi_hop import multi_hop_rows
from kaug.augmentation.forms.passage import passage_rows
from kaug.augmentation.forms.question import question_rows
from kaug.augmentation.forms.reason import inherit_rows, rule_rows, why_rows
from kaug.augmentation.forms.reversed import reversed_rows
from kaug.augmentation.forms.statement import statement_rows
from kaug.augmentation.forms.true_false import true_false_rows
from kaug.augmentation.forms.unknown import unknown_rows
from kaug.augmentation.rows import Facts, Options, concat_rows
from kaug.errors import PipelineError, nearest
from kaug.wording.wording import Wording

__all__ = ["DEFAULT", "FORMS", "Form", "Rows", "find_forms", "form_rows"]

Rows = Callable[[Facts, Wording, Options], pa.Table | Iterable[pa.Table]]
"""Write EXAMPLES about a block of facts in one language: one table, or several one after the other.

A row is written with its first fact; its others are among `options.all_facts`, in this block or another. Draws depend on the
seed and the facts only, so that the rows are the same however the facts are cut into blocks.
"""


@dataclass(frozen=True)
class Form:
    """A form of closed-book rows.

    Attributes:
        rows: The function that writes them.
        asks: Whether the rows have prompts; then they get no facts about held-out entities.
        description: A description for settings and docs.
        default: Whether it is written where the settings name no forms.
    """

    rows: Rows
    asks: bool
    description: str
    default: bool = False


FORMS: dict[str, Form] = {
    "statement": Form(statement_rows, False, "sentences that state a fact, subject first", True),
    "reversed": Form(reversed_rows, False, "sentences that state a fact, object first", True),
    "question": Form(question_rows, True, "questions for the object and for the subject, with short answers", True),
    "passage": Form(passage_rows, False, "passages that tell all facts of an entity, in several orders", True),
    "multi-hop": Form(
        multi_hop_rows, True, "questions over two facts, with the hops written out before the answer", True
    ),
    "true-false": Form(true_false_rows, True, "statements to judge, true ones and ones that axioms prove false"),
    "choice": Form(choice_rows, True, "questions with four options, of which axioms prove three wrong"),
    "inherit": Form(inherit_rows, False, "what members and lower classes have from a class, with the premises"),
    "rule": Form(rule_rows, False, "the premises of an inferred fact, the rule in words, and the fact"),
    "why": Form(why_rows, True, "questions for the reasons of inferred facts"),
    "compare": Form(compare_rows, True, "questions for the greater, smaller, later or earlier of two values"),
    "superlative": Form(
        superlative_rows, True, "questions for the greatest, smallest, latest or earliest of a few values"
    ),
    "count": Form(count_rows, True, "questions for the number of answers that the knowledge base has, with the list"),
    "set": Form(set_rows, True, "questions for all of several answers, one a line"),
    "unknown": Form(unknown_rows, True, "questions that the knowledge base has no answer to: that is not known"),
}
"""The forms that pipeline files can name, in the order of the rows."""

DEFAULT = tuple(name for name, form in FORMS.items() if form.default)
"""The forms that are written where the settings name none."""


def find_forms(names: Sequence[str | Form | Rows]) -> list[Form]:
    """Return forms by name; a `Form` is returned unchanged, and a function becomes one.

    Args:
        names: Names in `FORMS`, forms, or functions. A function gets all facts; wrap one that asks questions in a
            `Form` with `asks=True`, which excludes facts about held-out entities.

    Raises:
        PipelineError: A name is unknown.

    Examples:
        >>> find_forms(["cloze"])
        Traceback (most recent call last):
        kaug.errors.PipelineError: 'cloze' is not a form. Known are: choice, compare, count, inherit, multi-hop, ...
    """
    forms = []
    for name in names:
        if isinstance(name, str) and name not in FORMS:
            raise PipelineError(f"{name!r} is not a form.{nearest(name, FORMS)}")
        if isinstance(name, str):
            forms.append(FORMS[name])
        else:
            forms.append(name if isinstance(name, Form) else Form(name, asks=False, description=name.__name__))
    return forms


def form_rows(form: Form, facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """Write the rows of a form about a block of facts, as one table."""
    rows = form.rows(facts, wording, options)
    return concat_rows([rows] if isinstance(rows, pa.Table) else list(rows))
