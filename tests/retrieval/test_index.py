import json

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pytest

from kaug.artifact import publish
from kaug.errors import ArtifactError, PipelineError
from kaug.knowledge.lexicon.statements import statements
from kaug.retrieval import index as index_module
from kaug.retrieval.encoder import load_encoder
from kaug.retrieval.index import HITS, FactIndex


def brute_force(kb, encoder, texts):
    """The cosine of every text with every fact, float64 (texts, facts)."""
    facts = encoder.encode(statements(kb, np.arange(kb.facts.num_rows)).to_pylist())
    return encoder.encode(texts).astype(np.float64) @ facts.astype(np.float64).T


@pytest.fixture
def many(make_kb):
    """600 facts with distinct vectors, some of them tied for a query."""
    random = np.random.default_rng(0)
    words = [f"w{n}" for n in range(40)]
    lines = [
        f':e{n} rdfs:label "{" ".join(random.choice(words, 5))} e{n}"@en ; :near :e{(n * 7 + 1) % 600} .'
        for n in range(600)
    ]
    return make_kb(world="\n".join(lines))


def test_exact_search_equals_brute_force(many, encoder):
    index = FactIndex.build(many, encoder)
    assert (index.kind, index.recall, len(index)) == ("Flat", 1.0, 600)
    texts = ["w1 w2 w3", "w7 e5", "nothing of it", "w30 w31 w32 w33 near"] + [
        f"w{n % 40} w{n * 3 % 40} e{n}" for n in range(40)
    ]
    found = index.search(texts, 10)
    assert found.schema == HITS
    scores = brute_force(many, encoder, texts)
    best = -np.sort(-scores, axis=1)[:, :10]
    np.testing.assert_allclose(found["score"].to_numpy().reshape(-1, 10), best, atol=1e-6)
    assert found["rank"].to_pylist() == list(range(1, 11)) * len(texts)
    assert found["fact"].to_pylist() == [many.hex_ids[row].as_py() for row in found["row"].to_pylist()]
    for number, rows in enumerate(found["row"].to_numpy().reshape(-1, 10)):
        # What ties with the tenth is not decided by the cosine; everything above it is.
        assert set(np.flatnonzero(scores[number] > best[number, -1] + 1e-6)) <= set(rows)
        np.testing.assert_allclose(scores[number, rows], best[number], atol=1e-6)


def test_a_query_finds_the_same_whatever_it_is_asked_with(many, encoder):
    index = FactIndex.build(many, encoder)
    texts = [f"w{n % 40} w{n * 3 % 40} w{n * 11 % 40}" for n in range(900)]
    together = index.search(texts, 5)
    for number in (0, 450, 899):
        alone = index.search([texts[number]], 5).drop_columns("text")
        assert together.filter(pa.compute.equal(together["text"], number)).drop_columns("text").equals(alone)


def test_ties_are_broken_by_the_fact_id(make_kb, encoder):
    lines = [f':e{n} rdfs:label "Springfield"@en ; :in :state .' for n in range(12)]
    kb = make_kb(world="\n".join(lines))
    index = FactIndex.build(kb, encoder)
    assert encoder.seen == [statements(kb, np.array([0]))[0].as_py()], "a sentence said by many facts is embedded once"
    assert index.search(["Springfield"], 5)["fact"].to_pylist() == sorted(kb.hex_ids.to_pylist())[:5]


def test_fewer_facts_than_asked_for_and_none(make_kb, encoder):
    index = FactIndex.build(make_kb(world=":a :p :b . :b :p :c ."), encoder)
    assert index.search(["a", "b"], 100)["rank"].to_pylist() == [1, 2, 1, 2]
    assert index.search([], 3).num_rows == 0
    empty = FactIndex.build(make_kb(world=""), encoder)
    assert empty.search(["a"], 3).equals(HITS.empty_table())


def test_wrong_arguments_are_refused(kb, encoder, word_encoder):
    index = FactIndex.build(kb, encoder)
    with pytest.raises(PipelineError, match="k is 0; it must be at least 1"):
        index.search(["a"], 0)
    with pytest.raises(PipelineError, match=r"should be \(n, 256\)"):
        index.search_vectors(np.zeros((2, 7), np.float32), 1)

    class Short(word_encoder):
        def encode(self, texts, progress=None, *, query=False):
            return super().encode(texts, progress)[1:]

    with pytest.raises(PipelineError, match="'short' gave rows of shape"):
        FactIndex.build(kb, Short("short"))


