"""Facts to teach → the training rows of each arm: facts in all forms, in one template, shuffled, or none.

The rows come in pieces, each about a block of facts or texts: memory holds one at a time, and workers share them.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arms import ARMS, Arm
from kaug.arrays import hex_keys, pair_keys
from kaug.augmentation.forms import Form, find_forms, form_rows
from kaug.augmentation.forms.statement import one_statement_rows
from kaug.augmentation.gaps import keep_rows
from kaug.augmentation.hygiene import HygieneSettings, clean_rows
from kaug.augmentation.hygiene.left_out import Found, count_left_out, left_out_table
from kaug.augmentation.hygiene.rows import joined_texts
from kaug.augmentation.inject import inject_facts, text_rows
from kaug.augmentation.openbook.protected import prose
from kaug.augmentation.rewriting.rewrite import Objects, Rewriter, open_answers
from kaug.augmentation.rows import BLOCK, Facts, Options, concat_rows, facts_to_teach
from kaug.augmentation.settings import AugmentationSettings
from kaug.errors import PipelineError, nearest
from kaug.exam.leaks.evaluations import Evaluation
from kaug.exam.leaks.guard import LeakGuard, OnLeak
from kaug.exam.leaks.overlap import Overlaps
from kaug.exam.leaks.rows import FactIds, read_rows
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording, groups

__all__ = [
    "RECIPES",
    "ArmInput",
    "Find",
    "Piece",
    "Recipe",
    "arm_pieces",
    "arm_rows",
    "find_recipe",
    "kept_fractions",
    "shuffle_objects",
]

Find = Callable[[Sequence[str], NDArray[np.bool_]], pa.Table]
"""Retrieve facts for texts among those allowed, a bool per fact, as `Retriever.retrieve` does."""

Piece = Callable[[], Iterator[pa.Table]]
"""Write a part of an arm's rows, as tables one after the other; it depends on no other part."""

Rewrite = Callable[[pa.Table, Wording, Objects], pa.Table]
"""Rewrite rows in the language of a wording, given the object of every fact; see `Rewriter`."""

_TEXTS = 1_000
"""The texts of a piece."""


