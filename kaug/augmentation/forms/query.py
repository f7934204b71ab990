"""Facts → questions, and the SPARQL queries that return their answers."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import runs
from kaug.augmentation.paths import ask_chains, ask_stars
from kaug.augmentation.rows import Facts, Options, make_rows, mark_spans, name_facts
from kaug.wording.steps import words_of_paths
from kaug.wording.wording import Wording

__all__ = ["query_rows"]


def query_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask for a SPARQL query: one for each question about one fact, or over a path (see `path_rows`).

    The queries have full IRIs and return `?answer`. They are not run for each row: they are right by construction, since
    question, answer and query are written from the same steps, and the answer is all that the steps lead to. Tests run those of
    samples over the facts, and compare the answers.
    """
    prefix = words_of_paths(wording.language)["query"]
    chains = (ask_chains(facts, wording, options, length) for length in (1, 2, 3))
    for asked in (*chains, ask_stars(facts, wording, options)):
        count = len(asked.prompts)
        if not count:
            continue
        facts = name_facts(wording.kb, asked.hops.row, runs(asked.hops.path)[1])
        queries = asked.queries.take(pa.array(asked.path))
        yield make_rows(
            family="closed-book",
            form="query",
            task="question-answering",
            prompts=pc.binary_join_element_wise(prefix, asked.prompts, ""),
            completions=queries,
            facts=facts.take(pa.array(asked.path)),
            spans=mark_spans(count),
            language=wording.language,
            queries=queries,
        )
