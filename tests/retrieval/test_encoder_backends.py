"""Backends, their batches, the exported file and the choice between them."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.errors import ModelError
from kaug.models.check import model_digest
from kaug.models.precision import processor
from kaug.retrieval.encoder import MANY, Encoder, as_encoder, load_encoder
from kaug.retrieval.encoders import choice
from kaug.retrieval.encoders.backends import exported
from kaug.retrieval.encoders.choice import SAMPLE, choice_file, kept_choice, make_choice
from kaug.retrieval.encoders.tokens import Prompts, Tokens, batches, chunks, prompts_of, run_in_batches

IN_FLOAT32 = ("torch", "openvino", "onnx")
WORDS = ["capital", "of", "Lomé", "the", "Togo", "city", "river", "query", ":", "?", "東", "京"]


@given(st.lists(st.integers(0, 40)), st.integers(1, 100))
@pytest.mark.slow
def test_batches_hold_each_row_once_of_one_length_within_the_budget(lengths, budget):
    lengths = np.array(lengths, np.int64)
    found = list(batches(lengths, budget))
    assert sorted(row for rows in found for row in rows.tolist()) == np.flatnonzero(lengths).tolist()
    for rows in found:
        assert len(set(lengths[rows])) == 1
        assert len(rows) == 1 or lengths[rows].sum() <= budget
    assert [lengths[rows[0]] for rows in found] == sorted((lengths[rows[0]] for rows in found), reverse=True)


@given(st.lists(st.text(max_size=30)), st.integers(1, 3))
@pytest.mark.slow
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


def counting():
    """An encoder whose row is how often each word occurs, and the batches that it ran."""
    seen, size = [], len(WORDS) + 2

    def forward(ids):
        seen.append(ids.shape)
        return np.stack([np.bincount(row, minlength=size) for row in ids]).astype(np.float32)

    tokens = Tokens(word_tokenizer(), 8, Prompts("query : ", ""))
    return Encoder("counting", size, run_in_batches(tokens, forward, size, budget=16)), seen


@pytest.mark.slow
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=12)))
def test_every_row_comes_back_once_in_its_place(sentences):
    encoder, _ = counting()
    done = []
    rows = encoder.encode([" ".join(words) for words in sentences], done.append)
    assert sum(done) == len(sentences)
    for row, words in zip(rows, sentences, strict=True):
        counts = np.bincount([WORDS.index(word) + 2 for word in words[:8]], minlength=len(WORDS) + 2)
        np.testing.assert_allclose(row, counts / max(1, np.linalg.norm(counts)), atol=1e-6)


def test_batches_are_not_padded_and_queries_have_their_prompt():
    encoder, seen = counting()
    encoder.encode(["Togo", "the river", "the city of Togo", "the capital of Lomé"])
    assert seen == [(2, 4), (1, 2), (1, 1)]
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_an_exported_file_is_made_once_and_anew_if_damaged(tiny, cache):
    digest = model_digest(tiny)
    folder = exported("tiny", tiny, digest).path
    weights = folder / "model.onnx"
    first = weights.stat().st_ino, weights.stat().st_mtime_ns
    assert exported("tiny", tiny, digest).path == folder
    before = load_encoder(str(tiny), "onnx").encode(TEXTS)
    assert (weights.stat().st_ino, weights.stat().st_mtime_ns) == first
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-100] + bytes(100))
    np.testing.assert_allclose(load_encoder(str(tiny), "onnx").encode(TEXTS), before, atol=1e-6)
    assert len(weights.read_bytes()) == len(whole)
    assert weights.read_bytes()[-100:] != bytes(100)
    (folder / "manifest.json").unlink()
    assert exported("tiny", tiny, digest).path == folder
    assert (folder / "manifest.json").is_file()
    assert [file.name for file in folder.parent.iterdir() if file.suffix != ".lock"] == [folder.name]


@pytest.mark.slow
def test_what_cannot_be_exported_is_refused_with_the_reason(tiny, tmp_path, monkeypatch):
    import torch

    def fail(*args, **kwargs):
        raise RuntimeError("no such operator")

    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(torch.onnx, "export", fail)
    with pytest.raises(ModelError, match=r"no such operator Use the backend 'torch'"):
        load_encoder(str(tiny), "openvino")
    assert {file.suffix for file in (tmp_path / "encoders").iterdir()} <= {".lock"}
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
    assert made["measured"]["torch"] == {"cosine": 1.0, "texts_per_second": len(SAMPLE) / 4}
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
        places.add(choice_file("abc"))
    assert len(places) == 2


@pytest.mark.slow
def test_few_texts_are_not_worth_measuring(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path))
    encoder = load_encoder(str(tiny), texts=MANY - 1)
    assert (encoder.backend, list(tmp_path.iterdir())) == ("torch", [])
    choice_ = {"backend": "onnx", "measured": {}}
    place = choice_file(model_digest(tiny))
    place.parent.mkdir()
    place.write_text(json.dumps(choice_), encoding="utf-8")
    assert load_encoder(str(tiny)).backend == "onnx"


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("backend", [*IN_FLOAT32, "torch-bf16"])
def test_a_backend_agrees_with_sentence_transformers_on_a_real_model(cache, backend):
    from sentence_transformers import SentenceTransformer

    from kaug.models.find import find_encoder

    texts = [*SAMPLE, "the capital of Togo " * 200]
    plain = SentenceTransformer(str(find_encoder("all-MiniLM-L6-v2")), device="cpu")
    rows = load_encoder("all-MiniLM-L6-v2", backend).encode(texts)
    assert (rows * plain.encode(texts, normalize_embeddings=True)).sum(axis=1).min() >= choice.AGREEING


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("backend", IN_FLOAT32)
def test_a_text_of_any_length_has_the_same_vector_in_any_batch(cache, backend):
    encoder = load_encoder("all-MiniLM-L6-v2", backend)
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS, 1 + n % 30)) for n in range(120)]
    rows = encoder.encode(texts)
    assert np.array_equal(encoder.encode(texts), rows), "the same texts in the same order"
    for some in (random.permutation(120), np.arange(7), np.arange(100, 101), np.arange(0, 120, 3)):
        np.testing.assert_allclose(encoder.encode([texts[row] for row in some]), rows[some], rtol=0, atol=1e-6)


# The instructions that oneDNN, ATen and MKL may use decide which kernels torch takes: here as on other processors.
PROCESSORS = {
    "AVX2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "AVX-512 with bfloat16": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16", "ATEN_CPU_CAPABILITY": "avx512"},
    "this one, three threads": {"OMP_NUM_THREADS": "3"},
}
EVERY_BATCH = """
import sys
import numpy as np
from kaug.retrieval.encoder import load_encoder
encoder = load_encoder("all-MiniLM-L6-v2", "torch")
random = np.random.default_rng(0)
texts = [" ".join(random.choice(sys.argv[2:], 1 + n % 20)) for n in range(40)]
rows = encoder.encode(texts)
again = encoder.encode(texts)
order = random.permutation(40)
shuffled = encoder.encode([texts[row] for row in order])
alone = np.concatenate([encoder.encode([text]) for text in texts])
many = encoder.encode(texts * 3)[80:]
np.save(sys.argv[1], rows)
print(np.array_equal(rows, again), max(float(abs(one - rows).max()) for one in (shuffled[np.argsort(order)], alone, many)) < 1e-6)
"""


@pytest.mark.model
@pytest.mark.slow
def test_vectors_agree_in_any_batch_and_on_any_processor(tmp_path):
    rows = []
    for number, (name, settings) in enumerate(PROCESSORS.items()):
        if name.startswith("AVX-512") and "avx512f" not in processor():
            continue  # torch would run into instructions that this processor lacks
        file = tmp_path / f"{number}.npy"
        command = [sys.executable, "-c", EVERY_BATCH, str(file), *WORDS]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **settings})
        assert done.stdout == "True True\n", settings
        rows.append(np.load(file))
    for other in rows[1:]:
        np.testing.assert_allclose(other, rows[0], rtol=0, atol=1e-5)


def test_pickled_weights_are_refused(tiny, tmp_path):
    import torch

    folder = tmp_path / "model"
    shutil.copytree(tiny, folder)
    dense = next(folder.glob("*_Dense"))
    (dense / "model.safetensors").unlink()
    torch.save({}, dense / "pytorch_model.bin")
    for backend in ("torch", "onnx"):
        with pytest.raises(ModelError, match=r"2_Dense: .*only pytorch_model\.bin, which may hold code"):
            load_encoder(str(folder), backend)


def test_a_sentence_transformer_is_an_encoder_as_it_is(tiny, cache):
    from sentence_transformers import SentenceTransformer

    encoder = as_encoder(SentenceTransformer(str(tiny), device="cpu"))
    assert (encoder.dimension, encoder.backend) == (16, "python")
    assert encoder.name == str(tiny)
    loaded = load_encoder(str(tiny), "torch")
    for query in (True, False):
        np.testing.assert_allclose(encoder.encode(TEXTS, query=query), loaded.encode(TEXTS, query=query), atol=1e-5)