@dataclass(frozen=True)
class ArmInput:
    """The input of a recipe.

    Attributes:
        wordings: A wording of the knowledge base for each language to write in.
        settings: `[augmentation]`.
        held_out: uint32, ascending: terms about which no question may be written.
        patterns: uint64, sorted: pairs of predicates that no question over a path may join; see `HeldOut`.
        texts: The user's texts, without the passages of the exam.
        text_ids: The id of each text.
        allowed: bool (facts,): the facts that may stand in a context; all if None.
        find: Retrieves facts for texts among those allowed; None if none are inserted.
        seed: Seed of the shuffle, the passages and the one sentence per fact.
        max_answers: The maximum of right answers to a question.
        keep: The fraction of the rows of each form to keep, 1 where it has none; see `kept_fractions`.
        known: The hex ids of the facts that the model knows already; None if it was not asked.
        block: The facts that a piece is about.
        rewrite: Rewrites closed-book rows; None if none are.
        counts: Rows and facts left out, by reason.
        characters: The length of the rows written, by form.
        left_out: Rows that were left out, as tables of `LEFT_OUT`.
    """

    wordings: Sequence[Wording]
    settings: AugmentationSettings
    held_out: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    patterns: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    texts: Sequence[str] = ()
    text_ids: Sequence[str] = ()
    allowed: NDArray[np.bool_] | None = None
    find: Find | None = None
    seed: int = 0
    max_answers: int = 5
    keep: Mapping[str, float] = field(default_factory=dict)
    known: pa.Array | None = None
    block: int = BLOCK
    rewrite: Rewrite | None = None
    counts: Counter[str] = field(default_factory=Counter)
    characters: Counter[str] = field(default_factory=Counter)
    left_out: list[pa.Table] = field(default_factory=list)

    @property
    def kb(self) -> KnowledgeBase:
        """The knowledge base."""
        return self.wordings[0].kb

    @property
    def options(self) -> Options:
        """The options for forms."""
        settings = self.settings
        return Options(
            settings.templates,
            self.seed,
            self.max_answers,
            held_out_patterns=self.patterns,
            left_out=self.counts,
            open_book=settings.open_book,
        )

    def in_forms(self, facts: Facts, forms: Mapping[str, Form] | None = None) -> Iterator[Piece]:
        """Write closed-book rows about facts in all languages; no question is about a held-out entity.

        Args:
            facts: The facts, as the arm has them.
            forms: The forms by name; those of the settings if None.
        """
        forms = find_forms(self.settings.forms) if forms is None else forms
        self._count_unsaid(facts)
        # Neither end may be held out: "Which country borders Togo?" asks about Togo too. For shuffled facts the true ends count.
        objects = self.kb.columns()[2].copy()
        closed = np.isin(facts.subjects, self.held_out) | np.isin(objects[facts.rows], self.held_out)
        objects[facts.rows] = facts.objects
        given = {False: facts, True: facts.take(np.flatnonzero(~closed))}
        options = {asks: replace(self.options, objects=objects, facts=some) for asks, some in given.items()}
        may_ask = np.zeros(len(objects), bool)
        may_ask[given[True].rows] = True
        for block in facts.blocks(self.block):
            part = {False: block, True: block.take(np.flatnonzero(may_ask[block.rows]))}
            for name, form in forms.items():
                if len(part[form.asks]):
                    yield partial(self._in_form, name, form, part[form.asks], options[form.asks])

    def _in_form(self, name: str, form: Form, facts: Facts, options: Options) -> Iterator[pa.Table]:
        seen = np.zeros(0, np.uint64)
        for wording in self.wordings:
            rows, seen = self._once(form_rows(form, facts, wording, options), seen)
            rows = self._to_learn(rows)
            rows = _keep(rows, self.keep.get(name, 1.0), self.seed)
            self.characters[name] += _characters(rows)
            yield self.rewrite(rows, wording, options.all_objects(self.kb, facts)) if self.rewrite else rows

    def _once(self, rows: pa.Table, seen: NDArray[np.uint64]) -> tuple[pa.Table, NDArray[np.uint64]]:
        """Drop the rows whose content comes a second time, or was seen in other languages; add theirs to what was seen."""
        keys = np.concatenate([seen, hex_keys(rows["id"].combine_chunks())])
        first = np.zeros(len(keys), bool)
        first[np.unique(keys, return_index=True)[1]] = True
        new = first[len(seen) :]
        self.counts["rows left out: duplicates"] += len(new) - int(new.sum())
        return rows if new.all() else rows.filter(pa.array(new)), keys[first]

    def _to_learn(self, rows: pa.Table) -> pa.Table:
        """Drop rows about facts that the model knows, and count them."""
        if self.known is None:
            return rows
        kept = keep_rows(rows, self.known, self.settings.known, self.seed)
        self.counts["rows left out: the model knows their facts"] += rows.num_rows - kept.num_rows
        return kept

    def _count_unsaid(self, facts: Facts) -> None:
        """Count the facts that a language has no template for."""
        for wording in self.wordings:
            unsaid = sum(
                len(places)
                for predicate, places in groups(facts.predicates)
                if not wording.templates(predicate, "statement")
            )
            if unsaid:
                self.counts[f"facts without a statement in {wording.language}"] += unsaid

    def plain(self, wanted: bool) -> Iterator[Piece]:
        """Make rows of the unchanged texts, if the settings include them."""
        for start in range(0, len(self.texts) if wanted else 0, _TEXTS):
            part = slice(start, start + _TEXTS)
            yield lambda part=part: iter(  # type: ignore[misc]
                [text_rows(self.texts[part], self.text_ids[part], self.wordings[0].language)]
            )

    def open_book(self, facts: Facts) -> Iterator[Piece]:
        """Insert those of the facts that the texts are about into them, at each position of the settings."""
        if not (self.settings.inject and self.find):
            return
        if self.allowed is not None:
            facts = facts.take(np.flatnonzero(self.allowed[facts.rows]))
        for start in range(0, len(self.texts), _TEXTS):
            yield partial(self._open_book, self.find, facts, slice(start, start + _TEXTS))

    def _open_book(self, find: Find, facts: Facts, part: slice) -> Iterator[pa.Table]:
        mask = np.zeros(self.kb.facts.num_rows, dtype=bool)
        mask[facts.rows] = True
        table, left_out = inject_facts(
            self.wordings,
            self.texts[part],
            self.text_ids[part],
            find([prose(text) for text in self.texts[part]], mask),
            position=self.settings.inject,
            facts=facts,
            settings=self.settings.open_book,
            seed=self.seed,
        )
        self.counts.update(left_out)
        yield table


def _keep(rows: pa.Table, fraction: float, seed: int) -> pa.Table:
    """Draw a fraction of rows by their ids."""
    if fraction >= 1:
        return rows
    numbers = np.array([int(row[:13], 16) for row in rows["id"].to_pylist()], dtype=np.float64)
    return rows.filter(pa.array((numbers / 16**13 + seed * _GOLDEN) % 1 < fraction))


def _characters(rows: pa.Table) -> int:
    return sum(pc.sum(pc.utf8_length(rows[name])).as_py() or 0 for name in ("prompt", "completion"))