def test_what_is_saved_is_found_again(kb, encoder, tmp_path):
    built = FactIndex.build(kb, encoder)
    built.save(tmp_path)
    loaded = FactIndex.load(tmp_path, kb, encoder)
    texts = ["Which capital has Peru?", "turkey"]
    assert loaded.search(texts, 4).equals(built.search(texts, 4))
    table = pa.ipc.open_file(pa.memory_map(str(tmp_path / "embeddings.arrow"))).read_all()
    assert table.schema.types == [pa.binary(16), pa.binary(16), pa.list_(pa.float32(), 256)]
    assert table["fact"].equals(kb.facts["fact"])
    assert np.array_equal(loaded.vectors, built.vectors)
    about = json.loads((tmp_path / "index.json").read_text())
    assert (about["encoder"], about["dimension"], about["kind"], about["recall_at_10"]) == ("words", 256, "Flat", 1.0)
    other = tmp_path / "again"
    other.mkdir()
    FactIndex.build(kb, encoder).save(other)
    for name in ("embeddings.arrow", "index.faiss", "index.json"):
        assert (other / name).read_bytes() == (tmp_path / name).read_bytes()


def test_an_index_of_something_else_is_refused(make_kb, encoder, word_encoder, tmp_path):
    kb = make_kb(world=':a rdfs:label "Anna"@en ; :p :b . :b :p :c .')
    folder = tmp_path / "index"
    folder.mkdir()
    FactIndex.build(kb, encoder).save(folder)
    with pytest.raises(ArtifactError, match="encoder 'words', not with 'other'"):
        FactIndex.load(folder, kb, word_encoder("other"))
    with pytest.raises(ArtifactError, match="dimension should be 128"):
        FactIndex.load(folder, kb, word_encoder("words", 128))
    with pytest.raises(ArtifactError, match="count should be 3"):
        FactIndex.load(folder, make_kb(world=':a rdfs:label "Anna"@en ; :p :b . :b :p :c . :c :p :a .'), encoder)
    with pytest.raises(ArtifactError, match="built from other facts"):
        FactIndex.load(folder, make_kb(world=':a rdfs:label "Anna"@en ; :p :b . :b :p :d .'), encoder)
    with pytest.raises(ArtifactError, match="built from other facts"):
        FactIndex.load(folder, make_kb(world=':a rdfs:label "Bert"@en ; :p :b . :b :p :c .'), encoder)


def test_vectors_of_other_facts_beside_the_right_index_are_refused(make_kb, encoder, tmp_path):
    kb = make_kb(world=":a :p :b . :b :p :c .")
    FactIndex.build(kb, encoder).save(tmp_path)
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    FactIndex.build(make_kb(world=":a :p :b . :b :p :d ."), encoder).save(wrong)
    (wrong / "embeddings.arrow").replace(tmp_path / "embeddings.arrow")
    with pytest.raises(ArtifactError, match="built from other facts"):
        FactIndex.load(tmp_path, kb, encoder)


