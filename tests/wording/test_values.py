"""Literals are written by what their predicate says of them: years and codes plainly, strings of dates as dates."""

from pathlib import Path

import pytest

from kaug.knowledge.build import build_kb
from kaug.wording.wording import Wording

PREFIXES = "@prefix : <https://example.org/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"


def sentences(folder: Path, turtle: str, language: str = "en") -> set[str]:
    (folder / "a.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
    return set(Wording(build_kb(folder / "a.ttl"), language).sentences().to_pylist())


@pytest.mark.parametrize(
    ("turtle", "sentence"),
    [
        (":holm :publicationYear 2009 .", "The publication year of holm is 2009."),
        (":holm :publicationYear 12009 .", "The publication year of holm is 12009."),
        (":holm :yearFounded 1887 .", "Holm was founded in 1887."),
        (":holm :postalCode 94103 .", "The postal code of holm is 94103."),
        (':holm :postalCode "01067" .', "The postal code of holm is 01067."),
        (":holm :phoneNumber 5550100 .", "The phone number of holm is 5550100."),
        (":holm :isoNumericCode 12345 .", "The ISO numeric code of holm is 12345."),
        (":holm :version 20240115 .", "The version of holm is 20240115."),
        (":holm :version 2.10 .", "The version of holm is 2.10."),
        (":holm :wikiPageID 1276705620 .", "The wiki page ID of holm is 1276705620."),
        (":holm :zipcode 94103 .", "The zipcode of holm is 94103."),
        (":holm :houseNumber 12345 .", "The house number of holm is 12345."),
        (":holm :yearOfBirth 12009 .", "The year of birth of holm is 12009."),
        (":holm :telephone 5550100 .", "The telephone of holm is 5550100."),
        (":holm :number 12345 .", "The number of holm is 12,345."),
        (":holm :mode 12345 .", "The mode of holm is 12,345."),
        (":holm :population 12345 .", "The population of holm is 12,345."),
        (":holm :numberOfPages 12345 .", "The number of pages of holm is 12,345."),
        (":holm :scalingNumber 86400.0 .", "The scaling number of holm is 86,400."),
        (":holm :weight 1234.50 .", "The weight of holm is 1,234.5."),
        (':rocky :discovered "1868-11-18" .', "Rocky was discovered on 18 November 1868."),
        (':school :established "1996" .', "School was established in 1996."),
        (':rocky :population "12345" .', "The population of rocky is 12,345."),
        (':rocky :open "true" .', "To the question whether rocky is open, the answer is yes."),
        (':rocky :seen "1868-11-18T00:00:00Z"^^xsd:dateTime .', "Rocky was seen on 18 November 1868."),
        (':rocky :seen "1868-11-18T10:30:00Z"^^xsd:dateTime .', "Rocky was seen on 18 November 1868, 10:30 UTC."),
    ],
)
def test_a_value_is_written_by_its_predicate(tmp_path: Path, turtle: str, sentence: str) -> None:
    assert sentences(tmp_path, turtle) == {sentence}


def test_one_value_of_another_kind_leaves_all_strings_as_they_are(tmp_path: Path) -> None:
    turtle = ':a :discovered "1868-11-18" . :b :discovered "about 1868" . :c :size "12345" . :d :size "large" .'
    written = " ".join(sentences(tmp_path, turtle))
    assert "1868-11-18" in written
    assert "12345" in written


def test_dates_and_years_of_one_predicate_are_both_read(tmp_path: Path) -> None:
    written = " ".join(sentences(tmp_path, ':a :released "1999-10-01" . :b :released "2001" .'))
    assert "1 October 1999" in written
    assert "2001" in written


def test_a_string_with_a_language_is_text(tmp_path: Path) -> None:
    assert "1868-11-18" in sentences(tmp_path, ':a :note "1868-11-18"@en .').pop()


def test_strings_of_dates_are_written_in_chinese(tmp_path: Path) -> None:
    assert "1868年11月18日" in sentences(tmp_path, ':a :discovered "1868-11-18" .', "zh").pop()