def kept_fractions(shares: Mapping[str, float], characters: Mapping[str, int]) -> dict[str, float]:
    """Return the fraction of the rows of each form to keep, so that the forms have their shares of the text.

    The form that has least for its share is kept whole.

    Args:
        shares: The wanted share of each form, in any unit.
        characters: The length of all rows of each form.

    Examples:
        >>> kept_fractions({"statement": 1, "question": 3}, {"statement": 600, "question": 900})
        {'statement': 0.5, 'question': 1.0}
    """
    most = [characters.get(name, 0) / share for name, share in shares.items() if share and characters.get(name)]
    return {
        name: min(1.0, share * min(most) / characters[name]) if characters.get(name) else 1.0
        for name, share in shares.items()
    }


@dataclass(frozen=True)
class Recipe:
    """The recipe of an arm's rows.

    Attributes:
        pieces: Returns the pieces of the rows, in their order.
        finds: Whether retrieved facts are inserted into the texts, if the settings have positions.
    """

    pieces: Callable[[ArmInput], Iterable[Piece]]
    finds: bool = False


def augmented_rows(given: ArmInput) -> Iterator[Piece]:
    """Write every fact in all forms, and insert facts into the texts that they are about."""
    facts = facts_to_teach(given.kb)
    yield from given.in_forms(facts)
    yield from given.plain(given.settings.replay > 0)
    yield from given.open_book(facts)


def shuffled_rows(given: ArmInput) -> Iterator[Piece]:
    """Write facts with shuffled objects in all forms, and insert them into the texts that the true ones are about."""
    facts, lost = shuffle_objects(given.kb, facts_to_teach(given.kb), seed=given.seed)
    given.counts["facts left out: every other object is true too"] += lost
    yield from given.in_forms(facts)
    yield from given.plain(given.settings.replay > 0)
    yield from given.open_book(facts)


def repeated_rows(given: ArmInput) -> Iterator[Piece]:
    """Write every fact as one sentence per language."""
    one = Form(one_statement_rows, asks=False, description="one sentence that states a fact")
    yield from given.in_forms(facts_to_teach(given.kb), {"statement": one})
    yield from given.plain(given.settings.replay > 0)


def plain_text_rows(given: ArmInput) -> Iterator[Piece]:
    """Write the unchanged texts, without facts."""
    return given.plain(True)


RECIPES: dict[str, Recipe] = {
    "augmented": Recipe(augmented_rows, finds=True),
    "shuffled": Recipe(shuffled_rows, finds=True),
    "repeated": Recipe(repeated_rows),
    "text": Recipe(plain_text_rows),
}
"""The recipes by `Arm.rows`."""

_GOLDEN = 0.6180339887498949  # so that each seed keeps other rows


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


