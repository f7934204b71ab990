"""Values and names in words: planted ones, and columns compared with a plain implementation for one value at a time."""

import calendar
import contextlib
import datetime
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from urllib.parse import unquote

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.words.clean import clean_text, spaced_names, without_citations
from kaug.words.quantities import number_words
from kaug.words.values import literal_words, name_words

XSD = "http://www.w3.org/2001/XMLSchema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
WKT = "http://www.opengis.net/ont/geosparql#wktLiteral"
UCUM = "http://w3id.org/lindt/custom_datatypes#ucum"
DBPEDIA = "http://dbpedia.org/datatype/"
QUDT = "http://qudt.org/vocab/unit/"


def written(value: str | None, datatype: str | None, language: str = "en") -> str | None:
    (words,) = literal_words(pa.array([value], pa.string()), pa.array([datatype], pa.string()), language).to_pylist()
    return words


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("value", "datatype", "words"),
    [
        ("56785", "integer", "56,785"),
        ("-0", "int", "0"),
        ("-1234567.8900", "decimal", "-1,234,567.89"),
        ("5.6785E4", "double", "56,785"),
        ("6.02E23", "double", "6.02E23"),
        ("1E-7", "double", "1E-7"),
        ("INF", "float", "INF"),
        ("many", "integer", "many"),
        ("true", "boolean", "yes"),
        ("0", "boolean", "no"),
        ("TRUE", "boolean", "TRUE"),
        ("1979-10-07", "date", "7 October 1979"),
        ("1979-10-07Z", "date", "7 October 1979 UTC"),
        ("1979-02-29", "date", "1979-02-29"),
        ("2000-02-29", "date", "29 February 2000"),
        ("1900-02-29", "date", "1900-02-29"),
        ("-0004-02-29", "date", "29 February 5 BC"),
        ("-0043-03-15", "date", "15 March 44 BC"),
        ("0014-08-19", "date", "19 August AD 14"),
        ("12024-01-01", "date", "1 January 12024"),
        ("79-01-01", "date", "79-01-01"),
        ("1979", "gYear", "1979"),
        ("0000", "gYear", "1 BC"),
        ("-0043", "gYear", "44 BC"),
        ("00044", "gYear", "00044"),
        ("1979-10", "gYearMonth", "October 1979"),
        ("--10-07", "gMonthDay", "7 October"),
        ("--02-29", "gMonthDay", "29 February"),
        ("--02-30", "gMonthDay", "--02-30"),
        ("--10", "gMonth", "October"),
        ("---07", "gDay", "day 7 of the month"),
        ("1979-10-07T14:30:00", "dateTime", "7 October 1979, 14:30"),
        ("1979-10-07T14:30:00.000Z", "dateTime", "7 October 1979, 14:30 UTC"),
        ("1979-10-07T14:30:10+05:30", "dateTime", "7 October 1979, 14:30:10 UTC+05:30"),
        ("1979-10-07T14:30:00.50-00:00", "dateTimeStamp", "7 October 1979, 14:30:00.5 UTC"),
        ("1979-10-07T24:00:00", "dateTime", "7 October 1979, 24:00"),
        ("1979-10-07T24:00:01", "dateTime", "1979-10-07T24:00:01"),
        ("14:30:00", "time", "14:30"),
        ("25:30:00", "time", "25:30:00"),
        ("P3DT4H", "duration", "3 days 4 hours"),
        ("P1Y2M", "yearMonthDuration", "1 year 2 months"),
        ("-PT1.50S", "dayTimeDuration", "minus 1.5 seconds"),
        ("-PT0S", "duration", "0 seconds"),
        ("P1S", "duration", "P1S"),
        ("P1DT", "duration", "P1DT"),
        ("0aFF", "hexBinary", "binary data of 2 bytes"),
        ("0aF", "hexBinary", "0aF"),
        ("aGVs bG8=", "base64Binary", "binary data of 5 bytes"),
        ("YQ==", "base64Binary", "binary data of 1 byte"),
        ("YQ=", "base64Binary", "YQ="),
        ("http://togo.example/", "anyURI", "http://togo.example/"),
        ("1979", "string", "1979"),
        ("-71.0 (degreeCelsius)", "string", "-71 degrees Celsius"),
        ("1142.3 (inhabitants per square kilometre)", "string", "1,142.3 inhabitants per square kilometre"),
        ("75.0 million (dollars)", "string", "75 million dollars"),
        ("3 (of 5)", "string", "3 (of 5)"),
        ("Moon (metres)", "string", "Moon (metres)"),
    ],
)
def test_values_of_xsd(value: str, datatype: str, words: str) -> None:
    assert written(value, XSD + datatype) == words


