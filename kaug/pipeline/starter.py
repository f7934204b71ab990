"""RDF alone → a pipeline file with settings that fit its size and this machine."""

import json
from collections.abc import Sequence
from pathlib import Path

from kaug.pipeline.settings import Pipeline

__all__ = ["knowledge_only", "starter_text"]

# Facts taught and tokens for each: on a CPU a run of some minutes, as in pipelines/quickstart.toml, whose other settings
# these are too.
_FACTS = {"cpu": 200, "cuda": 5_000}
_TOKENS_PER_FACT = 250
_FRACTION = 0.8  # of few facts: the others show what training breaks


def knowledge_only(sources: Sequence[str], settings: Sequence[str] = ()) -> Pipeline:
    """Make the settings to build a knowledge base alone."""
    return Pipeline.parse(_head(sources) + "[training]\ntokens = 1\n", "the sources named", settings)


def starter_text(sources: Sequence[str], facts: int, *, device: str) -> str:
    """Write a pipeline file for RDF that has none.

    Args:
        sources: The RDF files, folders or patterns, as the file shall name them.
        facts: How many facts they hold that can be taught.
        device: `cpu` or `cuda`.

    Returns:
        The TOML, with a comment that says why beside each figure.
    """
    limit = max(1, min(_FACTS[device], int(facts * _FRACTION) or facts))
    tokens = max(10_000, limit * _TOKENS_PER_FACT)
    probes = min(120, max(20, limit))
    return (
        "# Written by kaug: a first run on these sources. Change what you like; docs/pipelines.md explains every key.\n"
        + _head(sources)
        + f"limit = {limit}  # of {facts:,} facts; those left out show what training breaks\n\n"
        + f"[exam]\nprobes_per_kind = {{ recall = {probes}, reverse = 50, compose = 50, locality = 50, continuation = 50 }}\n\n"
        + f"[training]\ntokens = {tokens:_}  # {_TOKENS_PER_FACT} for each fact taught\nstep_tokens = 128\n"
        + 'learning_rate = 5e-4\ntemplate = "plain"\nsystem = ""\n\n[evaluation]\nbatch_size = 64\n'
    )


def _head(sources: Sequence[str]) -> str:
    names = " and ".join(Path(source).name for source in sources)
    question = json.dumps(f"Does the model learn the facts of {names}?", ensure_ascii=False)
    return f"question = {question}\n\n[knowledge]\nsources = {json.dumps(list(sources), ensure_ascii=False)}\n"
