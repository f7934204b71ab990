"""Backends, their batches, the exported file and the choice between them."""

import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.errors import ModelError
from kaug.retrieval.encoder import MANY, load_encoder
from kaug.retrieval.encoders import choice, exported
from kaug.retrieval.encoders.batched import BatchedEncoder
from kaug.retrieval.encoders.choice import kept_choice, make_choice
from kaug.retrieval.encoders.tokens import Prompts, Tokens, batches, chunks, prompts_of

IN_FLOAT32 = ("torch", "openvino", "onnx")
WORDS = ["capital", "of", "Lomé", "the", "Togo", "city", "river", "query", ":", "?", "東", "京"]


@given(st.lists(st.integers(0, 40)), st.integers(1, 100))
def test_batches_hold_each_row_once_of_one_length_within_the_budget(lengths, budget):
    lengths = np.array(lengths, np.int64)
    found = list(batches(lengths, budget))
    assert sorted(row for rows in found for row in rows.tolist()) == np.flatnonzero(lengths).tolist()
    for rows in found:
        assert len(set(lengths[rows])) == 1
        assert len(rows) == 1 or lengths[rows].sum() <= budget
    assert [lengths[rows[0]] for rows in found] == sorted((lengths[rows[0]] for rows in found), reverse=True)


@given(st.lists(st.text(max_size=30)), st.integers(1, 3))
def test_chunks_keep_texts_in_order_and_cut_them(texts, longest):
    kept = [text for some in chunks(texts, longest) for text in some]
    assert kept == [text[: 64 * longest].encode("utf-8", "replace").decode() for text in texts]


def test_chunks_are_closed_by_characters_too():
    assert [len(some) for some in chunks(["x" * 2_000_000] * 5, 10**6)] == [2, 2, 1]


@pytest.mark.parametrize(
    ("prompts", "default", "expected"),
    [
        ({}, None, Prompts()),
        ({"query": "query: ", "document": "", "passage": "passage: "}, None, Prompts("query: ", "passage: ")),
        ({"query": "ask: "}, "query", Prompts("ask: ", "")),
        ({"sts": "say: "}, "sts", Prompts("say: ", "say: ")),
        ({"sts": "say: "}, None, Prompts()),
    ],
)
def test_prompts_are_picked_by_their_names(prompts, default, expected):
    assert prompts_of(prompts, default) == expected


def word_tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = Tokenizer(models.WordLevel({word: n for n, word in enumerate(["<unk>", "<pad>", *WORDS])}, "<unk>"))
    words.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation()])
    return words


def counting(tokens=16, **settings):
    """An encoder whose row is how often each word occurs, and the batches that it ran."""
    seen = []

    def forward(ids):
        seen.append(ids.shape)
        return np.stack([np.bincount(row, minlength=len(WORDS) + 2) for row in ids]).astype(np.float32)

    made = Tokens(word_tokenizer(), 8, Prompts("query : ", ""))
    return BatchedEncoder("counting", len(WORDS) + 2, "none", made, forward, budget=tokens, **settings), seen


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=12)))
def test_every_row_comes_back_once_in_its_place(sentences):
    encoder, _ = counting()
    done = []
    rows = encoder.encode([" ".join(words) for words in sentences], done.append)
    assert sum(done) == len(sentences)
    for row, words in zip(rows, sentences, strict=True):
        counts = np.bincount([WORDS.index(word) + 2 for word in words[:8]], minlength=len(WORDS) + 2)
        np.testing.assert_allclose(row, counts / max(1, np.linalg.norm(counts)), atol=1e-6)


def test_small_batches_are_filled_and_queries_have_their_prompt():
    encoder, seen = counting(least_rows=2, least_tokens=6)
    encoder.encode(["Togo", "the river", "the city of Togo", "the capital of Lomé"])
    assert seen == [(2, 4), (3, 2), (6, 1)]
    asked, said = encoder.encode(["Togo"], query=True), encoder.encode(["query : Togo"])
    assert np.array_equal(asked, said)
    assert not np.array_equal(asked, encoder.encode(["Togo"]))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("KAUG_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A random XLM-RoBERTa with prompts, pooled, put through a dense layer and normalised."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Dense, Normalize, Pooling, Transformer
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

    folder = tmp_path_factory.mktemp("tiny")
    pieces = [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "▁",
        *(f"▁{word}" for word in WORDS),
        *"abcdefghijklmnopqrstuvwxyz东京ée:",
    ]
    pieces = list(dict.fromkeys(pieces))
    words = Tokenizer(models.Unigram([(piece, -float(n)) for n, piece in enumerate(pieces)], unk_id=3))
    words.pre_tokenizer, words.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    words.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        model_max_length=24,
    )
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=40,
        type_vocab_size=1,
        initializer_range=0.5,
        pad_token_id=1,
    )
    XLMRobertaModel(config).save_pretrained(folder / "bare")
    tokenizer.save_pretrained(folder / "bare")
    stack = [Transformer(str(folder / "bare"), max_seq_length=24), Pooling(32, "mean"), Dense(32, 16), Normalize()]
    model = SentenceTransformer(modules=stack, device="cpu", prompts={"query": "query: ", "passage": "the "})
    model.save(str(folder / "model"))
    return folder / "model"