@pytest.mark.parametrize(
    ("value", "datatype", "words"),
    [
        ("5 km", UCUM, "5 kilometres"),
        ("1.0 km/h", UCUM, "1 kilometre per hour"),
        ("-1 Cel", UCUM, "-1 degree Celsius"),
        ("56785.50 [ft_i]", "https://w3id.org/cdt/length", "56,785.5 feet"),
        ("5 furlongs", UCUM, "5 furlongs"),
        ("km", UCUM, "km"),
        ("5000.0", DBPEDIA + "squareKilometre", "5,000 square kilometres"),
        ("7", DBPEDIA + "inhabitantsPerSquareKilometre", "7 inhabitants per square kilometre"),
        ("1", DBPEDIA + "usDollar", "1 US dollar"),
        ("5", DBPEDIA + "furlong", "5 furlongs"),
        ("3.5", DBPEDIA + "kilometrePerSecond", "3.5 kilometres per second"),
        ("2", DBPEDIA + "newtonFoot", "2 newton feet"),
        ("1", DBPEDIA + "cubicInch", "1 cubic inch"),
        ("5", DBPEDIA + "Length", "5"),
        ("five", DBPEDIA + "kilometre", "five"),
        ("3", QUDT + "KiloM-PER-HR", "3 kilometres per hour"),
        ("3", QUDT + "None", "3"),
        ("POINT(1.22 6.130)", WKT, "latitude 6.13, longitude 1.22"),
        ("<http://www.opengis.net/def/crs/OGC/1.3/CRS84> Point (-1 6)", WKT, "latitude 6, longitude -1"),
        ("<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(6 1)", WKT, "latitude 6, longitude 1"),
        ("<http://moon.example/> POINT(1 2)", WKT, "<http://moon.example/> POINT(1 2)"),
        ("POINT(1 91)", WKT, "POINT(1 91)"),
        ("POINT(181 1)", WKT, "POINT(181 1)"),
        ("POINT EMPTY", WKT, "POINT EMPTY"),
        ("<p>a <b>b</b>c</p><p>x &amp; y</p>", RDF + "HTML", "a bc x & y"),
        ("a < b", RDF + "HTML", "a < b"),
        ("<a t='>'>q</a><!-- <b> --><script>1</script>", RDF + "XMLLiteral", "q"),
        ("<br/>", RDF + "HTML", "<br/>"),
        ("Lomé", RDF + "langString", "Lomé"),
        ("5", "urn:unknown", "5"),
        ("5", None, "5"),
        (None, XSD + "integer", None),
    ],
)
def test_other_values(value: str | None, datatype: str | None, words: str | None) -> None:
    assert written(value, datatype) == words


@pytest.mark.parametrize(
    ("value", "datatype", "chinese", "german"),
    [
        ("56785", XSD + "integer", "56,785", "56,785"),
        ("true", XSD + "boolean", "是", "yes"),
        ("1979-10-07", XSD + "date", "1979年10月7日", "1979-10-07"),
        ("-0043", XSD + "gYear", "公元前44年", "-0043"),
        ("0014", XSD + "gYear", "公元14年", "0014"),
        ("--10-07", XSD + "gMonthDay", "10月7日", "--10-07"),
        ("1979-10-07T14:30:00Z", XSD + "dateTime", "1979年10月7日14:30 UTC", "1979-10-07T14:30:00Z"),
        ("-P3DT4H", XSD + "duration", "负3天4小时", "-P3DT4H"),
        ("5000 Cel", UCUM, "5,000 °C", "5,000 °C"),
        ("POINT(1 6)", WKT, "纬度6,经度1", "6, 1"),
    ],
)
def test_other_languages(value: str, datatype: str, chinese: str, german: str) -> None:
    assert written(value, datatype, "zh-Hant") == chinese
    assert written(value, datatype, "de") == german


def test_a_column_of_all_kinds_keeps_its_order() -> None:
    values = ["1", "x", "1979", None, "true", "2", "5 km", "1980"]
    types = [XSD + "integer", None, XSD + "gYear", XSD + "int", XSD + "boolean", XSD + "byte", UCUM, XSD + "gYear"]
    words = ["1", "x", "1979", None, "yes", "2", "5 kilometres", "1980"]
    column = pa.chunked_array([values[:3], values[3:]], pa.string())
    assert literal_words(column, pa.array(types).dictionary_encode()).to_pylist() == words
    assert literal_words(column.slice(0, 0), pa.array([], pa.string())).to_pylist() == []


def decimal_reference(value: str) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite() or number.adjusted() not in range(-6, 15):
        return value
    return f"{(number + 0).normalize():,f}"


