import dataclasses
import hashlib

import numpy as np
import pyarrow as pa
import pytest

from kaug.errors import ArtifactError
from kaug.retrieval.encoder import as_encoder
from kaug.retrieval.indexing.embeddings import embed, encoder_digest, sentence_digests
from kaug.retrieval.indexing.vectors import Vectors, read_shard, write_shard


@pytest.fixture
def embedded(word_encoder, tmp_path):
    """Embeds texts; returns the shards, how many were taken over, and the texts that were embedded."""

    def run(texts, work="work", earlier=(), encoder=None):
        encoder = encoder or word_encoder("words", 32)
        before = len(getattr(encoder, "seen", []))
        column = pa.array(texts, pa.string())
        shards, taken = embed(
            sentence_digests(column),
            lambda rows: column.take(pa.array(rows)),
            as_encoder(encoder),
            tmp_path / work,
            earlier,
            shard_size=4,
        )
        return shards, taken, getattr(encoder, "seen", [])[before:]

    return run


TEXTS = [f"text number {n}" for n in range(10)]


def test_each_text_has_its_vector(embedded, word_encoder):
    shards, taken, seen = embedded(TEXTS)
    assert [len(shard.digests) for shard in shards] == [4, 4, 2]
    assert (taken, seen) == (0, TEXTS)
    vectors = Vectors([shard.vectors for shard in shards], 32)
    assert np.array_equal(vectors[np.arange(10)], as_encoder(word_encoder("words", 32)).encode(TEXTS))
    marks = b"".join(mark for shard in shards for mark in shard.digests.to_pylist())
    assert marks == b"".join(hashlib.blake2b(text.encode(), digest_size=16).digest() for text in TEXTS)


def test_what_an_unfinished_build_left_is_taken_up(embedded, tmp_path):
    wanted = [shard.path.read_bytes() for shard in embedded(TEXTS, "whole")[0]]
    alive, _, _ = embedded(TEXTS[:8], "work")  # two shards, as a build that dies in the third leaves them
    stamps = [shard.path.stat().st_mtime_ns for shard in alive]
    shards, taken, seen = embedded(TEXTS, "work")
    assert taken == 8
    assert seen == TEXTS[:8] + TEXTS[8:], "the eight are checked, the two are new"
    assert [shard.path.stat().st_mtime_ns for shard in shards[:2]] == stamps, "they were not written again"
    assert [shard.path.read_bytes() for shard in shards] == wanted
    assert not list((tmp_path / "work").glob(".*"))


@pytest.mark.parametrize("harm", ["flip", "cut", "swap", "empty"])
def test_a_shard_that_is_not_intact_is_not_trusted(embedded, harm):
    before, _, _ = embedded(TEXTS)
    wanted = [shard.path.read_bytes() for shard in before]
    path = before[0].path
    data = bytearray(wanted[0])
    if harm == "flip":
        data[len(data) // 2] ^= 1
    harmed = {"flip": bytes(data), "cut": wanted[0][:-9], "swap": wanted[1], "empty": b""}[harm]
    path.unlink()
    path.write_bytes(harmed)
    shards, taken, seen = embedded(TEXTS)
    assert taken == 6
    assert set(TEXTS[:4]) <= set(seen)
    assert [shard.path.read_bytes() for shard in shards] == wanted


def test_nothing_is_taken_from_another_encoder(embedded, word_encoder):
    first, _, _ = embedded(TEXTS, "first")
    files = [shard.path for shard in first]
    assert embedded(TEXTS, "same", files)[1] == 10
    assert embedded(TEXTS, "named otherwise", files, word_encoder("others", 32))[1] == 0
    assert embedded(TEXTS, "longer", files, word_encoder("words", 64))[1] == 0
    digests = set()
    for change in ({}, {"backend": "other"}, {"digest": "of other weights"}):
        other = dataclasses.replace(as_encoder(word_encoder("words", 32)), **change)
        digests.add(encoder_digest(other))
        assert embedded(TEXTS, f"but for {list(change)}", files, other)[1] == (0 if change else 10)
    assert len(digests) == 3

    class Heavier(word_encoder):
        def encode(self, texts):
            return super().encode(texts)[:, ::-1]

    shards, taken, _ = embedded(TEXTS, "heavier", files, Heavier("words", 32))
    assert taken == 0, "the same name, but other weights"
    assert np.array_equal(shards[0].vectors, first[0].vectors[:, ::-1])


def test_vectors_are_taken_over_if_they_agree_to_a_millionth(embedded, word_encoder):
    files = [shard.path for shard in embedded(TEXTS, "first")[0]]
    for error, expected in ((3e-7, 10), (3e-6, 0)):

        class Another(word_encoder):
            def encode(self, texts, error=error):
                rows = super().encode(texts)
                rows[:, 3] += error
                return rows

        assert embedded(TEXTS, f"off by {error}", files, Another("words", 32))[1] == expected


def test_texts_in_other_places_are_taken_over(embedded):
    first, _, _ = embedded(TEXTS, "first")
    other = ["new", *TEXTS[5:], *TEXTS[:5]]
    shards, taken, seen = embedded(other, "other", [shard.path for shard in first])
    assert taken == 10
    assert seen.count("new") == 1
    assert [s.path.read_bytes() for s in shards] == [s.path.read_bytes() for s in embedded(other, "anew")[0]]


def test_a_file_that_is_no_shard_is_refused(tmp_path):
    marks = sentence_digests(pa.array(["a", "b"]))
    write_shard(tmp_path / "a.arrow", marks, np.ones((2, 8), np.float32), "me")
    assert read_shard(tmp_path / "a.arrow", 8).maker == "me"
    with pytest.raises(ArtifactError, match=r"a\.arrow: unusable: its columns are"):
        read_shard(tmp_path / "a.arrow", 9)
    with pytest.raises(ArtifactError, match=r"none\.arrow: unusable"):
        read_shard(tmp_path / "none.arrow", 8)


def test_rows_of_parts_are_rows_of_the_whole():
    random = np.random.default_rng(0)
    whole = random.standard_normal((23, 5)).astype(np.float32)
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)
    parts = Vectors(np.split(whole, [7, 7, 8, 20]), 5)
    rows = random.integers(0, 23, 100)
    assert parts.shape == (23, 5)
    assert np.array_equal(parts[rows], whole[rows])
    query = random.integers(0, 3, 100)
    scores = parts.cosines(whole[:3], query, rows)
    np.testing.assert_allclose(scores, (whole[:3] @ whole.T)[query, rows], atol=1e-6)
    for one in range(100):
        alone = parts.cosines(whole[:3], query[one : one + 1], rows[one : one + 1])
        assert alone[0] == scores[one], "a pair's score does not hang on the others"