@pytest.mark.parametrize(
    "case",
    [
        ("index.faiss", lambda data: data[: len(data) // 2], r"index\.faiss: unusable"),
        ("embeddings.arrow", lambda data: data[:100], r"embeddings\.arrow: unusable"),
        ("index.json", lambda data: b"{", r"index\.json: unusable"),
        ("index.json", lambda data: b"[]", r"index\.json: unusable"),
        ("index.json", lambda data: data.replace(b'"format": 2', b'"format": 9'), "its format is 9; expected 2"),
        ("index.json", lambda data: data.replace(b'"kind"', b'"kin"'), "it lacks kind"),
        ("index.json", lambda data: data.replace(b'"dimension": 256', b'"dimension": 255'), "its columns are"),
        ("index.faiss", None, r"index\.faiss: missing"),
    ],
)
def test_a_damaged_index_is_refused(kb, encoder, tmp_path, case):
    name, damage, message = case
    FactIndex.build(kb, encoder).save(tmp_path)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).unlink()
    if damage:
        (tmp_path / name).write_bytes(damage(data))
    with pytest.raises(ArtifactError, match=message):
        FactIndex.load(tmp_path, kb, encoder)


def test_the_approximate_index_reaches_the_recall_that_it_states(many, encoder, tmp_path, monkeypatch):
    exact = FactIndex.build(many, encoder)
    monkeypatch.setattr(index_module, "EXACT_BELOW", 500)
    index = FactIndex.build(many, encoder)
    assert index.kind == "PQ64x4fs,RFlat"
    assert index.recall >= 0.9
    texts = [f"w{n % 40} w{n * 3 % 40} e{n}" for n in range(200)]
    floor = exact.search(texts, 10)["score"].to_numpy().reshape(200, 10)[:, -1:]
    found = index.search(texts, 10)["score"].to_numpy().reshape(200, 10)
    assert np.mean(found >= floor - 1e-5) >= 0.9
    index.save(tmp_path)
    assert FactIndex.load(tmp_path, many, encoder).search(texts, 10).equals(index.search(texts, 10))
    other = tmp_path / "again"
    other.mkdir()
    FactIndex.build(many, encoder).save(other)
    assert (other / "index.faiss").read_bytes() == (tmp_path / "index.faiss").read_bytes()


# ---------------------------------------------------------------- after a change


@pytest.fixture
def publish_index(tmp_path):
    """Builds and publishes an index; returns it with its folder."""

    def build(name, kb, encoder, previous=None):
        folder = tmp_path / name
        with publish(folder, stage="retrieval", fingerprint=name) as draft:
            index = FactIndex.build(kb, encoder, previous=previous)
            index.save(draft.path)
        return index, folder

    return build


def world(count, changed=()):
    return "\n".join(
        f':e{n} rdfs:label "{"new" if n in changed else "old"} thing {n}"@en ; :near :place . ' for n in range(count)
    )


def saved(folder):
    return [(folder / name).read_bytes() for name in ("embeddings.arrow", "index.faiss", "index.json")]


def test_only_new_sentences_are_embedded(make_kb, word_encoder, publish_index):
    _, before = publish_index("before", make_kb(world=world(200)), word_encoder())
    kb, encoder = make_kb(world=world(203, changed=(7, 150))), word_encoder()
    index, after = publish_index("after", kb, encoder, before)
    changed = [
        text for text in encoder.seen if text.startswith("New ") or any(f"thing {n} " in text for n in (200, 201, 202))
    ]
    assert index.taken_over == 198
    assert len(changed) == len(set(changed)) == 5
    assert len(encoder.seen) == 5 + 50, "of what is taken over, every fourth is checked"
    fresh, alone = publish_index("alone", kb, word_encoder())
    assert fresh.taken_over == 0
    assert saved(after) == saved(alone)


def test_what_is_done_is_told(make_kb, word_encoder, publish_index):
    _, before = publish_index("before", make_kb(world=world(20)), word_encoder())
    done = []
    FactIndex.build(make_kb(world=world(23)), word_encoder(), progress=done.append, previous=before)
    assert done == [20, 3]


def test_facts_in_another_order_and_said_by_others_are_taken_over(make_kb, word_encoder, publish_index):
    first = make_kb(world=':a rdfs:label "Anna"@en ; :p :c . :b rdfs:label "Bert"@en ; :p :c .')
    second = make_kb(world=':b rdfs:label "Anna"@en ; :p :c . :a rdfs:label "Bert"@en ; :p :c .')
    _, before = publish_index("before", first, word_encoder())
    index, after = publish_index("after", second, word_encoder(), before)
    assert index.taken_over == 2
    assert saved(after) == saved(publish_index("alone", second, word_encoder())[1])


def test_nothing_is_taken_from_an_index_that_is_none(make_kb, word_encoder, publish_index, tmp_path):
    kb = make_kb(world=world(20))
    _, before = publish_index("before", kb, word_encoder())
    wanted = saved(before)

    class Heavier(word_encoder):
        def encode(self, texts, progress=None, *, query=False):
            return super().encode(texts, progress)[:, ::-1]

    heavier, _ = publish_index("heavier", kb, Heavier(), before)
    assert heavier.taken_over == 0, "the same name, but other vectors"
    assert np.array_equal(heavier.vectors, Heavier().encode(statements(kb, np.arange(20)).to_pylist()))
    assert FactIndex.build(kb, word_encoder("other"), previous=before).taken_over == 0
    assert FactIndex.build(kb, word_encoder("words", 128), previous=before).taken_over == 0
    assert FactIndex.build(kb, word_encoder(), previous=tmp_path / "none").taken_over == 0
    altered = bytearray(wanted[0])
    altered[-1000] ^= 1
    (before / "embeddings.arrow").write_bytes(altered)
    index, after = publish_index("after", kb, word_encoder(), before)
    assert index.taken_over == 0
    assert saved(after) == wanted


@pytest.mark.model
def test_a_change_of_one_in_a_hundred_embeds_one_in_a_hundred(make_kb, publish_index):
    class Counting:
        def __init__(self, model):
            self.name, self.dimension, self.model, self.seen = model.name, model.dimension, model, []

        def encode(self, texts, progress=None, *, query=False):
            self.seen.extend(texts)
            return self.model.encode(texts, progress)

    model = load_encoder("all-MiniLM-L6-v2")
    _, before = publish_index("before", make_kb(world=world(300)), Counting(model))
    kb, encoder = make_kb(world=world(300, changed=(3, 104, 205))), Counting(model)
    index, after = publish_index("after", kb, encoder, before)
    assert index.taken_over == 297
    assert sum(text.startswith("New ") for text in encoder.seen) == 3
    assert len(encoder.seen) == 3 + 60
    assert saved(after) == saved(publish_index("alone", kb, Counting(model))[1])


@pytest.mark.model
def test_a_paraphrase_finds_its_fact(kb):
    index = FactIndex.build(kb, load_encoder("all-MiniLM-L6-v2"))
    found = index.search(["From which city is Peru governed?"], 1)["row"].to_numpy()
    assert statements(kb, found).to_pylist() == ["The capital of Peru is Lima."]
