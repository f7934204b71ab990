import subprocess
import sys

import numpy as np
import pytest

from kaug.errors import ModelError, PipelineError
from kaug.retrieval.encoder import as_encoder, load_encoder


@pytest.fixture(scope="module")
def minilm():
    return load_encoder("all-MiniLM-L6-v2")


@pytest.mark.slow
def test_the_package_imports_neither_torch_nor_faiss():
    code = "import sys, kaug.retrieval; print(sorted({'torch', 'faiss', 'sentence_transformers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ModelError, match=r"Did you mean 'all-MiniLM-L6-v2'\?"):
        load_encoder("all-MiniLM-L6")


def test_a_folder_that_holds_no_encoder_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match=r"should hold model\.safetensors"):
        load_encoder(str(tmp_path))


class Lengths:
    def encode(self, texts):
        return [[len(text), 3, 0] for text in texts]


class Asking(Lengths):
    name = "asking"

    def encode_query(self, texts):
        return np.array([[0, 0, len(text)] for text in texts])


def test_any_object_with_encode_is_an_encoder():
    encoder = as_encoder(Lengths())
    assert (encoder.name, encoder.dimension, encoder.backend, encoder.digest) == ("Lengths", 3, "python", "")
    np.testing.assert_allclose(encoder.encode(["four", "\ud83d" * 4]), [[0.8, 0.6, 0]] * 2, atol=1e-6)
    assert np.array_equal(encoder.encode(["four"], query=True), encoder.encode(["four"]))
    assert as_encoder(encoder) is encoder
    asking = as_encoder(Asking())
    assert asking.name == "asking"
    assert as_encoder(Asking(), "mine").name == "mine"
    assert asking.encode(["four"], query=True).tolist() == [[0, 0, 1]]
    assert asking.encode(["", "", "a"]).shape == (3, 3)
    assert asking.encode([""], query=True).tolist() == [[0, 0, 0]], "a row of zeros stays one"
    done = []
    encoder.encode(["x"] * 5000, done.append)
    assert sum(done) == 5000


def test_what_is_no_encoder_is_refused():
    with pytest.raises(ModelError, match="float is not an encoder: it has no method encode"):
        as_encoder(1.0)

    class Odd(Lengths):
        def encode(self, texts):
            return [[np.nan, 1] if text == "b" else [1, 1] for text in texts]

    with pytest.raises(PipelineError, match="not finite for 1 of 3 sentences, first for 'b'"):
        as_encoder(Odd()).encode(["a", "b", "c"])
    short = as_encoder(Lengths())
    short.dimension = 4
    with pytest.raises(PipelineError, match=r"'Lengths' gave rows of shape \(1, 3\), not \(1, 4\)"):
        short.encode(["a"])


@pytest.mark.model
@pytest.mark.slow
def test_rows_are_unit_and_do_not_depend_on_their_neighbours(minilm):
    texts = ["Lomé is the capital of Togo.", "A dog barks. " * 40, "东京", "", "😀 \ud83d", "x"] * 3
    done = []
    rows = minilm.encode(texts, done.append)
    assert rows.shape == (18, 384)
    assert rows.dtype == np.float32
    assert sum(done) == 18
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    alone = np.concatenate([minilm.encode([text]) for text in texts[:6]])
    np.testing.assert_allclose(rows, np.tile(alone, (3, 1)), rtol=0, atol=1e-6)
    assert np.array_equal(rows, minilm.encode(texts))


@pytest.mark.model
@pytest.mark.slow
def test_no_text_and_a_very_long_one(minilm):
    assert minilm.encode([]).shape == (0, 384)
    long = "the capital of Togo " * 50_000
    np.testing.assert_allclose(minilm.encode([long]), minilm.encode([long[:12_000]]), atol=1e-5)


@pytest.mark.slow
@pytest.mark.model
def test_meaning_is_near(minilm):
    question, right, wrong = minilm.encode(
        ["Which city governs Togo?", "The capital of Togo is Lomé.", "A dog is a pet."]
    )
    assert question @ right > question @ wrong + 0.3
