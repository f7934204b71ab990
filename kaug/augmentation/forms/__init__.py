"""The forms of closed-book rows; a new one is a file in this folder and a line in `FORMS`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyarrow as pa

from kaug.augmentation.forms.choice import choice_rows
from kaug.augmentation.forms.cloze import cloze_rows
from kaug.augmentation.forms.compare import compare_rows, superlative_rows
from kaug.augmentation.forms.completion import completion_rows
from kaug.augmentation.forms.context_question import context_question_rows
from kaug.augmentation.forms.describe import describe_rows, extract_rows
from kaug.augmentation.forms.flashcard import flashcard_rows
from kaug.augmentation.forms.gist import gist_rows
from kaug.augmentation.forms.graph import graph_rows
from kaug.augmentation.forms.lists import count_rows, set_rows
from kaug.augmentation.forms.pair import pair_rows
from kaug.augmentation.forms.passage import passage_rows
from kaug.augmentation.forms.path import path_rows
from kaug.augmentation.forms.query import query_rows
from kaug.augmentation.forms.question import question_rows
from kaug.augmentation.forms.reason import inherit_rows, rule_rows, why_rows
from kaug.augmentation.forms.record import record_rows
from kaug.augmentation.forms.restore import restore_rows
from kaug.augmentation.forms.reversed import reversed_rows
from kaug.augmentation.forms.statement import statement_rows
from kaug.augmentation.forms.table import table_rows
from kaug.augmentation.forms.translate import translate_rows
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
    "context-question": Form(context_question_rows, True, "the same questions, with facts before them (open-book)"),
    "passage": Form(passage_rows, False, "passages that tell all facts of an entity, in several orders", True),
    "pair": Form(pair_rows, False, "passages about two entities and what joins them"),
    "completion": Form(completion_rows, True, "statements up to their last name, which is the completion"),
    "cloze": Form(cloze_rows, True, "statements with a blank for one end"),
    "restore": Form(restore_rows, True, "passages with masks, to be written out whole"),
    "gist": Form(gist_rows, True, "passages without the name of what they are about, which the answer gives"),
    "flashcard": Form(
        flashcard_rows, True, "a name and a property, and the value; a property and a value, and the name"
    ),
    "describe": Form(describe_rows, True, "facts in the prompt, to be put into words"),
    "extract": Form(extract_rows, True, "passages in the prompt, to be written as facts"),
    "record": Form(record_rows, False, "the facts of an entity as lines of keys and values, and as JSON"),
    "table": Form(table_rows, False, "Markdown tables of several entities by a property"),
    "graph": Form(graph_rows, False, "the facts of an entity in Turtle, with labels as comments"),
    "translate": Form(translate_rows, True, "names in one language, to be given in another"),
    "path": Form(path_rows, True, "questions over paths of facts, with the hops written out before the answer", True),
    "query": Form(query_rows, True, "SPARQL queries for questions about facts and over paths"),
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
    "unknown": Form(unknown_rows, True, "questions that the knowledge base has no answer to: it does not say"),
}
"""The forms that pipeline files can name, in the order of the rows."""

DEFAULT = tuple(name for name, form in FORMS.items() if form.default)
"""The forms that are written where the settings name none."""


def find_forms(names: Iterable[str | Form | Rows]) -> dict[str, Form]:
    """Return forms by name; a `Form` is returned unchanged, and a function becomes one.

    Args:
        names: Names in `FORMS`, forms, or functions. A function gets all facts; wrap one whose rows have prompts in a
            `Form` with `asks=True`, which excludes facts about held-out entities.

    Raises:
        PipelineError: A name is unknown.

    Examples:
        >>> find_forms(["close"])
        Traceback (most recent call last):
        kaug.errors.PipelineError: 'close' is not a form. Did you mean 'cloze'?
    """
    forms: dict[str, Form] = {}
    for name in names:
        if isinstance(name, str):
            if name not in FORMS:
                raise PipelineError(f"{name!r} is not a form.{nearest(name, FORMS)}")
            forms[name] = FORMS[name]
        else:
            form = name if isinstance(name, Form) else Form(name, asks=False, description=name.__name__)
            forms[f"{form.rows.__name__} {len(forms)}"] = form
    return forms


def form_rows(form: Form, facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """Write the rows of a form about a block of facts, as one table."""
    rows = form.rows(facts, wording, options)
    return concat_rows([rows] if isinstance(rows, pa.Table) else list(rows))
