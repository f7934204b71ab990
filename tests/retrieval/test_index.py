import shutil

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pytest

from kaug.errors import ArtifactError, PipelineError
from kaug.retrieval.encoder import as_encoder, load_encoder
from kaug.retrieval.index import HITS, FactIndex
from kaug.retrieval.indexing import codes
from kaug.store.artifact import load, publish
from kaug.wording.wording import Wording


def saved(folder):
    """The bytes of an index's files by name."""
    files = [*folder.glob("embeddings/*"), *(folder / name for name in ("facts.arrow", "index.faiss"))]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files if file.exists()}


def brute_force(kb, encoder, texts):
    """The cosine of every text with every fact, float64 (texts, facts)."""
    facts = encoder.encode(Wording(kb).sentences(np.arange(kb.facts.num_rows)).to_pylist())
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


@pytest.fixture
def small(word_encoder):
    """An encoder of few components: its codes are soon learnt."""
    return word_encoder("words", 64)


@pytest.fixture(scope="module")
def folders():
    return {}


@pytest.fixture
def coded(many, small, folders, tmp_path_factory, monkeypatch):
    """A folder with an approximate index of `many`; it is built once, and not to be changed."""
    if not folders:
        monkeypatch.setattr(codes, "EXACT_BELOW", 100)
        folders["coded"] = tmp_path_factory.mktemp("coded")
        FactIndex.build(many, small).save(folders["coded"])
    return folders["coded"]


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
    assert encoder.seen == [Wording(kb).sentences(np.array([0]))[0].as_py()], (
        "a sentence said by many facts is embedded once"
    )
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
        def encode(self, texts):
            return super().encode(texts)[1:]

    with pytest.raises(PipelineError, match="'short' gave rows of shape"):
        FactIndex.build(kb, Short("short"))

    class Odd(word_encoder):
        def encode(self, texts):
            rows = super().encode(texts)
            rows[-1, 3] = np.nan
            return rows

    with pytest.raises(PipelineError, match=r"'odd' gave numbers that are not finite for 1 of .* first for '"):
        FactIndex.build(kb, Odd("odd"))
    with pytest.raises(PipelineError, match="Queries hold numbers that are not finite"):
        index.search_vectors(np.full((1, 256), np.inf, np.float32), 1)


@pytest.mark.slow
def test_what_is_saved_is_found_again(kb, encoder, tmp_path):
    built, folder = FactIndex.build(kb, encoder), tmp_path / "index"
    built.save(folder)
    loaded = FactIndex.load(folder, kb, encoder)
    texts = ["Which capital has Peru?", "turkey"]
    before = saved(folder)
    loaded.save(folder)  # into its own folder, whose files are mapped
    assert saved(folder) == before
    assert loaded.search(texts, 4).equals(built.search(texts, 4))
    facts = pa.ipc.open_file(folder / "facts.arrow").read_all()
    assert facts["fact"].equals(kb.facts["fact"])
    shard = pa.ipc.open_file(folder / "embeddings/00000.arrow").read_all()
    assert shard.schema.types == [pa.binary(16), pa.list_(pa.float32(), 256)]
    vectors = shard["vector"].combine_chunks().flatten().to_numpy().reshape(-1, 256)
    everything = np.arange(kb.facts.num_rows)
    said = as_encoder(encoder).encode(Wording(kb).sentences(everything).to_pylist())
    assert np.array_equal(vectors[facts["sentence"].to_numpy()], said)
    assert np.array_equal(loaded.vectors[everything], said)
    artifact = load(folder, stage="retrieval")
    assert artifact.counts == {"facts": kb.facts.num_rows, "facts whose embedding was there": 0}
    details = {name: artifact.details[name] for name in ("encoder", "kind", "recall_at_10", "recall_wanted")}
    assert details == {"encoder": "words", "kind": "Flat", "recall_at_10": 1.0, "recall_wanted": 0.99}
    other = tmp_path / "again"
    FactIndex.build(kb, encoder).save(other)
    assert load(other).digest == artifact.digest
    assert list(saved(other)) == ["embeddings/00000.arrow", "facts.arrow"]
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "mine.txt").touch()
    with pytest.raises(ArtifactError, match="not made by kaug"):
        built.save(foreign)