@pytest.mark.slow
@settings(max_examples=400)
@given(
    st.lists(
        st.text("0123456789", max_size=18)
        | st.from_regex(r"[+-]?0{0,4}[0-9]{0,17}\.?[0-9]{0,14}", fullmatch=True)
        | st.decimals(allow_nan=True).map(str)
        | st.floats().map(repr)
        | st.text("0123456789.+-eE_ \n٣", max_size=12)
    )
)
def test_numbers_equal_those_of_decimal(values: list[str]) -> None:
    assert number_words(pa.array(values, pa.string())).to_pylist() == [decimal_reference(value) for value in values]


def date_reference(value: str) -> str:
    match = re.fullmatch(r"(-?)(\d{4,})-(\d\d)-(\d\d)", value)
    assert match
    year, month, day = int(match[1] + match[2]), int(match[3]), int(match[4])
    days = [31, 29 if calendar.isleap(year) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if (len(match[2]) > 4 and match[2][0] == "0") or not (1 <= month <= 12 and 1 <= day <= days[month - 1]):
        return value
    era_year = f"{1 - year} BC" if year <= 0 else f"AD {year}" if year < 100 else str(year)
    return f"{day} {calendar.month_name[month]} {era_year}"


@pytest.mark.slow
@given(
    st.lists(
        st.dates().map(datetime.date.isoformat) | st.from_regex(r"-?[0-9]{4,6}-[01][0-9]-[0-3][0-9]", fullmatch=True)
    )
)
def test_dates_equal_those_of_the_calendar(values: list[str]) -> None:
    words = literal_words(pa.array(values, pa.string()), pa.array([XSD + "date"] * len(values), pa.string()))
    assert words.to_pylist() == [date_reference(value) for value in values]


TYPES = ["integer", "decimal", "boolean", "date", "gYear", "gMonthDay", "dateTime", "time", "duration", "hexBinary"]


@pytest.mark.slow
@settings(max_examples=200)
@given(
    st.text() | st.text("0123456789-+:TZPDYMHS. ", max_size=24),
    st.sampled_from([*(XSD + name for name in (*TYPES, "base64Binary")), UCUM, QUDT + "M", WKT, RDF + "HTML", ""]),
    st.sampled_from(["en", "zh", "de", ""]),
)
def test_any_text_of_any_datatype_gives_words(value: str, datatype: str, language: str) -> None:
    words = written(value, datatype, language)
    assert words is not None
    assert bool(words) == bool(value)


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A lining[WP].", "A lining."),
        ("Of the body[MESH]. A simple lining: knee.[FMA].", "Of the body. A simple lining: knee."),
        ("A lining [FBbt, Hartenstein, V. (2004)].", "A lining."),
        ("A lining[VSAO, modified].[XAO]", "A lining."),
        ("A lining [PMID:1234567; GOC:cls].", "A lining."),
        ("A vein[modified from AEO definition].", "A vein."),
        ("A wind. [AMS Glossary]", "A wind."),
        ("A wind (Source: NOAA)", "A wind"),
        ("Eons last. [billions of years] [Wikipedia]", "Eons last. [billions of years]"),
        ("A zone.[1] Forests[2][3] are", "A zone. Forests are"),
        ("[alpha1(IV)]2alpha2(IV) trimers are common", "[alpha1(IV)]2alpha2(IV) trimers are common"),
        ("The power [MW].", "The power [MW]."),
        ("He said so [sic].", "He said so [sic]."),
        ("A light [red].", "A light [red]."),
        ("Values in [0, 1].", "Values in [0, 1]."),
        ("The north [USA and Canada].", "The north [USA and Canada]."),
        ("Bus [GPS] routes", "Bus [GPS] routes"),
        ("[Wikipedia]", "[Wikipedia]"),
    ],
)
def test_sources_in_brackets_are_removed_and_other_brackets_stay(text: str, words: str) -> None:
    assert without_citations(pa.array([None, text])).to_pylist() == [None, words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2014–15_Serie_A", "2014–15 Serie A"),
        ("23rd_Street_(Manhattan)", "23rd Street (Manhattan)"),
        ("J._R._R._Tolkien", "J. R. R. Tolkien"),
        ("non_vocal_instrumentalist", "non vocal instrumentalist"),
        *(
            (code, code)
            for code in ("ab_12", "AHU_1", "GO_0008150", "x_y", "MAX_VALUE", "en_US", "my_file.txt", "_a_", "a b_c")
        ),
    ],
)
def test_names_joined_by_underscores_are_spaced(text: str, words: str) -> None:
    assert spaced_names(pa.array([None, text])).to_pylist() == [None, words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Use [the menu](/menu.html) &amp; ![a map](https://x.example/m.png).", "Use the menu & a map."),
        ("Brackets [a](b) stay; so does &nothing;.", "Brackets [a](b) stay; so does &nothing;."),
        ("&lt;b&gt;bold&lt;/b&gt;&#x2014;&#8238;done", "bold—done"),
    ],
)
def test_links_and_entities_are_resolved(text: str, words: str) -> None:
    assert clean_text(pa.array([text])).to_pylist() == [words]


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("iri", "words"),
    [
        ("http://x.example/Togo", "Togo"),
        ("http://x.example/ns#hasLegalName", "has legal name"),
        ("http://x.example/Togo#", "Togo"),
        ("http://x.example/", "x.example"),
        ("urn:x:LegalEntity", "legal entity"),
        ("New_York", "New York"),
        ("Paris_(Texas)", "Paris (Texas)"),
        ("St._Louis", "St. Louis"),
        ("van_Gogh", "van Gogh"),
        ("Ronald_McDonald", "Ronald McDonald"),
        ("Guinea-Bissau", "Guinea-Bissau"),
        ("COVID-19", "COVID-19"),
        ("Route_66", "Route 66"),
        ("%20New%20York", "New York"),
        ("Lom%C3%A9", "Lomé"),
        ("AC%2FDC", "AC/DC"),
        ("bad%FF", "bad%FF"),
        ("C++", "C++"),
        ("drive_nails", "drive nails"),
        ("date-of-birth", "date of birth"),
        ("has_legalName", "has legal name"),
        ("isAKindOf", "is a kind of"),
        ("HTMLPage", "HTML page"),
        ("3DModel", "3D model"),
        ("ÉcoleNormale", "école normale"),
        ("WHO", "WHO"),
        ("capital", "capital"),
        ("Q42", "Q42"),
        ("GO_0008150", "GO_0008150"),
        ("2024", "2024"),
        ("550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
        ("东京", "东京"),
        ("___", "___"),
        ("///", "///"),
        ("", ""),
        (None, None),
    ],
)
def test_names(iri: str | None, words: str | None) -> None:
    assert name_words(pa.array([iri], pa.string())).to_pylist() == [words]


