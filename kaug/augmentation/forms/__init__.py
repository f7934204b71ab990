"""The forms of closed-book rows; a new one is a file in this folder and a line in `FORMS`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from kaug.augmentation.forms.multi_hop import multi_hop_rows
from kaug.augmentation.forms.passage import passage_rows
from kaug.augmentation.forms.question import question_rows
from kaug.augmentation.forms.reversed import reversed_rows
from kaug.augmentation.forms.statement import statement_rows
from kaug.augmentation.rows import Facts, Options
from kaug.errors import PipelineError, nearest
from kaug.wording.wording import Wording

__all__ = ["FORMS", "Form", "Rows", "find_forms"]

Rows = Callable[[Facts, Wording, Options], pa.Table]
"""Write EXAMPLES about facts in one language."""


@dataclass(frozen=True)
class Form:
    """A form of closed-book rows.

    Attributes:
        rows: The function that writes them.
        asks: Whether they ask questions; then they get no facts about held-out entities.
        description: A description for settings and docs.
    """

    rows: Rows
    asks: bool
    description: str


FORMS: dict[str, Form] = {
    "statement": Form(statement_rows, False, "sentences that state a fact, subject first"),
    "reversed": Form(reversed_rows, False, "sentences that state a fact, object first"),
    "question": Form(question_rows, True, "questions for the object and for the subject, with short answers"),
    "passage": Form(passage_rows, False, "passages that tell all facts of an entity, in several orders"),
    "multi-hop": Form(multi_hop_rows, True, "questions over two facts, with the hops written out before the answer"),
}
"""The forms that pipeline files can name, in the order of the rows."""


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
        kaug.errors.PipelineError: 'cloze' is not a form. Known are: multi-hop, passage, question, reversed, statement.
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
