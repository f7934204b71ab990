"""The word lists of `vocabulary.toml` as sets and mappings; `kaug.words.english` has rules for other words."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["WORDS", "Vocabulary"]


@dataclass(frozen=True)
class Vocabulary:
    """Frequent words in names of predicates; see the comments of the file."""

    prepositions: frozenset[str]
    verbs: frozenset[str]
    deeds_or_things: frozenset[str]
    not_verbs: frozenset[str]
    intransitive: frozenset[str]
    participles: frozenset[str]
    not_participles: frozenset[str]
    plurals: frozenset[str]
    singulars_in_s: frozenset[str]
    uncountable: frozenset[str]
    substances: frozenset[str]
    countable: frozenset[str]
    adjectives: frozenset[str]
    not_adjectives: frozenset[str]
    comparatives: frozenset[str]
    acronyms: frozenset[str]
    placed: frozenset[str]
    was: frozenset[str]
    people_do: frozenset[str]
    of_relations: frozenset[str]
    adjectives_with_of: frozenset[str]
    the_one: frozenset[str]
    gerunds: frozenset[str]
    participles_or_things: frozenset[str]
    noun_after: frozenset[str]
    no_article: frozenset[str]
    timed: frozenset[str]
    symmetric: frozenset[str]
    before_deeds: frozenset[str]
    persons: frozenset[str]
    organisations: frozenset[str]
    of_people: frozenset[str]
    one_of_several: frozenset[str]
    past_tenses: frozenset[str]
    uninflected: frozenset[str]
    foreign: frozenset[str]
    proper: frozenset[str]
    powers: frozenset[str]
    works: frozenset[str]
    of_works: frozenset[str]
    things: frozenset[str]
    of_things: frozenset[str]
    of_places: frozenset[str]
    processes: frozenset[str]
    mass: frozenset[str]
    qualities: frozenset[str]
    states: frozenset[str]
    done_by_people: frozenset[str]
    counted_deeds: frozenset[str]
    irregular_plurals: dict[str, str]
    irregular_pasts: dict[str, list[str]]
    base_forms: dict[str, str]


def _read_vocabulary() -> Vocabulary:
    lists = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    words = {name: text.split() for name, text in lists.items()}
    plurals, pasts, bases = (
        dict(pair.split(":") for pair in words.pop(name))
        for name in ("irregular_plurals", "irregular_pasts", "base_forms")
    )
    return Vocabulary(
        **{name: frozenset(entries) for name, entries in words.items()},
        irregular_plurals=plurals,
        irregular_pasts={verb: forms.split(",") if forms else [] for verb, forms in pasts.items()},
        base_forms=bases,
    )


WORDS = _read_vocabulary()
