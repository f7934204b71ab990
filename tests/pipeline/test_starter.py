"""Settings for RDF without a pipeline file: the language of its labels, and what is written for `--init`."""

from pathlib import Path

import pytest

from kaug.pipeline.check import read_sources
from kaug.pipeline.settings import Pipeline
from kaug.pipeline.starter import choose_languages, starter_text
from kaug.rdf.sources import source_of

PREFIXES = """@prefix : <urn:x:> . @prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
:a :keeper :b . """
TWO_GERMAN = (
    ':a rdfs:label "Erle"@de-AT . :b skos:prefLabel "Birke"@de . :b rdfs:label "bouleau"@fr . :b :note "x"@it . '
)


@pytest.mark.parametrize(
    ("turtle", "languages", "line"),
    [
        ("", ["en"], ""),
        (':a rdfs:label "alder" .', ["en"], ""),
        (TWO_GERMAN + ':b skos:altLabel "birch"@en-GB .', ["en"], ""),
        (TWO_GERMAN, ["en", "de"], "2 of 3 are in 'de': names are in it, sentences in English"),
        (TWO_GERMAN + ':keeper kaug:statement "{s} hat {o}."@de .', ["de"], "'de', which is taken as the language"),
        (TWO_GERMAN + ':keeper kaug:statement "{s}: {o}" .', ["de"], "'de', which is taken as the language"),
    ],
)
def test_the_language_of_most_labels_is_chosen_where_none_is_english(
    tmp_path: Path, turtle: str, languages: list[str], line: str
) -> None:
    (tmp_path / "a.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
    chosen, text = choose_languages(read_sources([source_of(tmp_path / "a.ttl")]).columns)
    assert chosen == languages
    assert line in text
    assert bool(line) == bool(text)


@pytest.mark.parametrize("languages", [["en"], ["de"], ["en", "de"]])
def test_the_file_that_is_written_names_the_languages(languages: list[str]) -> None:
    text = starter_text(["a.ttl"], 100, languages=languages, device="cpu")
    assert Pipeline.parse(text).knowledge.languages == languages
    assert ("languages" in text) == (languages != ["en"])