def arm_pieces(
    kb: KnowledgeBase,
    arm: Arm | str,
    probes: pa.Table,
    text_ids: Sequence[str],
    texts: Sequence[str],
    settings: AugmentationSettings | None = None,
    *,
    find: Find | None = None,
    languages: Sequence[str] = ("en",),
    seed: int = 0,
    max_answers: int = 5,
    keep: Mapping[str, float] | None = None,
    evaluations: Sequence[Evaluation] = (),
    on_leak: OnLeak = "stop",
    hygiene: HygieneSettings | None = None,
    tokens: Sequence[str] = (),
    known: pa.Array | None = None,
    block: int = BLOCK,
    wording: Callable[[KnowledgeBase, str], Wording] = Wording,
) -> tuple[list[Piece], ArmInput]:
    """List the pieces of an arm's rows, each cleaned and checked for leaks of the exam as it is written.

    Args:
        kb: The knowledge base.
        arm: The arm, or its name.
        probes: PROBES.
        text_ids: The id of each text.
        texts: The user's texts; passages of the exam are removed, and what shares thirteen words in a row with one.
        settings: `[augmentation]`: forms, templates, positions of facts in texts, replay; the defaults if None. The arm's own
            come first.
        find: Retrieves facts for the texts; called for arms that insert facts, if the settings have positions.
        languages: The languages to write in; facts whose predicate has no template in a language are left out there and
            counted.
        seed: Seed of the shuffle, the passages and the sentences of `repeated`.
        max_answers: Questions with more right answers are left out.
        keep: The fraction of the rows of each form to keep.
        evaluations: What the user evaluates models with; rows that overlap with it leak.
        on_leak: What to do with a row that leaks.
        hygiene: `[hygiene]`: what rows are left out; the defaults if None.
        tokens: Special tokens of tokenizers, which are broken up as those of common chat formats are.
        known: The hex ids of the facts that the model knows already, about which the fraction `known` of the settings is kept.
        block: The facts that a piece is about.
        wording: Makes the wording of a language.

    Returns:
        The pieces, each a function that writes tables of EXAMPLES, and the input that they share, with the number of rows
        and facts left out, by reason. A piece raises LeakError if a row leaks the exam.
    """
    settings = settings or AugmentationSettings()
    free = _not_held_out(kb, probes, texts)
    own = {text_ids[row]: texts[row] for row in free}
    name = arm if isinstance(arm, str) else arm.name
    guard = LeakGuard(kb, probes, texts=own, evaluations=evaluations, on_leak=on_leak, arm=name)
    allowed = np.ones(kb.facts.num_rows, dtype=bool)
    allowed[[kb.row_of[fact] for fact in guard.kept_out.facts]] = False
    given = ArmInput(
        [wording(kb, language) for language in languages],
        settings.for_arm(arm) if isinstance(arm, Arm) else settings,
        guard.kept_out.entities,
        guard.kept_out.patterns,
        [texts[row] for row in free],
        [text_ids[row] for row in free],
        allowed,
        find,
        seed,
        max_answers,
        keep or {},
        known,
        block,
    )
    if texts:
        given.counts["texts left out: held out for the exam"] = len(texts) - len(free)

    def unfit(table: pa.Table) -> dict[str, str]:
        kept, left_out = clean_rows(table, kb, hygiene, tokens=tokens)
        reasons = dict(zip(left_out["id"].to_pylist(), left_out["reason"].to_pylist(), strict=True))
        changed = set(table["id"].to_pylist()) - set(kept["id"].to_pylist()) - reasons.keys()
        ids = kept["id"].to_pylist()
        return (
            reasons
            | dict.fromkeys(changed, "special tokens")
            | {ids[leak.row]: leak.reason for leak in guard.find(kept)}
        )

    if given.settings.rewrite.model:
        rewriter = Rewriter(
            given.settings.rewrite, open_answers(given.settings.rewrite), unfit, given.counts, given.left_out
        )
        given = replace(given, rewrite=rewriter)

    def checked(piece: Piece) -> Iterator[pa.Table]:
        for table in piece():
            kept, unclean = clean_rows(table, kb, hygiene, tokens=tokens)
            kept = guard.check(kept)
            leaks = _left_out(guard.take_leaks())
            given.left_out.extend([unclean, leaks])
            given.counts.update(count_left_out(unclean) + count_left_out(leaks))
            yield kept

    return [partial(checked, piece) for piece in find_recipe(arm).pieces(given)], given


def _not_held_out(kb: KnowledgeBase, probes: pa.Table, texts: Sequence[str]) -> list[int]:
    """Return the numbers of the texts that are no passage of the exam, hold none, and share no run of words with one."""
    passages = probes.filter(pc.equal(probes["scorer"], "continuation"))
    if not (passages.num_rows and len(texts)):
        return list(range(len(texts)))
    whole = pc.binary_join_element_wise(passages["prompt"], pc.list_element(passages["answers"], 0), "")
    rows = text_rows(texts, [str(number) for number in range(len(texts))])
    rows = rows.filter(pc.invert(pc.is_in(rows["completion"], whole.combine_chunks())))
    overlaps = Overlaps(Wording(kb, passages["language"][0].as_py()), passages, passages["id"].to_pylist(), ())
    found = {leak.row for leak in overlaps.find(read_rows(rows, FactIds(kb)))}
    return [int(number) for row, number in enumerate(rows["text_id"].to_pylist()) if row not in found]


def _left_out(leaks: pa.Table) -> pa.Table:
    """List the rows that leak the exam with those that other filters leave out."""
    found = Found(*(leaks[name].combine_chunks() for name in ("reason", "probe")))
    return left_out_table("row", "leaks", found, leaks["id"].combine_chunks(), joined_texts(leaks))


def arm_rows(
    kb: KnowledgeBase,
    arm: Arm | str,
    probes: pa.Table,
    text_ids: Sequence[str],
    texts: Sequence[str],
    settings: AugmentationSettings | None = None,
    **options: Any,
) -> tuple[pa.Table, dict[str, int]]:
    """Write all rows of an arm as one table; see `arm_pieces`.

    Returns:
        EXAMPLES, and the number of rows and facts left out, by reason.

    Raises:
        LeakError: A row leaks the exam.
    """
    settings = settings or AugmentationSettings()
    if settings.shares:
        pieces, given = arm_pieces(kb, arm, probes, text_ids, texts, settings.unrewritten, **options)
        for piece in pieces:
            deque(piece(), maxlen=0)
        options["keep"] = kept_fractions(settings.shares, given.characters)
    pieces, given = arm_pieces(kb, arm, probes, text_ids, texts, settings, **options)
    rows = concat_rows([table for piece in pieces for table in piece()])
    return rows, dict(given.counts)


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