TEXTS = ["the capital of Togo", "", "?", "Lomé " * 60, "東京", "query", "river of the city", "😀 \ud83d", "عاصمة توغو"]


@pytest.mark.parametrize("backend", IN_FLOAT32)
def test_a_multilingual_model_with_prompts_gives_what_sentence_transformers_gives(tiny, cache, backend):
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(tiny), device="cpu")
    encoder = load_encoder(str(tiny), backend)
    assert (encoder.dimension, encoder.backend, encoder.chosen["backend"]) == (16, backend, backend)
    legal = [text.encode("utf-8", "replace").decode() for text in TEXTS]
    for query, prompt in ((True, "query: "), (False, "the ")):
        wanted = plain.encode(legal, prompt=prompt, normalize_embeddings=True)
        np.testing.assert_allclose(encoder.encode(TEXTS, query=query), wanted, atol=1e-5)
    assert encoder.encode([]).shape == (0, 16)


def test_an_exported_file_is_made_once_and_anew_if_damaged(tiny, cache, monkeypatch):
    digest = exported.model_digest(tiny)
    place = exported.exported("tiny", tiny, digest)
    made = []
    export = exported._export
    monkeypatch.setattr(exported, "_export", lambda *given: (made.append(given[0]), export(*given)))
    assert exported.exported("tiny", tiny, digest) == place
    assert made == []
    before = load_encoder(str(tiny), "onnx").encode(TEXTS)
    weights = place / "model.onnx"
    weights.write_bytes(weights.read_bytes()[:-100] + bytes(100))
    assert np.array_equal(load_encoder(str(tiny), "onnx").encode(TEXTS), before)
    assert made == [str(tiny)]
    (place / "about.json").unlink()
    exported.exported("tiny", tiny, digest)
    assert made == [str(tiny), "tiny"]
    assert not [file.name for file in place.parent.iterdir() if file.name.startswith(".")]


def test_what_cannot_be_exported_is_refused_with_the_reason(tiny, tmp_path, monkeypatch):
    import torch

    def fail(*args, **kwargs):
        raise RuntimeError("no such operator")

    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(torch.onnx, "export", fail)
    with pytest.raises(ModelError, match=r"no such operator Use the backend 'torch'"):
        load_encoder(str(tiny), "openvino")
    assert list((tmp_path / "encoders").iterdir()) == []
    encoder = load_encoder(str(tiny), texts=MANY)
    assert encoder.backend == "torch"
    assert "no such operator" in encoder.chosen["measured"]["openvino"]["why"]


def test_a_static_model_of_sentence_transformers_is_run_whole(tmp_path):
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding

    torch.manual_seed(0)
    SentenceTransformer(modules=[StaticEmbedding(word_tokenizer(), embedding_dim=8)], device="cpu").save(str(tmp_path))
    encoder = load_encoder(str(tmp_path), "torch")
    rows = encoder.encode(["the river", "the city", "river the"])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(rows[0], rows[2], atol=1e-6)
    assert encoder.chosen["why"].startswith("only sentence-transformers itself runs it")
    with pytest.raises(ModelError, match="cannot be exported"):
        load_encoder(str(tmp_path), "onnx")


def test_a_model_of_model2vec_adds_up_the_vectors_of_words(tmp_path):
    from model2vec import StaticModel

    vectors = np.eye(len(WORDS) + 2, dtype=np.float32)
    StaticModel(vectors, word_tokenizer(), config={"model_type": "model2vec"}).save_pretrained(tmp_path)
    encoder = load_encoder(str(tmp_path))
    assert (encoder.backend, encoder.dimension) == ("static", len(WORDS) + 2)
    row = encoder.encode(["the Togo"])[0]
    wanted = np.zeros(len(WORDS) + 2)
    wanted[[WORDS.index("the") + 2, WORDS.index("Togo") + 2]] = np.sqrt(0.5)
    np.testing.assert_allclose(row, wanted, atol=1e-6)
    assert np.isfinite(encoder.encode(["", "\ud83d"])).all()
    with pytest.raises(ModelError, match="static model, which has no backends"):
        load_encoder(str(tmp_path), "onnx")


@pytest.mark.parametrize(("backend", "package"), [("openvino", "openvino"), ("onnx", "onnxruntime")])
def test_a_missing_package_is_named_with_how_to_get_it(tiny, monkeypatch, backend, package):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == package else find(name, *more))
    with pytest.raises(ModelError, match=rf"needs {package}\. Get it with: pip install 'kaug\[fast\]'"):
        load_encoder(str(tiny), backend)
    assert backend not in choice.candidates()


