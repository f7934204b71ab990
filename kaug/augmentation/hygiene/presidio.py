"""Texts → the personal data in them that presidio finds, beside what the patterns of `personal` find.

presidio-analyzer has recognisers of national numbers and the like, which weigh the words around them, and finds names of people
and places with a model of spaCy. It downloads what it lacks: a model, and a list of internet domains. So it gets a model that is
loaded already, or one that only splits words, and the list that comes with its packages.
"""

import importlib.util
import logging
import re
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import pyarrow as pa

from kaug.augmentation.hygiene.personal import PERSONAL
from kaug.augmentation.hygiene.settings import HygieneSettings
from kaug.errors import PipelineError, nearest

__all__ = ["find_with_presidio", "mask_with_presidio"]

_SURE = 0.4
"""The score from which a find counts: that of a number of the right shape beside a word that speaks for it, as "passport"."""

_MASK = re.compile(rf"(\[(?:{'|'.join(map(re.escape, PERSONAL))})\])")


class _Span(NamedTuple):
    start: int
    end: int
    kind: str


class _Analyzer(NamedTuple):
    """An AnalyzerEngine of presidio, and the kinds that it looks for in texts of a language."""

    engine: Any
    language: str
    kinds: list[str]


def mask_with_presidio(texts: pa.Array, settings: HygieneSettings) -> tuple[pa.Array, Counter[str]]:
    """Write the kind of personal data in its place.

    Args:
        texts: Strings (n,), which `mask_personal` may have masked.
        settings: `[hygiene]`, with the kinds, models and languages.

    Returns:
        Strings (n,), and how often each kind was found.

    Raises:
        PipelineError: presidio-analyzer or a model is not installed, or there is no such kind.
    """
    analyzers, counts = _open(settings), Counter[str]()

    def masked(text: str) -> str:
        for span in reversed(_find(text, analyzers)):
            counts[span.kind] += 1
            text = f"{text[: span.start]}[{span.kind}]{text[span.end :]}"
        return text

    def around_masks(text: str) -> str:
        pieces = _MASK.split(text)
        pieces[::2] = map(masked, pieces[::2])
        return "".join(pieces)

    return pa.array(map(around_masks, texts.to_pylist()), pa.string()), counts


def find_with_presidio(texts: pa.Array, settings: HygieneSettings) -> pa.Array:
    """Return the kind of the first personal data in each text; null for none. See `mask_with_presidio`."""
    analyzers = _open(settings)
    found = (_find(text, analyzers) for text in texts.to_pylist())
    return pa.array([spans[0].kind if spans else None for spans in found], pa.string())


def _find(text: str, analyzers: Sequence[_Analyzer]) -> list[_Span]:
    """Find personal data in a text; of what overlaps, the likelier or longer one."""
    found = [
        one
        for engine, language, kinds in analyzers
        for one in engine.analyze(text, language, entities=kinds, score_threshold=_SURE)
    ]
    spans: list[_Span] = []
    for one in sorted(found, key=lambda one: (-one.score, one.start - one.end, one.start, one.entity_type)):
        if all(one.end <= span.start or span.end <= one.start for span in spans):
            spans.append(_Span(one.start, one.end, one.entity_type))
    return sorted(spans)


def _open(settings: HygieneSettings) -> list[_Analyzer]:
    languages = (tag.split("-")[0].lower() for tag in settings.languages)
    return _analyzers(tuple(settings.presidio_kinds), tuple(settings.presidio_models), tuple(dict.fromkeys(languages)))


@cache
def _analyzers(kinds: Sequence[str], models: Sequence[str], languages: Sequence[str]) -> list[_Analyzer]:
    """Open an analyzer for the language of each model, and for each other language, or for English."""
    if importlib.util.find_spec("presidio_analyzer") is None:
        raise PipelineError(
            "hygiene.presidio_kinds: needs presidio-analyzer. Get it with: pip install 'kaug[presidio]'"
        )
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)  # it warns of each recogniser of another language
    _forbid_downloads()
    named = {model.lang: model for model in map(_load_model, models)}
    spoken = dict.fromkeys([*named, *languages]) or {"en": None}
    engines = {language: _engine(language, named.get(language)) for language in spoken}
    known = {language: sorted(engine.get_supported_entities(language)) for language, engine in engines.items()}
    everything = sorted({kind for some in known.values() for kind in some})
    for kind in kinds:
        if kind not in everything:
            raise PipelineError(
                f"hygiene.presidio_kinds: presidio finds no {kind!r} in {', '.join(spoken)}.{nearest(kind, everything)} "
                "Names of people, places and the like need a model in hygiene.presidio_models."
            )
    wanted = {language: [kind for kind in kinds if kind in some] for language, some in known.items()}
    return [_Analyzer(engines[language], language, some) for language, some in wanted.items() if some]


def _engine(language: str, model: Any) -> Any:
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
    from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider

    nlp = model or _blank(language)
    nlp.max_length = sys.maxsize
    words: Any = SpacyNlpEngine(ner_model_configuration=NerModelConfiguration(low_score_entity_names=[]))
    words.nlp = {language: nlp}
    registry = RecognizerRegistryProvider(
        registry_configuration={"supported_languages": [language]}
    ).create_recognizer_registry()
    if model is not None:
        registry.add_nlp_recognizer(nlp_engine=words)
    return AnalyzerEngine(registry=registry, nlp_engine=words, supported_languages=[language])


def _blank(language: str) -> Any:
    """Return what splits words only. Presidio compares lemmas with words that speak for a kind; here each word is its own."""
    import spacy
    from spacy.language import Language

    try:
        words = spacy.blank(language)
    except ImportError as error:
        raise PipelineError(f"hygiene.languages: spaCy, which presidio needs, does not know {language!r}.") from error
    Language.component("kaug_own_lemmas", func=_own_lemmas)
    words.add_pipe("kaug_own_lemmas")
    return words


def _own_lemmas(words: Any) -> Any:
    for word in words:
        word.lemma_ = word.lower_
    return words


def _load_model(name: str) -> Any:
    import spacy

    try:
        return spacy.load(name)
    except OSError as error:
        raise PipelineError(
            f"hygiene.presidio_models: spaCy has no model {name!r}. kaug downloads none: install its wheel with pip, or name its "
            "folder."
        ) from error


def _forbid_downloads() -> None:
    """Let tldextract, which presidio asks whether a domain exists, read the list in its package only."""
    from tldextract import TLDExtract, tldextract

    tldextract.TLD_EXTRACTOR = TLDExtract(suffix_list_urls=(), cache_dir=None)
