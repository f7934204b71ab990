"""Which facts a text is about: planted facts and sentences."""

import re
from pathlib import Path

import numpy as np
import pytest

import kaug
from kaug.retrieval.encoder import as_encoder

LANDS = """
@prefix : <urn:x:> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:togo rdfs:label "Togo" ; :capital :lome ; :founded "1960" ; :language :french, :ewe .
:ghana rdfs:label "Ghana" ; :capital :accra ; :language :english .
:ada rdfs:label "Ada Mary Holt" ; :birthplace :accra .
:band rdfs:label "The Who" ; :foundedIn :lome .
:lome rdfs:label "Lomé" . :accra rdfs:label "Accra" .
:french rdfs:label "French" . :ewe rdfs:label "Ewe" . :english rdfs:label "English" .
"""


class Alike:
    """An encoder to which all texts mean the same, so that names alone decide."""

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.ones((len(texts), 2), np.float32)


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> kaug.Retriever:
    file: Path = tmp_path_factory.mktemp("about") / "a.ttl"
    file.write_text(LANDS, encoding="utf-8")
    kb = kaug.build_kb([file])
    return kaug.Retriever(kb, kaug.FactIndex.build(kb, as_encoder(Alike())))


def about(retriever: kaug.Retriever, text: str) -> set[str]:
    hits = retriever.retrieve([text], k=20, threshold=-1, about=True)
    return {sentence.rstrip(".") for sentence in retriever.wording.sentences(hits["row"].to_numpy()).to_pylist()}


def test_a_text_is_about_the_subjects_that_it_names_and_not_about_objects(retriever: kaug.Retriever) -> None:
    assert about(retriever, "Togo is hot in the spring.") == about(retriever, "We came to Togo.")
    assert len(about(retriever, "Togo is hot in the spring.")) == 4
    assert about(retriever, "Lomé lies on the coast.") == set()
    assert about(retriever, "It rains.") == set()


def test_facts_that_a_text_links_decide_what_it_is_about(retriever: kaug.Retriever) -> None:
    assert about(retriever, "A traveller from Togo saw Accra in Ghana.") == about(retriever, "Ghana is hot.")
    far = "In the last days of that year, somebody went to Togo"
    assert about(retriever, f"{far}.") == set()
    assert len(about(retriever, f"{far}, and Togo was hot.")) == 4


def test_a_longer_text_is_about_what_it_begins_with_or_names_again(retriever: kaug.Retriever) -> None:
    long = "Togo is hot. In the evening we met travellers from Ghana, who spoke English."
    assert about(retriever, long) == about(retriever, "Togo is hot.")
    again = "In the evening we came to hot Togo. In Ghana, they speak English. Then we left Togo."
    assert about(retriever, again) == about(retriever, "Togo is hot.")
    item = "In the evening we met travellers. They came to Ghana, and from Ghana to Togo. We went on."
    assert about(retriever, item) == set()
    neither = "In the evening we met travellers. They came from Ghana, where Accra is."
    assert about(retriever, neither) == about(retriever, "Ghana is hot.")
    assert about(retriever, neither.replace(". They", ".\n\nThey")) == set()


OTHER = "Nobody knew why the rain fell again on the old houses. "


def test_a_topic_of_a_document_is_named_in_its_first_third_and_in_its_last(retriever: kaug.Retriever) -> None:
    togo = about(retriever, "Togo is hot.")
    assert about(retriever, "Togo is hot. " + 10 * OTHER + "Togo is wide.") == togo
    assert about(retriever, "Togo is hot. Togo is wide. " + 10 * OTHER) == set()  # one item of a list
    assert about(retriever, 10 * OTHER + "Togo is hot. Togo is wide.") == set()
    assert about(retriever, 5 * OTHER + "Togo speaks French, Togo is hot. " + 5 * OTHER) == set()


def test_a_topic_of_a_document_is_named_once_in_a_hundred_words(retriever: kaug.Retriever) -> None:
    around = "Togo is hot. {}Togo is wide."
    assert about(retriever, around.format(17 * OTHER)) == about(retriever, "Togo is hot.")
    assert about(retriever, around.format(20 * OTHER)) == set()


def test_a_topic_of_a_document_is_named_a_third_as_often_as_another(retriever: kaug.Retriever) -> None:
    both = "Togo is hot. Ghana is hot. {}Togo is wide. Ghana is wide."
    assert len(about(retriever, both.format(10 * OTHER))) == 6
    assert about(retriever, both.format(10 * (OTHER + "So does Ghana. "))) == about(retriever, "Ghana is hot.")


