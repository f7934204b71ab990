"""Facts to teach → the training rows of each arm: facts in all forms, in one template, shuffled, or none."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arms import ARMS, Arm
from kaug.arrays import pair_keys
from kaug.augmentation.forms import find_forms, form_rows
from kaug.augmentation.forms.statement import one_statement_rows
from kaug.augmentation.inject import inject_facts, text_rows
from kaug.augmentation.openbook.protected import prose
from kaug.augmentation.rows import Facts, Options, concat_rows, facts_to_teach
from kaug.augmentation.settings import AugmentationSettings
from kaug.errors import PipelineError, nearest
from kaug.exam.leaks import check_leaks, held_out
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording, groups

__all__ = ["RECIPES", "ArmInput", "Find", "Recipe", "arm_rows", "find_recipe", "shuffle_objects"]

Find = Callable[[Sequence[str], NDArray[np.bool_]], pa.Table]
"""Retrieve facts for texts among those allowed, a bool per fact, as `Retriever.retrieve` does."""


@dataclass(frozen=True)
class ArmInput:
    """The input of a recipe.

    Attributes:
        wordings: A wording of the knowledge base for each language to write in.
        settings: `[augmentation]`.
        held_out: uint32, ascending: terms about which no question may be written.
        texts: The user's texts, without the passages of the exam.
        text_ids: The id of each text.
        allowed: bool (facts,): the facts that may stand in a context; all if None.
        find: Retrieves facts for texts among those allowed; None if none are inserted.
        seed: Seed of the shuffle, the passages and the one sentence per fact.
        max_answers: The maximum of right answers to a question.
        counts: Rows and facts left out, by reason.
    """

    wordings: Sequence[Wording]
    settings: AugmentationSettings
    held_out: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    texts: Sequence[str] = ()
    text_ids: Sequence[str] = ()
    allowed: NDArray[np.bool_] | None = None
    find: Find | None = None
    seed: int = 0
    max_answers: int = 5
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def facts(self) -> Facts:
        """The facts to teach."""
        return facts_to_teach(self.wordings[0].kb)

    @property
    def options(self) -> Options:
        """The options for forms."""
        settings = self.settings
        return Options(
            settings.templates, self.seed, self.max_answers, left_out=self.counts, open_book=settings.open_book
        )

    def in_all_forms(self, facts: Facts) -> pa.Table:
        """Write closed-book rows about facts in all forms and languages; no question is about a held-out entity."""
        # Neither end may be held out: "Which country borders Togo?" asks about Togo too. For shuffled facts the true ends count.
        kb = self.wordings[0].kb
        true_objects = kb.columns(facts.rows)[2]
        objects = kb.columns()[2].copy()
        objects[facts.rows] = facts.objects
        closed = np.isin(facts.subjects, self.held_out) | np.isin(true_objects, self.held_out)
        given = {False: facts, True: facts.take(np.flatnonzero(~closed))}
        options = {asks: replace(self.options, objects=objects, facts=some) for asks, some in given.items()}
        forms = find_forms(self.settings.forms)
        return self.once(
            form_rows(form, block, wording, options[form.asks])
            for wording in self.wordings
            for form in forms
            for block in given[form.asks].blocks()
        )

    def once(self, tables: Iterable[pa.Table]) -> pa.Table:
        """Join tables of rows and drop duplicates; count facts that no language has templates for."""
        table = concat_rows(list(tables))
        ids = np.array(table["id"].to_pylist(), dtype=object)
        _, first = np.unique(ids, return_index=True) if len(ids) else (ids, np.zeros(0, dtype=np.int64))
        self.counts["rows left out: duplicates"] += len(ids) - len(first)
        for wording in self.wordings:
            unsaid = sum(
                len(places)
                for predicate, places in groups(self.facts.predicates)
                if not wording.templates(predicate, "statement")
            )
            if unsaid:
                self.counts[f"facts without a statement in {wording.language}"] = unsaid
        return table.take(pa.array(np.sort(first)))

    def plain(self, wanted: bool) -> pa.Table:
        """Make rows of the unchanged texts, if the settings include them."""
        if not wanted:
            return concat_rows([])
        return text_rows(self.texts, self.text_ids, self.wordings[0].language)

    def open_book(self, facts: Facts) -> list[pa.Table]:
        """Insert those of the facts that the texts are about into them, at each position of the settings."""
        if not (self.settings.inject and self.texts and self.find):
            return []
        if self.allowed is not None:
            facts = facts.take(np.flatnonzero(self.allowed[facts.rows]))
        mask = np.zeros(self.wordings[0].kb.facts.num_rows, dtype=bool)
        mask[facts.rows] = True
        table, left_out = inject_facts(
            self.wordings,
            self.texts,
            self.text_ids,
            self.find([prose(text) for text in self.texts], mask),
            position=self.settings.inject,
            facts=facts,
            settings=self.settings.open_book,
            seed=self.seed,
        )
        self.counts.update(left_out)
        return [table]


@dataclass(frozen=True)
class Recipe:
    """The recipe of an arm's rows.

    Attributes:
        rows: Writes the rows: several tables of EXAMPLES.
        finds: Whether retrieved facts are inserted into the texts, if the settings have positions.
    """

    rows: Callable[[ArmInput], list[pa.Table]]
    finds: bool = False


def augmented_rows(given: ArmInput) -> list[pa.Table]:
    """Write every fact in all forms, and insert facts into the texts that they are about."""
    rows = given.in_all_forms(given.facts)
    return [rows, given.plain(given.settings.replay > 0), *given.open_book(given.facts)]


def shuffled_rows(given: ArmInput) -> list[pa.Table]:
    """Write facts with shuffled objects in all forms, and insert them into the texts that the true ones are about."""
    facts, lost = shuffle_objects(given.wordings[0].kb, given.facts, seed=given.seed)
    given.counts["facts left out: every other object is true too"] = lost
    rows = given.in_all_forms(facts)
    return [rows, given.plain(given.settings.replay > 0), *given.open_book(facts)]


def repeated_rows(given: ArmInput) -> list[pa.Table]:
    """Write every fact as one sentence per language."""
    rows = given.once(one_statement_rows(given.facts, wording, given.options) for wording in given.wordings)
    return [rows, given.plain(given.settings.replay > 0)]


def plain_text_rows(given: ArmInput) -> list[pa.Table]:
    """Write the unchanged texts, without facts."""
    return [given.plain(True)]


RECIPES: dict[str, Recipe] = {
    "augmented": Recipe(augmented_rows, finds=True),
    "shuffled": Recipe(shuffled_rows, finds=True),
    "repeated": Recipe(repeated_rows),
    "text": Recipe(plain_text_rows),
}
"""The recipes by `Arm.rows`."""


def find_recipe(arm: Arm | str) -> Recipe:
    """Return the recipe of an arm.

    Args:
        arm: An arm, or the name of one in `ARMS`.

    Raises:
        PipelineError: The arm is unknown or not trained, or its rows are not a key of `RECIPES`.

    Examples:
        >>> find_recipe("wrong")
        Traceback (most recent call last):
        kaug.errors.PipelineError: 'wrong' is not an arm with rows of its own. Known are: augmented, repeated, shuffled, text.
    """
    named, name = (arm, arm.name) if isinstance(arm, Arm) else (ARMS.get(arm), arm)
    if named is None or named.rows is None:
        trained = [known.name for known in ARMS.values() if known.rows]
        raise PipelineError(f"{name!r} is not an arm with rows of its own.{nearest(name, trained)}")
    if named.rows not in RECIPES:
        raise PipelineError(
            f"The arm {name!r} names {named.rows!r}, which is not a recipe.{nearest(named.rows, RECIPES)}"
        )
    return RECIPES[named.rows]


def arm_rows(
    kb: KnowledgeBase,
    arm: Arm,
    probes: pa.Table,
    text_ids: Sequence[str],
    texts: Sequence[str],
    settings: AugmentationSettings | None = None,
    *,
    find: Find | None = None,
    languages: Sequence[str] = ("en",),
    seed: int = 0,
    max_answers: int = 5,
) -> tuple[pa.Table, dict[str, int]]:
    """Write all rows of an arm, and check them for leaks of the exam.

    Args:
        kb: The knowledge base.
        arm: The arm.
        probes: PROBES.
        text_ids: The id of each text.
        texts: The user's texts; passages of the exam are removed.
        settings: `[augmentation]`: forms, templates, positions of facts in texts, replay; the defaults if None.
        find: Retrieves facts for the texts; called for arms that insert facts, if the settings have positions.
        languages: The languages to write in; facts whose predicate has no template in a language are left out there and
            counted.
        seed: Seed of the shuffle, the passages and the sentences of `repeated`.
        max_answers: Questions with more right answers are left out.

    Returns:
        EXAMPLES, and the number of rows and facts left out, by reason.

    Raises:
        LeakError: A row leaks the exam.
    """
    kept_out = held_out(kb, probes)
    continued = zip(*(probes[name].to_pylist() for name in ("prompt", "answers", "scorer")), strict=True)
    passages = {prompt + answers[0] for prompt, answers, scorer in continued if scorer == "continuation"}
    free = [row for row, text in enumerate(texts) if text not in passages]
    allowed = np.ones(kb.facts.num_rows, dtype=bool)
    allowed[[kb.row_of[fact] for fact in kept_out.facts]] = False
    given = ArmInput(
        [Wording(kb, language) for language in languages],
        settings or AugmentationSettings(),
        kept_out.entities,
        [texts[row] for row in free],
        [text_ids[row] for row in free],
        allowed,
        find,
        seed,
        max_answers,
    )
    given.counts["texts left out: held out for the exam"] = len(texts) - len(free)
    tables = find_recipe(arm).rows(given)
    return check_leaks(kb, concat_rows(tables), kept_out, arm.name), dict(given.counts)


def shuffle_objects(kb: KnowledgeBase, facts: Facts, *, seed: int = 0) -> tuple[Facts, int]:
    """Replace the object of every fact by one of another fact of its predicate, so that it is false.

    Args:
        kb: The knowledge base, whose facts are true.
        facts: True facts.
        seed: Seed of the shuffle.

    Returns:
        The facts with other objects, each object as often as before where possible, and the number of facts left out
        because every other object is true too.
    """
    generator = np.random.default_rng([seed, 3])
    subjects, predicates, true_objects = kb.columns(np.arange(kb.facts.num_rows, dtype=np.int64))
    objects = facts.objects.copy()
    true = np.zeros(len(objects), dtype=bool)
    for predicate in np.unique(facts.predicates):
        known = pair_keys(subjects[predicates == predicate], true_objects[predicates == predicate])
        places = np.flatnonzero(facts.predicates == predicate)
        order = generator.permutation(len(places))
        for _ in range(50):
            shuffled = facts.objects[places][order]
            bad = np.flatnonzero(np.isin(pair_keys(facts.subjects[places], shuffled), known))
            if not len(bad):
                break
            for row, other in zip(bad, generator.integers(len(places), size=len(bad)), strict=True):
                order[[row, other]] = order[[other, row]]
        objects[places] = facts.objects[places][order]
        true[places] = np.isin(pair_keys(facts.subjects[places], objects[places]), known)
    kept = np.flatnonzero(~true)
    return Facts(facts.rows, facts.subjects, facts.predicates, objects).take(kept), int(true.sum())
