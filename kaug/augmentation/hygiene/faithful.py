"""Training rows and the facts that they name → the rows that do not say what their facts say.

A symbolic check, without a model and without samples: it reads every row's text at its spans, and compares what stands there with
the names of the facts' ends.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, expand
from kaug.wording.wording import Wording

__all__ = ["UNFAITHFUL", "unfaithful_rows"]

UNFAITHFUL = pa.schema([pa.field(name, pa.string(), nullable=False) for name in ("id", "form", "reason", "said")])
"""Rows that do not say what their facts say: the id and the form, why, and the text in question."""

_Strings = NDArray[Any]
_Mask = NDArray[np.bool_]


def unfaithful_rows(
    table: pa.Table,
    wording: Wording,
    *,
    objects: NDArray[np.uint32] | None = None,
    texts: Mapping[str, str] | None = None,
) -> pa.Table:
    """Find the rows that do not say what their facts say, where their spans say it.

    - A span lies in its text, and holds a name of the subject or the object of its fact.
    - The spans of a fact that the completion states hold its object, and the subject, which may stand elsewhere in the row
      ("It lies in Africa."); unless the row is a false statement on purpose (`proof`).
    - In the answer to a question, a span is a name of one end, or states the fact with both.
    - Every fact has a span, unless the row answers by a query or with a proof.
    - Cutting the spans from an open-book row, and from a row of the user's text, restores that text.

    Names are labels, phrases and values in words; case, spaces, articles and a full stop at the end do not count.

    Args:
        table: EXAMPLES in the language of the wording; rows in other languages are passed over, and translations of
            names, which state no fact.
        wording: The wording of the rows' knowledge base.
        objects: uint32 (facts,): the object of every fact, where it is not the true one, as in the arm `shuffled`.
        texts: The user's texts by id; rows of texts are not checked without them.

    Returns:
        A table of the schema `UNFAITHFUL`: a line for each fault, none if all is well.

    Examples:
        >>> import tempfile; from pathlib import Path; import kaug
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Togo :capital :Lome .")
        >>> kb = kaug.build_kb([file])
        >>> rows = kaug.closed_book_rows(kb, forms="statement").data.table.slice(0, 1)
        >>> unfaithful_rows(rows, Wording(kb)).num_rows
        0
        >>> wrong = rows.set_column(5, "completion", pa.array(["The capital of Mali is Lome."]))
        >>> unfaithful_rows(wrong, Wording(kb))["reason"].to_pylist()
        ['an end of a fact is not said']
    """
    own = pc.and_(pc.equal(table["language"], wording.language), pc.not_equal(table["form"], "translate"))
    table = table.filter(own).combine_chunks()
    spans, faults = _spans(table, wording, objects), []
    faults += _faults_of_spans(table, spans)
    faults += _faults_of_facts(table, spans)
    faults += [] if texts is None else _faults_of_texts(table, texts)
    ids, forms = table["id"].to_pylist(), table["form"].to_pylist()
    rows = [{"id": ids[row], "form": forms[row], "reason": why, "said": said} for row, why, said in sorted(faults)]
    return pa.Table.from_pylist(rows, schema=UNFAITHFUL)


_Fault = tuple[int, str, str]


class _Spans(NamedTuple):
    """The spans of a table, in columns of equal length k, and its facts, in columns of equal length m.

    Attributes:
        row: The row of each span.
        fact: The place of its fact among all m; -1 if the row has no such fact.
        answers: Whether it is in the completion.
        said: The text at the span; null where it lies outside.
        subject: Whether it holds a name of the fact's subject.
        object: Whether it holds a name of the object.
        exact: Whether it is a name of one of them.
        fact_row: The row of each fact.
        named: Whether the row holds a name of the subject of each fact.
    """

    row: Numbers
    fact: Numbers
    answers: _Mask
    said: list[str | None]
    subject: _Mask
    object: _Mask
    exact: _Mask
    fact_row: Numbers
    named: _Mask


def _spans(table: pa.Table, wording: Wording, objects: NDArray[np.uint32] | None) -> _Spans:
    kb = wording.kb
    facts = table["facts"].combine_chunks()
    fact_row, sizes = _parents(facts)
    rows = np.array([kb.row_of[fact] for fact in facts.flatten().to_pylist()], np.int64)
    lists = table["spans"].combine_chunks()
    flat, (row, _) = lists.flatten(), _parents(lists)
    number = pc.struct_field(flat, "fact").to_numpy()
    known = (number >= 0) & (number < sizes[row])
    fact = np.where(known, (np.cumsum(sizes) - sizes)[row] + number, -1)
    answers = pc.equal(pc.struct_field(flat, "field"), "completion").to_numpy(zero_copy_only=False)
    said = list(_cut(table, row, answers, flat))
    subjects, _, true = kb.columns(rows)
    ends = subjects, true if objects is None else objects[rows]
    bare = _bare(pa.array(["" if text is None else text for text in said], pa.string()))
    (subject, is_subject), (value, is_object) = (
        _named(bare, np.append(end, np.uint32(0))[fact], wording) for end in ends
    )
    whole = _bare(pc.binary_join_element_wise(table["prompt"], table["completion"], " ").combine_chunks())
    named, _ = _named(whole[fact_row], subjects, wording)
    return _Spans(row, fact, answers, said, subject, value, is_subject | is_object, fact_row, named)


def _parents(lists: pa.ListArray) -> tuple[Numbers, Numbers]:
    sizes = pc.list_value_length(lists).to_numpy().astype(np.int64)
    return np.repeat(np.arange(len(lists)), sizes), sizes


def _cut(table: pa.Table, row: Numbers, answers: _Mask, flat: pa.StructArray) -> Iterator[str | None]:
    texts = table["prompt"].to_pylist(), table["completion"].to_pylist()
    starts, ends = (pc.struct_field(flat, name).to_pylist() for name in ("start", "end"))
    for place, inside, start, end in zip(row.tolist(), answers.tolist(), starts, ends, strict=True):
        text = texts[inside][place]
        yield text[start:end] if 0 <= start < end <= len(text) else None


def _bare(texts: pa.Array) -> _Strings:
    bare = pc.replace_substring_regex(pc.utf8_lower(texts), r"[\s_\x{a0}\x{2000}-\x{200a}\x{202f}\x{3000}]+|[.。]$", "")
    return np.array(bare.to_pylist(), dtype=np.dtypes.StringDType())


def _named(bare: _Strings, terms: NDArray[np.uint32], wording: Wording) -> tuple[_Mask, _Mask]:
    """Whether texts hold a name of a term, and whether they are one."""
    distinct, place = np.unique(terms, return_inverse=True)
    holds, exact = np.zeros(len(bare), bool), np.zeros(len(bare), bool)
    for names in (wording.labels(distinct), wording.phrases(distinct)):
        name = _bare(names)[place]
        holds |= np.strings.find(bare, name) >= 0
        exact |= bare == name
    missing = np.flatnonzero(~holds)  # alternative labels are rarely written
    distinct, place = np.unique(terms[missing], return_inverse=True)
    others = [wording.names(term) for term in distinct.tolist()]
    last = np.cumsum([len(some) for some in others], dtype=np.int64)
    of, number = expand(np.insert(last, 0, 0)[place], last[place])
    name = _bare(pa.array([text for some in others for text in some], pa.string()))[number]
    holds[missing[of[np.strings.find(bare[missing[of]], name) >= 0]]] = True
    return holds, exact


def _faults_of_spans(table: pa.Table, spans: _Spans) -> list[_Fault]:
    outside = np.array([text is None for text in spans.said], bool)
    asks = pc.and_(pc.not_equal(table["prompt"], ""), pc.equal(table["task"], "question-answering"))
    asks = pc.and_(asks, pc.equal(table["family"], "closed-book"))
    asked = asks.to_numpy()[spans.row] & spans.answers
    both = spans.subject & spans.object
    faults: list[_Fault] = []
    wrong = outside | (spans.fact < 0)
    for mask, reason in (
        (outside, "a span is outside its text"),
        (~outside & (spans.fact < 0), "a span is of a fact that the row does not name"),
        (~wrong & ~spans.subject & ~spans.object, "a span holds neither end of its fact"),
        (~wrong & asked & (spans.subject ^ spans.object) & ~spans.exact & ~both, "an answer is no name of an end"),
    ):
        faults += [(int(spans.row[at]), reason, spans.said[at] or "") for at in np.flatnonzero(mask)]
    return faults


def _faults_of_facts(table: pa.Table, spans: _Spans) -> list[_Fault]:
    count = len(spans.fact_row)

    def any_span(mask: _Mask) -> _Mask:
        found = np.zeros(count, bool)
        found[spans.fact[mask & (spans.fact >= 0)]] = True
        return found

    closed = pc.equal(table["family"], "closed-book").to_numpy()[spans.fact_row]
    true = table["proof"].is_null().to_numpy()[spans.fact_row]
    told = table["query"].is_null().to_numpy()[spans.fact_row]
    marked, stated = any_span(np.ones(len(spans.row), bool)), any_span(spans.answers)
    unsaid = true & (stated | ~closed) & marked & ~(any_span(spans.object) & (any_span(spans.subject) | spans.named))
    completions = table["completion"].to_pylist()
    return [
        (int(spans.fact_row[at]), reason, completions[int(spans.fact_row[at])])
        for mask, reason in (
            (~marked & true & told, "a fact has no span"),
            (unsaid, "an end of a fact is not said"),
        )
        for at in np.flatnonzero(mask)
    ]


def _faults_of_texts(table: pa.Table, texts: Mapping[str, str]) -> list[_Fault]:
    chosen = np.flatnonzero(pc.is_valid(table["text_id"]).to_numpy())
    faults: list[_Fault] = []
    for row, example in zip(chosen.tolist(), table.take(pa.array(chosen)).to_pylist(), strict=True):
        left = "".join(_without(example, field) for field in ("prompt", "completion"))
        if left != texts.get(example["text_id"]):
            faults.append((row, "what its facts leave is not the user's text", left))
    return faults


def _without(example: dict[str, Any], field: str) -> str:
    text: str = example[field]
    for start, end in sorted(((s["start"], s["end"]) for s in example["spans"] if s["field"] == field), reverse=True):
        text = text[:start] + text[end:]
    return text