def test_an_index_of_something_else_is_refused(make_kb, encoder, word_encoder, tmp_path):
    kb = make_kb(world=':a rdfs:label "Anna"@en ; :p :b . :b :p :c .')
    folder = tmp_path / "index"
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


@pytest.mark.parametrize(
    ("name", "message"),
    [("embeddings/00000.arrow", "of another index"), ("facts.arrow", "altered since it was written")],
)
def test_a_file_of_another_index_is_refused(make_kb, encoder, tmp_path, name, message):
    kb = make_kb(world=":a :p :b . :b :p :c .")
    FactIndex.build(kb, encoder).save(tmp_path / "right")
    wrong = tmp_path / "wrong"
    FactIndex.build(make_kb(world=":a :p :b . :b :p :d ."), encoder).save(wrong)
    (wrong / name).replace(tmp_path / "right" / name)
    with pytest.raises(ArtifactError, match=message):
        FactIndex.load(tmp_path / "right", kb, encoder)


@pytest.mark.parametrize(
    "case",
    [
        ("index.faiss", lambda data: data[: len(data) // 2], r"index\.faiss: \d+ bytes, the manifest says \d+"),
        ("index.faiss", lambda data: data[:40] + bytes([data[40] ^ 64]) + data[41:], r"index\.faiss: altered"),
        ("index.faiss", None, r"index\.faiss: missing"),
        ("embeddings/00000.arrow", lambda data: data[:-1], r"00000\.arrow: \d+ bytes, the manifest says"),
        ("embeddings/00000.arrow", lambda data: b"\xff" * len(data), r"00000\.arrow: unusable"),
        ("embeddings/00000.arrow", None, r"00000\.arrow: missing"),
        ("facts.arrow", lambda data: data[:-1], r"facts\.arrow: \d+ bytes, the manifest says"),
        ("facts.arrow", lambda data: data[:-1] + b"?", r"facts\.arrow: altered"),
        ("facts.arrow", None, r"facts\.arrow: missing"),
        ("manifest.json", lambda data: b"{", r"manifest\.json: cannot be read"),
        ("manifest.json", lambda data: data.replace(b'"dimension": 64', b'"dimension": 63'), "manifest.json: altered"),
        ("manifest.json", None, "no finished artifact here"),
    ],
)
def test_a_damaged_index_is_refused(many, small, coded, tmp_path, case):
    name, damage, message = case
    shutil.copytree(coded, tmp_path / "index")
    file = tmp_path / "index" / name
    data = file.read_bytes()
    file.unlink()
    if damage:
        file.write_bytes(damage(data))
    with pytest.raises(ArtifactError, match=message):
        FactIndex.load(tmp_path / "index", many, small)


def test_every_flipped_file_of_an_artifact_is_refused(many, small, publish_index, monkeypatch):
    monkeypatch.setattr(codes, "EXACT_BELOW", 100)
    _, folder = publish_index("index", many, small)
    assert len(saved(folder)) == 3
    for name, data in saved(folder).items():
        flipped = bytearray(data)
        flipped[len(data) // 2] ^= 1
        (folder / name).write_bytes(flipped)
        with pytest.raises(ArtifactError, match=f"{name}: altered"):
            load(folder, stage="retrieval")
        (folder / name).write_bytes(data)


# ---------------------------------------------------------------- approximate search


@pytest.fixture(params=["PQ16x4fs", "IVF32,PQ16x4fs"])
def approximate(request, many, small, monkeypatch):
    """Builds an approximate index of 600 facts, of each kind."""
    monkeypatch.setattr(codes, "EXACT_BELOW", 100)
    monkeypatch.setattr(codes, "LISTS_FROM", 600 if "IVF" in request.param else 601)
    index = FactIndex.build(many, small)
    assert index.kind == request.param
    return index


TEXTS = [f"w{n % 40} w{n * 3 % 40} e{n}" for n in range(200)]


@pytest.mark.slow
def test_the_approximate_index_reaches_the_recall_that_it_states(approximate, many, small, tmp_path):
    assert approximate.recall >= 0.99
    threshold = -np.sort(-brute_force(many, small, TEXTS), axis=1)[:, 9:10]
    found = approximate.search(TEXTS, 10)["score"].to_numpy().reshape(200, 10)
    assert np.mean(found >= threshold - 1e-5) >= 0.95
    folder = tmp_path / "index"
    approximate.save(folder)
    loaded = FactIndex.load(folder, many, small)
    assert loaded.recall == round(approximate.recall, 4)
    assert loaded.search(TEXTS, 10).equals(approximate.search(TEXTS, 10))
    other = tmp_path / "again"
    FactIndex.build(many, small).save(other)
    assert saved(other) == saved(folder)
    assert len((folder / "index.faiss").read_bytes()) < 600 * 64


@pytest.mark.slow
def test_an_approximate_query_finds_the_same_whatever_it_is_asked_with(approximate):
    together = approximate.search(TEXTS, 5)
    for number in (0, 100, 199):
        alone = approximate.search([TEXTS[number]], 5).drop_columns("text")
        assert together.filter(pa.compute.equal(together["text"], number)).drop_columns("text").equals(alone)


@pytest.mark.slow
def test_of_what_is_allowed_the_nearest_are_found(approximate, many, small):
    scores = brute_force(many, small, TEXTS)
    for share in (1, 2, 4, 200):  # the last leaves so few that they are searched exactly
        allowed = np.arange(600) % share == 0
        found = approximate.search_vectors(small.encode(TEXTS), 3, allowed)
        assert found.num_rows == 200 * 3
        assert allowed[found["row"].to_numpy()].all()
        threshold = -np.sort(-scores[:, allowed], axis=1)[:, 2:3]
        assert np.mean(found["score"].to_numpy().reshape(200, 3) >= threshold - 1e-5) >= 0.95


@pytest.mark.slow
def test_what_is_allowed_may_be_far_from_the_query(approximate, many, small):
    """Of the facts nearest to one query, none is allowed: the approximate index alone would find nothing."""
    query = small.encode(["w1 w2 w3"])
    order = np.argsort(-brute_force(many, small, ["w1 w2 w3"])[0], kind="stable")
    allowed = np.zeros(600, bool)
    allowed[order[-150:]] = True
    found = approximate.search_vectors(query, 20, allowed)
    assert found.num_rows == 20
    assert allowed[found["row"].to_numpy()].all()
    np.testing.assert_allclose(
        found["score"].to_numpy(), -np.sort(-brute_force(many, small, ["w1 w2 w3"])[0, allowed])[:20], atol=1e-6
    )


def test_a_recall_that_cannot_be_reached_is_said(many, small, monkeypatch, caplog):
    monkeypatch.setattr(codes, "EXACT_BELOW", 100)
    monkeypatch.setattr(codes, "FACTORS", (1,))
    with caplog.at_level("WARNING", "kaug"):
        index = FactIndex.build(many, small, recall=0.9999)
    assert index.recall < 0.9999
    assert f"reaches a recall@10 of {index.recall:.4f}; wanted was 0.9999" in caplog.text


@pytest.mark.parametrize(
    ("recalls", "wanted", "chosen"),
    [
        ([0.5, 0.992, 0.995], 0.99, 1),  # the first that reaches it
        ([0.5, 0.896, 0.899], 0.99, 1),  # none does: the first that is as good as the best
        ([0.897, 0.5, 0.899], 0.99, 0),
        ([0.5, 0.6, 0.899], 0.99, 2),
    ],
)
def test_no_more_is_searched_than_helps(recalls, wanted, chosen):
    tried = list(zip(recalls, range(3), strict=True))
    assert codes.cheapest(tried, wanted) == tried[chosen]


def test_a_recall_of_one_is_exact_whatever_the_size(many, encoder, monkeypatch):
    monkeypatch.setattr(codes, "EXACT_BELOW", 100)
    assert FactIndex.build(many, encoder, recall=1).kind == "Flat"
    for wrong in (0, 1.5):
        with pytest.raises(PipelineError, match="must be above 0"):
            FactIndex.build(many, encoder, recall=wrong)


@pytest.mark.slow
def test_an_exact_index_finds_the_nearest_allowed_facts_however_they_are_said(make_kb, encoder):
    lines = [f':e{n} rdfs:label "Springfield"@en ; :in :state .' for n in range(12)]
    kb = make_kb(world="\n".join([*lines, ":x :in :state ."]))
    index = FactIndex.build(kb, encoder)
    allowed = np.zeros(13, bool)
    allowed[[1, 5, 12]] = True
    ids = kb.hex_ids.to_pylist()
    found = index.search_vectors(index.encoder.encode(["Springfield"]), 2, allowed)["fact"].to_pylist()
    springfields = [row for row in range(13) if "Springfield" in Wording(kb).sentences(np.array([row]))[0].as_py()]
    assert found == sorted(ids[row] for row in springfields if allowed[row])[:2]
    assert index.search_vectors(index.encoder.encode(["a"]), 2, np.zeros(13, bool)).equals(HITS.empty_table())
    with pytest.raises(PipelineError, match=r"allowed has the shape \(3,\); it should be \(13,\)"):
        index.search_vectors(index.encoder.encode(["a"]), 2, np.ones(3, bool))


# ---------------------------------------------------------------- after a change


@pytest.fixture
def publish_index(tmp_path):
    """Builds and publishes an index; returns it with its folder."""

    def build(name, kb, encoder, previous=None):
        folder = tmp_path / name
        with publish(folder, stage="retrieval", fingerprint=name) as draft:
            index = FactIndex.build(kb, encoder, previous=previous)
            index.write(draft)
        return index, folder

    return build


def world(count, changed=()):
    return "\n".join(
        f':e{n} rdfs:label "{"new" if n in changed else "old"} thing {n}"@en ; :near :place . ' for n in range(count)
    )


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


@pytest.mark.slow
def test_nothing_is_taken_from_an_index_that_is_none(make_kb, word_encoder, publish_index, tmp_path):
    kb = make_kb(world=world(20))
    _, before = publish_index("before", kb, word_encoder())
    wanted = saved(before)

    class Heavier(word_encoder):
        def encode(self, texts):
            return super().encode(texts)[:, ::-1]

    heavier, _ = publish_index("heavier", kb, Heavier(), before)
    assert heavier.taken_over == 0, "the same name, but other vectors"
    sentences = Wording(kb).sentences(np.arange(20)).to_pylist()
    assert np.array_equal(heavier.vectors[np.arange(20)], as_encoder(Heavier()).encode(sentences))
    assert FactIndex.build(kb, word_encoder("other"), previous=before).taken_over == 0
    assert FactIndex.build(kb, word_encoder("words", 128), previous=before).taken_over == 0
    assert FactIndex.build(kb, word_encoder(), previous=tmp_path / "none").taken_over == 0
    altered = bytearray(wanted["embeddings/00000.arrow"])
    altered[len(altered) // 2] ^= 1
    (before / "embeddings/00000.arrow").write_bytes(altered)
    index, after = publish_index("after", kb, word_encoder(), before)
    assert index.taken_over == 0
    assert saved(after) == wanted


@pytest.mark.slow
@pytest.mark.model
def test_a_change_of_one_in_a_hundred_embeds_one_in_a_hundred(make_kb, publish_index):
    class Counting:
        def __init__(self, model):
            self.name, self.dimension, self.model, self.seen = model.name, model.dimension, model, []

        def encode(self, texts):
            self.seen.extend(texts)
            return self.model.encode(texts)

    model = load_encoder("all-MiniLM-L6-v2")
    _, before = publish_index("before", make_kb(world=world(300)), Counting(model))
    kb, encoder = make_kb(world=world(300, changed=(3, 104, 205))), Counting(model)
    index, _ = publish_index("after", kb, encoder, before)
    assert index.taken_over == 297
    assert sum(text.startswith("New ") for text in encoder.seen) == 3
    assert len(encoder.seen) == 3 + 60
    alone, _ = publish_index("alone", kb, Counting(model))
    rows = np.arange(len(index))
    np.testing.assert_allclose(index.vectors[rows], alone.vectors[rows], rtol=0, atol=1e-6)


@pytest.mark.model
@pytest.mark.slow
def test_a_paraphrase_finds_its_fact(kb):
    index = FactIndex.build(kb, load_encoder("all-MiniLM-L6-v2"))
    found = index.search(["From which city is Peru governed?"], 1)["row"].to_numpy()
    assert Wording(kb).sentences(found).to_pylist() == ["The capital of Peru is Lima."]
