import subprocess
import sys

import numpy as np
import pytest

from kaug.errors import ModelError
from kaug.retrieval.encoder import load_encoder


@pytest.fixture(scope="module")
def minilm():
    return load_encoder("all-MiniLM-L6-v2")


def test_the_package_imports_neither_torch_nor_faiss():
    code = "import sys, kaug.retrieval; print(sorted({'torch', 'faiss', 'sentence_transformers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ModelError, match=r"Did you mean 'all-MiniLM-L6-v2'\?"):
        load_encoder("all-MiniLM-L6")


def test_a_folder_that_holds_no_encoder_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_encoder(str(tmp_path))


@pytest.mark.model
def test_rows_are_unit_and_do_not_depend_on_their_neighbours(minilm):
    texts = ["Lomé is the capital of Togo.", "A dog barks. " * 40, "东京", "", "😀 \ud83d", "x"] * 3
    done = []
    rows = minilm.encode(texts, done.append)
    assert rows.shape == (18, 384)
    assert rows.dtype == np.float32
    assert sum(done) == 18
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    alone = np.concatenate([minilm.encode([text]) for text in texts[:6]])
    assert np.array_equal(rows, np.tile(alone, (3, 1)))
    assert np.array_equal(rows, minilm.encode(texts))


@pytest.mark.model
def test_a_text_of_any_length_has_the_same_bits_in_any_batch(minilm):
    random = np.random.default_rng(0)
    words = ["capital", "of", "Lomé", "the", "Togo", "city", "river"]
    texts = [" ".join(random.choice(words, 1 + n % 30)) for n in range(240)]
    rows = minilm.encode(texts)
    for some in (random.permutation(240), np.arange(7), np.arange(100, 101), np.arange(0, 240, 3)):
        assert np.array_equal(minilm.encode([texts[row] for row in some]), rows[some])


@pytest.mark.model
def test_no_text_and_a_very_long_one(minilm):
    assert minilm.encode([]).shape == (0, 384)
    long = "the capital of Togo " * 50_000
    np.testing.assert_allclose(minilm.encode([long]), minilm.encode([long[:12_000]]), atol=1e-5)


@pytest.mark.model
def test_meaning_is_near(minilm):
    question, right, wrong = minilm.encode(
        ["Which city governs Togo?", "The capital of Togo is Lomé.", "A dog is a pet."]
    )
    assert question @ right > question @ wrong + 0.3