class Timed:
    """An encoder whose clock and vectors are set by hand."""

    def __init__(self, clock, seconds, angle):
        self._clock, self._seconds, self._angle = clock, seconds, angle

    def encode(self, texts):
        self._clock[0] += self._seconds
        return np.tile(np.array([np.cos(self._angle), np.sin(self._angle)], np.float32), (len(texts), 1))


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ({"openvino": (1.0, 0.0), "onnx": (2.0, 0.0)}, "openvino"),
        ({"openvino": (1.0, 0.1), "onnx": (2.0, 0.01)}, "onnx"),  # cos 0.1 is 0.995
        ({"openvino": (3.9, 0.0)}, "torch"),  # faster, but not clearly
        ({"openvino": None}, "torch"),
    ],
)
def test_the_fastest_that_agrees_is_chosen_and_kept(tmp_path, monkeypatch, others, expected):
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path))
    clock = [0.0]
    monkeypatch.setattr(choice.time, "perf_counter", lambda: clock[0])

    def load(name):
        if name == "torch":
            return Timed(clock, 4.0, 0.0)
        if others[name] is None:
            raise ModelError("no such thing")
        return Timed(clock, *others[name])

    assert kept_choice("abc") is None
    made = make_choice("abc", ["torch", *others], load)
    assert made["backend"] == expected
    assert made["measured"]["torch"] == {"cosine": 1.0, "texts_per_second": len(choice._SAMPLE) / 4}
    if others["openvino"] is None:
        assert made["measured"]["openvino"] == {"why": "no such thing"}
    assert kept_choice("abc") == made
    assert kept_choice("other") is None
    next((tmp_path / "encoders").glob("*.json")).write_text("{", encoding="utf-8")
    assert kept_choice("abc") is None


def test_texts_without_a_token_agree_if_both_are_zeros(tmp_path, monkeypatch):
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path))

    class Zeros(Timed):
        def __init__(self, clock, seconds, fill):
            super().__init__(clock, seconds, 0.0)
            self.fill = fill

        def encode(self, texts):
            rows = super().encode(texts)
            rows[[text == "" for text in texts]] = self.fill
            return rows

    clock = [0.0]
    monkeypatch.setattr(choice.time, "perf_counter", lambda: clock[0])
    made = {"torch": Zeros(clock, 4.0, 0), "onnx": Zeros(clock, 1.0, 0), "openvino": Zeros(clock, 0.5, 1)}
    found = make_choice("abc", list(made), made.__getitem__)
    assert found["backend"] == "onnx"
    assert found["measured"]["openvino"]["cosine"] == 0


def test_what_torch_cannot_run_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path))

    def load(name):
        raise ModelError(f"{name}: no sentence encoder")

    with pytest.raises(ModelError, match="torch: no sentence encoder"):
        make_choice("abc", ["torch", "onnx"], load)


def test_a_choice_is_of_a_machine_with_the_same_gpu(tmp_path, monkeypatch):
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path))
    places = set()
    for visible in ("", "0"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        places.add(choice._place("abc"))
    assert len(places) == 2


def test_few_texts_are_not_worth_measuring(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path))
    encoder = load_encoder(str(tiny), texts=MANY - 1)
    assert (encoder.backend, list(tmp_path.iterdir())) == ("torch", [])
    choice_ = {"backend": "onnx", "measured": {}}
    place = choice._place(exported.model_digest(tiny))
    place.parent.mkdir()
    place.write_text(json.dumps(choice_), encoding="utf-8")
    assert load_encoder(str(tiny)).backend == "onnx"


@pytest.mark.parametrize("backend", ["openvino", "onnx"])
def test_an_exported_model_is_run_without_torch_and_without_a_socket(tiny, cache, backend):
    load_encoder(str(tiny), backend)
    code = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(event) if event.startswith('socket.') else None)\n"
        "from kaug.retrieval.encoder import load_encoder\n"
        "print(load_encoder(sys.argv[1], sys.argv[2]).encode(['Togo'], query=True).shape, opened)\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'openvino_telemetry'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tiny), backend], capture_output=True, text=True, check=True)
    assert done.stdout == "(1, 16) []\n[]\n"


@pytest.mark.model
@pytest.mark.parametrize("backend", [*IN_FLOAT32, "torch-bf16"])
def test_a_backend_agrees_with_sentence_transformers_on_a_real_model(cache, backend):
    from sentence_transformers import SentenceTransformer

    from kaug.models.find import find_encoder

    texts = [*choice._SAMPLE, "the capital of Togo " * 200]
    plain = SentenceTransformer(str(find_encoder("all-MiniLM-L6-v2")), device="cpu")
    rows = load_encoder("all-MiniLM-L6-v2", backend).encode(texts)
    assert (rows * plain.encode(texts, normalize_embeddings=True)).sum(axis=1).min() >= choice.AGREEING


@pytest.mark.model
@pytest.mark.parametrize("backend", IN_FLOAT32)
def test_a_text_of_any_length_has_the_same_bits_in_any_batch(cache, backend):
    encoder = load_encoder("all-MiniLM-L6-v2", backend)
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS, 1 + n % 30)) for n in range(240)]
    rows = encoder.encode(texts)
    for some in (random.permutation(240), np.arange(7), np.arange(100, 101), np.arange(0, 240, 3)):
        assert np.array_equal(encoder.encode([texts[row] for row in some]), rows[some])
    for row in range(0, 240, 17):
        assert np.array_equal(encoder.encode([texts[row]]), rows[row : row + 1])