def test_two_of_one_name_do_not_connect(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(
        """@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        :perth rdfs:label "Perth" ; :namedAfter :other . :other rdfs:label "Perth" .""",
        encoding="utf-8",
    )
    kb = kaug.build_kb([file])
    retriever = kaug.Retriever(kb, kaug.FactIndex.build(kb, as_encoder(Alike())))
    found = retriever.retrieve(["From Perth to Perth.", "Perth is hot."], threshold=-1)
    assert found["reason"].to_pylist() == ["linked", "linked"]


class Folding:
    """An encoder that knows whether a text is about maps that are folded."""

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.array([[1, 0] if "fold" in text or "Map" in text else [0, 1] for text in texts], np.float32)


def test_the_facts_of_a_common_noun_are_near_in_meaning_to_the_text(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(
        """@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        :map rdfs:label "map"@en, "carte"@fr ; :usedBy :folder ; :madeOf :paper .
        :folder rdfs:label "people who fold"@en . :paper rdfs:label "paper"@en .""",
        encoding="utf-8",
    )
    kb = kaug.build_kb([file], languages=["en", "fr"])
    retriever = kaug.Retriever(kb, kaug.FactIndex.build(kb, as_encoder(Folding())))
    assert about(retriever, "The map of keys to values has a lock for each thread.") == set()
    assert len(about(retriever, "The map that you fold is small.")) == 2
    french = "La carte des routes de la région est dans la voiture, et nous sommes partis sans elle."
    assert about(retriever, french) == set()  # nothing is known of how near a text in another language is


class Graded:
    """An encoder to which a text is as near to all facts as the number in it says."""

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.array([_vector(text) for text in texts], np.float32)


def _vector(text: str) -> list[float]:
    said = re.search(r"0\.\d+", text)
    cosine = float(said[0]) if said else 1.0
    return [cosine, (1 - cosine**2) ** 0.5]


def test_a_common_noun_needs_more_where_the_text_names_nothing_else_of_it(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(
        """@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        :hammer rdfs:label "hammer" ; :drives :nail . :nail rdfs:label "nail" .""",
        encoding="utf-8",
    )
    kb = kaug.build_kb([file])
    retriever = kaug.Retriever(kb, kaug.FactIndex.build(kb, as_encoder(Graded())))
    assert len(about(retriever, "A hammer that is 0.55 is here.")) == 1
    assert about(retriever, "A hammer that is 0.45 is here.") == set()
    assert len(about(retriever, "A hammer that is 0.45 is on a nail.")) == 1
    assert about(retriever, "A hammer that is 0.35 is on a nail.") == set()


def test_a_text_in_another_language_names_both_ends_of_a_fact(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(
        """@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        :jp rdfs:label "Japan"@en, "日本"@zh ; :capital :tokyo ; :continent :asia .
        :tokyo rdfs:label "Tokyo"@en, "东京"@zh . :asia rdfs:label "Asia"@en, "亚洲"@zh .""",
        encoding="utf-8",
    )
    kb = kaug.build_kb([file], languages=["en", "zh"])
    retriever = kaug.Retriever(kb, kaug.FactIndex.build(kb, as_encoder(Alike())))
    assert about(retriever, "日本豆腐是一道外酥里嫩的家常快手菜，先把豆腐切成小块，再放进锅里。") == set()
    assert len(about(retriever, "日本是一个岛国，我们坐火车去了东京，看了很多老房子和花园。")) == 2


def test_a_fact_that_the_text_may_contradict_is_left_out(retriever: kaug.Retriever) -> None:
    assert not any("Lomé" in sentence for sentence in about(retriever, "Togo is governed from Accra."))
    assert any("French" in sentence for sentence in about(retriever, "Togo speaks English."))  # a land may have several
    assert not any("1960" in sentence for sentence in about(retriever, "Togo was founded in 1958."))
    assert any("1960" in sentence for sentence in about(retriever, "Togo was free in 1960, after 1958."))


def test_a_part_of_a_name_is_none(retriever: kaug.Retriever) -> None:
    assert len(about(retriever, "Ada Mary Holt was born in Accra.")) == 1
    assert about(retriever, "Ada was born in Accra.") == set()
    assert about(retriever, "The singers who came to Lomé were tired.") == set()


def test_mentions_are_those_of_the_subject(retriever: kaug.Retriever) -> None:
    text = "Accra is where Ghana is governed."
    hits = retriever.retrieve([text], k=20, threshold=-1, about=True).to_pylist()
    assert len(hits) == 2
    assert {text[hit["start"] : hit["end"]] for hit in hits} == {"Ghana"}
