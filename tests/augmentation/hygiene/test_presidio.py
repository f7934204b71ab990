"""Texts and rows with planted personal data that presidio finds, and the patterns do not."""

import importlib.util
import socket
from pathlib import Path

import pyarrow as pa
import pytest
import spacy

from kaug.augmentation.hygiene import HygieneSettings, clean_rows, clean_texts
from kaug.augmentation.hygiene.masking import find_kinds, mask_kinds
from kaug.augmentation.inject import text_rows
from kaug.errors import PipelineError
from kaug.knowledge.build import build_kb

NHS = "The patient's NHS number is 401 023 2137, not 401 023 2138."
PASSPORT = "Her passport is 912803456."
WITHOUT_CONTEXT = "The machine is 912803456."
PLAIN = "Lomé lies on the coast."
KINDS = ["UK_NHS", "US_PASSPORT"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model of spaCy that knows one person, in a folder."""
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "Ada Holt"}])
    folder = tmp_path_factory.mktemp("model")
    nlp.to_disk(folder)
    return str(folder)


def test_presidio_masks_what_patterns_do_not_find() -> None:
    texts = pa.array([NHS, PASSPORT, WITHOUT_CONTEXT, PLAIN, "Ask ada@example.org."])
    assert mask_kinds(texts, HygieneSettings())[0].to_pylist()[:4] == texts.to_pylist()[:4]
    masked, counts = mask_kinds(texts, HygieneSettings(presidio_kinds=KINDS))
    assert masked.to_pylist() == [
        "The patient's NHS number is [UK_NHS], not 401 023 2138.",
        "Her passport is [US_PASSPORT].",
        WITHOUT_CONTEXT,
        PLAIN,
        "Ask [e-mail address].",
    ]
    assert counts == {"UK_NHS": 1, "US_PASSPORT": 1, "e-mail address": 1}
    found = find_kinds(texts, HygieneSettings(presidio_kinds=KINDS))
    assert found.to_pylist() == ["UK_NHS", "US_PASSPORT", None, None, "e-mail address"]


def test_texts_are_masked_dropped_or_kept_and_excerpts_are_masked() -> None:
    texts = [NHS, PLAIN]
    masked = clean_texts(["a", "b"], texts, HygieneSettings(presidio_kinds=KINDS))
    assert masked.texts == [NHS.replace("401 023 2137", "[UK_NHS]"), PLAIN]
    assert masked.counts == {"places masked in texts: UK_NHS": 1}
    dropped = clean_texts(["a", "b"], texts, HygieneSettings(presidio_kinds=KINDS, personal_data="drop"))
    assert dropped.texts == [PLAIN]
    assert dropped.left_out.select(["id", "reason", "detail", "excerpt"]).to_pylist() == [
        {"id": "a", "reason": "personal data", "detail": "UK_NHS", "excerpt": masked.texts[0]}
    ]
    assert clean_texts(["a", "b"], texts, HygieneSettings(presidio_kinds=KINDS, personal_data="keep")).texts == texts


def test_rows_are_left_out_if_the_settings_say_so(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("@prefix : <urn:x:> . :a :b :c .")
    kb, rows = build_kb([tmp_path / "a.ttl"]), text_rows([NHS, PLAIN], ["a", "b"])
    assert clean_rows(rows, kb, HygieneSettings(presidio_kinds=KINDS))[0].equals(rows)
    kept, left_out = clean_rows(rows, kb, HygieneSettings(presidio_kinds=KINDS, personal_data_in_rows="drop"))
    assert kept["completion"].to_pylist() == [PLAIN]
    assert left_out.select(["what", "reason", "detail", "excerpt"]).to_pylist() == [
        {
            "what": "row",
            "reason": "personal data",
            "detail": "UK_NHS",
            "excerpt": NHS.replace("401 023 2137", "[UK_NHS]"),
        }
    ]


def test_names_of_people_need_a_model(model: str) -> None:
    text = "Ask Ada Holt, ada@example.org, or Bo."
    with pytest.raises(PipelineError, match=r"finds no 'PERSON' in en\..*need a model in hygiene.presidio_models"):
        clean_texts(["a"], [text], HygieneSettings(presidio_kinds="PERSON"))
    named = HygieneSettings(presidio_kinds=["PERSON", "UK_NHS"], presidio_models=model)
    assert clean_texts(["a"], [text], named).texts == ["Ask [PERSON], [e-mail address], or Bo."]


def test_of_what_overlaps_the_likelier_one_is_masked() -> None:
    kinds = ["URL", "EMAIL_ADDRESS"]  # an address of an e-mail holds one of the web
    settings = HygieneSettings(presidio_kinds=kinds, personal_kinds="IP address")
    assert clean_texts(["a"], ["Ask ada@example.org."], settings).texts == ["Ask [EMAIL_ADDRESS]."]


def test_recognisers_of_the_wanted_languages_are_asked() -> None:
    text = "Mi NIF es 55555555K, y vivo en Lomé desde hace muchos años."
    assert clean_texts(["a"], [text], HygieneSettings(presidio_kinds="ES_NIF", languages="es")).texts == [
        text.replace("55555555K", "[ES_NIF]")
    ]
    with pytest.raises(PipelineError, match="finds no 'ES_NIF' in en"):
        clean_texts(["a"], [text], HygieneSettings(presidio_kinds="ES_NIF", languages="en"))


def test_nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    texts = ["Ask ada@example.museum.", "Ask ada@example.nosuchdomain."]
    settings = HygieneSettings(presidio_kinds="EMAIL_ADDRESS", personal_kinds="IP address")
    assert clean_texts(["a", "b"], texts, settings).texts == ["Ask [EMAIL_ADDRESS].", texts[1]]
    with pytest.raises(PipelineError, match=r"no model 'en_no_such_model'.*downloads none"):
        clean_texts(["a"], texts[:1], HygieneSettings(presidio_kinds="PERSON", presidio_models="en_no_such_model"))


def test_a_wrong_kind_or_language_is_refused_even_without_texts() -> None:
    with pytest.raises(PipelineError, match=r"finds no 'UK_NSH'.*Did you mean 'UK_NHS'"):
        clean_texts([], [], HygieneSettings(presidio_kinds="UK_NSH"))
    with pytest.raises(PipelineError, match="does not know 'qq'"):
        clean_texts([], [], HygieneSettings(presidio_kinds="UK_NHS", languages=["en", "qq"]))


def test_a_long_text_is_read_whole() -> None:
    text = f"{'word ' * 220_000}NHS number 401 023 2137"
    settings = HygieneSettings(presidio_kinds="UK_NHS")
    assert mask_kinds(pa.array([text]), settings)[0][0].as_py().endswith("NHS number [UK_NHS]")


def test_it_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "presidio_analyzer" else find(name))
    with pytest.raises(PipelineError, match=r"needs presidio-analyzer.*pip install 'kaug\[presidio\]'"):
        clean_texts([], [], HygieneSettings(presidio_kinds="US_SSN"))
