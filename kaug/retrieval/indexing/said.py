"""Facts → the distinct sentences that say them, block by block: which fact is said by which, and a digest of it all.

The sentences themselves are never held all at once: they are made again where they are needed, which takes less than a
microsecond each.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.indexing.embeddings import marks_of
from kaug.retrieval.indexing.vectors import bytes_of
from kaug.wording.wording import Wording

__all__ = ["Said", "said_by", "said_digest"]

_BLOCK = 65_536


@dataclass(frozen=True)
class Said:
    """What is said by the facts of a knowledge base.

    Attributes:
        wording: How the facts are said.
        marks: The marks of the distinct sentences, in the order in which facts first say them.
        sentence: int32 (facts,): which of the sentences says each fact.
        first: int64 (sentences,): the row of the first fact that each says.
    """

    wording: Wording
    marks: pa.Array
    sentence: NDArray[np.int32]
    first: NDArray[np.int64]

    def sentences(self, numbers: NDArray[np.int64]) -> pa.Array:
        """Say sentences by their numbers."""
        return self.wording.sentences(self.first[numbers])


def said_by(kb: KnowledgeBase, language: str) -> Said:
    """Find the distinct sentences of a knowledge base's facts, the plainest one of each fact."""
    wording = Wording(kb, language)
    blocks = [marks_of(sentences) for _, sentences in _blocks(wording)]
    found = pa.concat_arrays(blocks or [pa.array([], pa.binary(16))]).dictionary_encode()
    sentence = found.indices.to_numpy()
    first = np.flatnonzero(np.diff(np.maximum.accumulate(sentence), prepend=-1))
    return Said(wording, found.dictionary, sentence, first)


def said_digest(kb: KnowledgeBase, language: str) -> str:
    """Hash the ids of a knowledge base's facts and their sentences, as Arrow holds them, to a hex digest."""
    digest = hashlib.blake2b(digest_size=16)
    for start, sentences in _blocks(Wording(kb, language)):
        ids = kb.facts["fact"].slice(start, _BLOCK).combine_chunks()
        _, offsets, text = sentences.buffers()
        ends = np.frombuffer(offsets, np.int32)[sentences.offset :][: len(sentences) + 1]
        digest.update(bytes_of(ids))
        digest.update(ends - ends[0])
        digest.update(memoryview(text or b"")[ends[0] : ends[-1]])
    return digest.hexdigest()


def _blocks(wording: Wording) -> Iterator[tuple[int, pa.Array]]:
    count = wording.kb.facts.num_rows
    for start in range(0, count, _BLOCK):
        yield start, wording.sentences(np.arange(start, min(start + _BLOCK, count)))
