"""A knowledge base, its exam, the user's texts and evaluations → a guard that checks training rows, table after table."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa

from kaug.errors import LeakError
from kaug.exam.leaks.evaluations import Evaluation
from kaug.exam.leaks.facts import FactLeaks
from kaug.exam.leaks.held import held_out
from kaug.exam.leaks.meaning import Reworded
from kaug.exam.leaks.overlap import Overlaps
from kaug.exam.leaks.rows import FactIds, Leak, Rows, read_rows
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.encoder import Encoder
from kaug.tables import EXAMPLES
from kaug.text import visible
from kaug.wording.wording import Wording

__all__ = ["LEAKS", "LeakGuard", "OnLeak"]

OnLeak = Literal["stop", "drop"]
"""What to do with a row that leaks the exam: stop with an error, or leave the row out and count it."""

LEAKS = pa.schema([*EXAMPLES, pa.field("reason", pa.string()), pa.field("probe", pa.string())])
"""Rows that were left out, each with the reason and what it leaks."""

_ROWS = 4_096
"""The rows that are read at a time, whose words would else take much memory."""


class LeakGuard:
    """Checks training rows for leaks of the exam.

    A row leaks if

    - it is a question with a fact about a held-out entity, or with two facts that the exam joins;
    - it states a fact that the exam asks as not taught, or one with the same two ends;
    - it holds a question of the exam or of an evaluation, thirteen words of one in a row, or a held-out passage;
    - its prompt is a template of the exam, with any name in its slot;
    - its prompt asks the same as a probe in other words, it answers that, and its facts do not say why;
    - it holds a text of the user that answers a question of the exam, or states what the exam asks as not taught.

    Statements about held-out entities are no leaks: they teach the facts that the exam asks for.

    Args:
        kb: The knowledge base that the exam was drawn from.
        probes: PROBES.
        texts: The user's texts by their ids, without the passages of the exam.
        evaluations: What the user evaluates models with; see `read_evaluations`.
        on_leak: What to do with a row that leaks.
        arm: The arm's name, for messages.
        encoder: The sentence encoder that compares questions by meaning, or its name. It is loaded if a row names what a probe
            names, and its facts do not explain why.

    Attributes:
        kept_out: The entities and facts that the exam holds out.
        counts: The number of rows left out, by reason.

    Raises:
        LeakError: A probe asks for a fact that is not in the knowledge base.

    Examples:
        >>> import tempfile; from pathlib import Path; import kaug; from kaug.exam.draw import draw_exam
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Togo :capital :Lome . :Peru :capital :Lima .")
        >>> kb = kaug.build_kb([file])
        >>> guard = LeakGuard(kb, draw_exam(kb), on_leak="drop")
        >>> rows = kaug.closed_book_rows(kb, forms="question").data.table
        >>> rows.num_rows, guard.check(rows).num_rows, dict(guard.counts)
        (16, 8, {'rows left out: asks about an entity that the exam holds out': 8})
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        probes: pa.Table,
        *,
        texts: Mapping[str, str] | None = None,
        evaluations: Sequence[Evaluation] = (),
        on_leak: OnLeak = "stop",
        arm: str = "",
        encoder: str | Encoder = "all-MiniLM-L6-v2",
    ) -> None:
        self.kept_out = held_out(kb, probes)
        self.counts: Counter[str] = Counter()
        self._on_leak, self._arm, self._ids = on_leak, arm, FactIds(kb)
        self._left_out: list[pa.Table] = []
        names = [f"probe {probe['id']} ({probe['kind']}): {probe['prompt']!r}" for probe in probes.to_pylist()]
        wording = Wording(kb, probes["language"][0].as_py() if probes.num_rows else "en")
        self._facts = FactLeaks(kb, probes, self.kept_out, names)
        self._overlaps = Overlaps(wording, probes, names, evaluations)
        self._reworded = Reworded(wording, probes, names, encoder)
        self._texts = self._reworded.read(texts or {})
        self._is_empty = not (probes.num_rows or evaluations)

    def check(self, table: pa.Table) -> pa.Table:
        """Check rows.

        Args:
            table: EXAMPLES.

        Returns:
            The same rows; without those that leak, if these are dropped.

        Raises:
            LeakError: A row leaks, and leaks stop the run. The message has the row, what it leaks, the reason, and what to do.
        """
        leaks = self.find(table)
        if not leaks:
            return table
        if self._on_leak == "stop":
            raise LeakError(self._message(table, leaks[0]))
        numbers = pa.array([leak.row for leak in leaks])
        reasons, probes = (
            pa.array([getattr(leak, name) for leak in leaks], pa.string()) for name in ("reason", "probe")
        )
        chosen = table.select(EXAMPLES.names).take(numbers).append_column("reason", reasons)
        self._left_out.append(chosen.append_column("probe", probes).cast(LEAKS))
        self.counts.update(f"rows left out: {leak.reason}" for leak in leaks)
        return table.filter(pa.array(~np.isin(np.arange(table.num_rows), numbers.to_numpy())))

    def find(self, table: pa.Table) -> list[Leak]:
        """Find the rows that leak, without stopping or counting.

        Args:
            table: EXAMPLES.

        Returns:
            The first leak of each row that has any, by row.
        """
        if self._is_empty:
            return []
        first: dict[int, Leak] = {}
        for start in range(0, table.num_rows, _ROWS):
            for leak in self._find(read_rows(table.slice(start, _ROWS), self._ids)):
                first.setdefault(start + leak.row, leak._replace(row=start + leak.row))
        return [first[row] for row in sorted(first)]

    def leaks(self) -> pa.Table:
        """Return the rows that were left out so far: `LEAKS`, with the reason and what each leaks."""
        return pa.concat_tables([LEAKS.empty_table(), *self._left_out])

    def take_leaks(self) -> pa.Table:
        """Return the rows that were left out since the last call; see `leaks`."""
        leaks = self.leaks()
        self._left_out.clear()
        return leaks

    def _find(self, rows: Rows) -> Iterator[Leak]:
        yield from self._facts.find(rows)
        yield from self._overlaps.find(rows)
        yield from self._reworded.find(rows)
        if self._texts:
            ids = rows.table["text_id"].to_pylist()
            yield from (Leak(row, *self._texts[one]) for row, one in enumerate(ids) if one in self._texts)

    def _message(self, table: pa.Table, leak: Leak) -> str:
        row = table.slice(leak.row, 1).to_pylist()[0]
        text = visible(f"{row['prompt']} {row['completion']}".strip(), 200)
        where = f"row {row['id']} (form {row['form']}{', text ' + row['text_id'] if row['text_id'] else ''})"
        return (
            f"{f'Arm {self._arm!r}, ' if self._arm else ''}{where} {leak.reason}: {text!r}. It leaks {leak.probe}. "
            'Change what writes the row, or set on_leak = "drop" in [exam] to leave such rows out.'
        )
