"""RDF without a pipeline file → languages, and settings that fit its size and this machine."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from kaug.knowledge.entries import count_languages
from kaug.pipeline.settings import Pipeline
from kaug.rdf.columns import Columns

__all__ = ["choose_languages", "knowledge_only", "starter_text"]

# Facts taught and tokens for each: on a CPU a run of some minutes, as in pipelines/quickstart.toml, whose other settings
# these are too.
_FACTS = {"cpu": 200, "cuda": 5_000}
_TOKENS_PER_FACT = 250
_TOKENS = 10_000  # at least
_FRACTION = 0.8  # of few facts: the others test forgetting


def choose_languages(read: Sequence[Columns]) -> tuple[list[str], str]:
    """Choose the languages of a run by those of the labels; return them with a line for the user.

    English if a label is English or none has a language; then the line is empty. Otherwise the language of most labels;
    if it has no template, English comes first, for sentences by rule with names in that language.
    """
    labels, templates = Counter[str](), Counter[str]()
    for columns in read:
        by_kind = count_languages(columns)
        labels += by_kind["labels"]
        templates += by_kind["templates"]
    labels.pop("", None)
    if not labels or "en" in labels:
        return ["en"], ""
    language, count = min(labels.items(), key=lambda item: (-item[1], item[0]))
    begin = f"No label is in English; {count:,} of {labels.total():,} are in {language!r}"
    if language in templates or "" in templates:
        return [language], f"{begin}, which is taken as the language of the run."
    return [
        "en",
        language,
    ], f"{begin}: names are in it, sentences in English, because no lexicon has templates in it."


def knowledge_only(sources: Sequence[str], settings: Sequence[str] = ()) -> Pipeline:
    """Make the settings to build a knowledge base only."""
    return Pipeline.parse(_head(sources) + "[training]\ntokens = 1\n", "the sources named", settings)


def starter_text(sources: Sequence[str], facts: int, *, languages: Sequence[str] = ("en",), device: str) -> str:
    """Write a pipeline file for RDF, with a comment that explains each number."""
    limit = max(1, min(_FACTS[device], int(facts * _FRACTION) or facts))
    tokens = max(_TOKENS, limit * _TOKENS_PER_FACT)
    probes = min(120, max(20, limit))
    chosen = f"languages = {json.dumps(list(languages))}  # those of the labels\n" if list(languages) != ["en"] else ""
    return (
        "# Written by kaug: a first run on these sources. Change what you like; docs/pipelines.md explains every key.\n"
        + _head(sources)
        + chosen
        + f"limit = {limit}  # of {facts:,} facts; those left out show what training breaks\n\n"
        + f"[exam]\nprobes_per_kind = {{ recall = {probes}, reverse = 50, compose = 50, locality = 50, continuation = 50 }}\n\n"
        + f"[training]\ntokens = {tokens:_}  # {_TOKENS_PER_FACT} for each fact taught, at least {_TOKENS:_}\nstep_tokens = 128\n"
        + 'learning_rate = 5e-4\ntemplate = "plain"\nsystem = ""\n\n[evaluation]\nbatch_size = 64\n'
    )


def _head(sources: Sequence[str]) -> str:
    names = " and ".join(Path(source).name for source in sources)
    question = json.dumps(f"Does the model learn the facts of {names}?", ensure_ascii=False)
    return f"question = {question}\n\n[knowledge]\nsources = {json.dumps(list(sources), ensure_ascii=False)}\n"