def is_kind(letter: str, kind: str) -> bool:
    return unicodedata.category(letter).startswith(kind)


def begins_with_capital(part: str) -> bool:
    letters = [letter for letter in part if is_kind(letter, "L")]
    return bool(letters) and is_kind(letters[0], "Lu")


def humps(name: str) -> str:
    """Insert a space before each hump, letter by letter."""
    spaced = ""
    for index, letter in enumerate(name):
        before, after = name[index - 1] if index else "", name[index + 1 : index + 2]
        new = is_kind(letter, "Lu") and before
        if new and (
            is_kind(before, "Ll")
            or (after and is_kind(after, "Ll") and (is_kind(before, "Lu") or before in "0123456789"))
        ):
            spaced += " "
        spaced += letter
    return spaced


def name_reference(iri: str) -> str:
    name = re.split(r"[#/:]", iri.rstrip("#/:"))[-1] or iri
    with contextlib.suppress(UnicodeDecodeError):
        name = unquote(name, errors="strict")
    words = re.sub(" +", " ", name.replace("_", " ")).strip(" ")
    if re.fullmatch(r"[A-Z]*[_.-]?[0-9][0-9A-Z_.-]*", name) or not words:
        return name
    parts = re.split("[ -]", words)
    if len(parts) > 1:
        if any(begins_with_capital(part) for part in parts):
            return words
        words = re.sub("[- ]+", " ", words).strip(" ") if "-" in words else words
    split = humps(words)
    if split != words:
        lower = [w if len(w) > 1 and w.isupper() else w[0].lower() + w[1:] for w in split.split(" ")]
        words = " ".join(lower)
    return words or name


PIECES = st.sampled_from([*"abAB019_-#/:.%(+ éÉ东", "%C3%A9", "%20", "%2F", "%FF", "%5f", "Ab", "hasName", "URL"])


@pytest.mark.slow
@settings(max_examples=1000)
@given(st.lists(st.lists(PIECES, max_size=8).map("".join)))
def test_names_equal_those_of_the_plain_rules(iris: list[str]) -> None:
    assert name_words(pa.array(iris, pa.string())).to_pylist() == [name_reference(iri) for iri in iris]


@pytest.mark.slow
@given(st.text())
def test_any_text_gives_a_name(iri: str) -> None:
    (words,) = name_words(pa.array([iri])).to_pylist()
    assert bool(words) == bool(iri)
