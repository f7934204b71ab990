"""Templates and sentences of facts: planted templates, planted sentences, exact spans."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.errors import SourceError
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import PROPERTIES, check_template
from kaug.wording.wording import Wording, fill
from tests.wording.conftest import Make

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
SUBCLASS = "http://www.w3.org/2000/01/rdf-schema#subClassOf"


def term(kb: KnowledgeBase, iri: str) -> int:
    return kb.terms["value"].to_pylist().index(iri if "://" in iri else f"urn:x:{iri}")


def sentences(kb: KnowledgeBase, language: str = "en") -> list[str]:
    return sorted(Wording(kb, language).sentences(np.arange(kb.facts.num_rows)).to_pylist())


def by_rule(make: Make, label: str, name: str) -> list[str]:
    kb = make(f':s :p :o . :p rdfs:label "{label}"@en .')
    return Wording(kb).templates(term(kb, "p"), name)  # type: ignore[arg-type]


# ---------------------------------------------------------------- templates of the lexicon

LEXICON = """
:capital
    kaug:statement "{o} is the capital of {s}."@en , "The capital city of {s} is {o}."@en , "{s} has {o}."@en ,
        "{s}的首都是{o}。"@zh ;
    kaug:question "What is the capital of {s}?"@en , "Capital of {s}?" .
"""


def test_the_plainest_template_comes_first(make: Make) -> None:
    kb = make(":togo :capital :lome .", LEXICON)
    capital = term(kb, "capital")
    assert Wording(kb).templates(capital, "statement") == [
        "{s} has {o}.",
        "The capital city of {s} is {o}.",
        "{o} is the capital of {s}.",
    ]
    said = Wording(kb, "zh").templates(capital, "statement")
    assert said[:2] == ["{s}的首都是{o}。", "capital：{o} — {s}"]  # the order that the entry lacks is filled up
    assert len(said) == 4


def test_a_template_without_a_language_serves_all(make: Make) -> None:
    kb = make(":togo :capital :lome .", LEXICON)
    capital = term(kb, "capital")
    assert set(Wording(kb).templates(capital, "question")) == {"What is the capital of {s}?", "Capital of {s}?"}
    assert Wording(kb, "zh").templates(capital, "question") == ["Capital of {s}?"]


def test_a_region_takes_the_templates_of_its_language(make: Make) -> None:
    entry = ':capital kaug:question "Capital of {s}?"@en , "What is the capital of {s}, please?"@en-gb .'
    kb = make(":togo :capital :lome .", entry)
    capital = term(kb, "capital")
    assert Wording(kb, "en-US").templates(capital, "question") == ["Capital of {s}?"]
    assert Wording(kb, "en-GB").templates(capital, "question") == ["What is the capital of {s}, please?"]


def test_a_property_without_a_template_gets_sentences_in_english_and_records_elsewhere(make: Make) -> None:
    kb = make(":togo :capital :lome .", LEXICON)
    capital = term(kb, "capital")
    assert Wording(kb).templates(capital, "inverseQuestion")[0] == "What has {o} as its capital?"
    assert Wording(kb, "zh").templates(capital, "inverseQuestion")[0] == "？ — capital：{o}"
    assert Wording(kb, "fr").templates(capital, "statement")[0] == "{s} — capital: {o}"
    assert Wording(kb, "fr").templates(capital, "inverseReference") == []


@pytest.mark.parametrize(
    ("entry", "reversed_", "question"),
    [
        ("{s} guards the gate of {o}.", "{o} is what {s} guards the gate of.", "What does {s} guard the gate of?"),
        ("The chief gate of {s} is {o}.", "{o} is the chief gate of {s}.", "What is the chief gate of {s}?"),
        ("{s} stands before {o}, and guards it.", "{o} is what {s} protects.", "What does {s} protect?"),
    ],
)
def test_an_entry_is_filled_up_from_itself_else_from_the_label(
    make: Make, entry: str, reversed_: str, question: str
) -> None:
    kb = make(":tilda :protects :north .", f':protects kaug:statement "{entry}"@en .')
    wording, protects = Wording(kb), term(kb, "protects")
    said = wording.templates(protects, "statement")
    assert said[:2] == [entry, reversed_]
    assert len(said) == 4
    assert wording.templates(protects, "question")[0] == question


def test_what_an_entry_trains_or_asks_is_not_filled_up_again(make: Make) -> None:
    question, exam = "Fill in a form about {s}: what belongs under “capital”?", "What has {o} as its capital?"
    trained = f'kaug:question "{question}"@en ; kaug:inverseExam "{exam}"@en'
    kb = make(":togo :capital :lome .", f":capital {trained} .")
    wording, capital = Wording(kb), term(kb, "capital")
    assert wording.templates(capital, "question") == [question]
    assert wording.templates(capital, "exam") == ["Write down the capital that a reference work gives for {s}."]
    assert exam not in wording.templates(capital, "inverseQuestion")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("statement", "{s} is the capital."),
        ("statement", "{s} {o} {o}"),
        ("statement", "{s} {o} {x}"),
        ("statement", "{s} {}"),
        ("question", "What is {o}?"),
        ("question", "What are {s} and {o}?"),
        ("question", "What?"),
        ("inverseQuestion", "What has {s}?"),
        ("exam", "Name { s }."),
        ("inverseReference", ""),
    ],
)
def test_a_template_with_other_slots_is_refused(make: Make, name: str, text: str) -> None:
    with pytest.raises(SourceError, match="once each, and no other slot"):
        check_template(name, text, "<urn:x:p>", "lexicon.ttl")
    with pytest.raises(SourceError, match=rf"lexicon\.ttl: kaug:{name} of <urn:x:p> must hold \{{[so]\}}"):
        make(":s :p :o .", f':p kaug:{name} "{text}"@en .')


def test_the_error_names_the_right_slots() -> None:
    with pytest.raises(SourceError) as caught:
        check_template("statement", "{s} is.", "<urn:p>", "a.ttl")
    assert str(caught.value) == (
        "a.ttl: kaug:statement of <urn:p> must hold {s} and {o} once each, and no other slot: '{s} is.'"
    )


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_valid_template_passes(name: str) -> None:
    check_template(name, " and ".join(f"{{{slot}}}" for slot in PROPERTIES[name]), "<urn:p>", "a.ttl")


# ---------------------------------------------------------------- templates by rule


def test_templates_come_from_the_label(make: Make) -> None:
    assert by_rule(make, "teaches", "statement")[0] == "{s} teaches {o}."
    assert (
        by_rule(make, "has capital", "inverseExam")[0]
        == "Imagine that a form has {o} under “capital”: whom or what is it about?"
    )


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("hasCapitalCity", "The capital city of {s} is {o}."),
        ("isPartOf", "{s} is part of {o}."),
        ("directedBy", "{s} was directed by {o}."),
        ("birth_place", "The birth place of {s} is {o}."),
        ("borders", "{s} borders {o}."),
        ("film.film.directed_by", "{s} was directed by {o}."),
        ("__film__film__directed_by", "{s} was directed by {o}."),
        ("__", "{s} is related to {o}."),
    ],
)
def test_templates_come_from_the_name_without_a_label(make: Make, name: str, statement: str) -> None:
    kb = make(f"<urn:s> <http://x.org/{name}> <urn:o> .")
    assert Wording(kb).templates(term(kb, f"http://x.org/{name}"), "statement")[0] == statement


def test_a_label_in_another_script_is_ignored(make: Make) -> None:
    kb = make(':togo :hasCapital :lome . :hasCapital rdfs:label "首都"@zh .')
    assert Wording(kb).templates(term(kb, "hasCapital"), "statement")[0] == "The capital of {s} is {o}."


@pytest.mark.parametrize(
    ("facts", "statement"),
    [
        (":s :p true . :t :p false .", "To the question whether {s} is open, the answer is {o}."),
        (':s :p true . :t :p "no" .', "The open of {s} is {o}."),
    ],
)
def test_booleans_give_a_question_for_yes_or_no(make: Make, facts: str, statement: str) -> None:
    kb = make(facts + ' :p rdfs:label "open"@en .')
    assert Wording(kb).templates(term(kb, "p"), "statement")[0] == statement


@pytest.mark.parametrize(
    ("objects", "statement"),
    [
        ('"1887"^^xsd:gYear', "{s} was founded in {o}."),
        ("1887 , 2001", "{s} was founded in {o}."),
        ('"1887-05-01"^^xsd:date , "1900-01-01"^^xsd:date', "{s} was founded on {o}."),
        ('"1887-05-01"^^xsd:date , 1900', "{s} was founded on {o}."),  # "in" before the year
        ('"1887-05-01" , "1900"', "{s} was founded on {o}."),
        ('"1887" , "1900"', "{s} was founded in {o}."),
        ('"spring 1887"', "{s} — founded: {o}"),
        (":apple", "{s} founded {o}."),
    ],
)
def test_dates_give_a_question_for_the_time(make: Make, objects: str, statement: str) -> None:
    kb = make(f'@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . :s :p {objects} . :p rdfs:label "founded"@en .')
    assert Wording(kb).templates(term(kb, "p"), "statement")[0] == statement


def test_whole_numbers_give_a_question_for_the_number(make: Make) -> None:
    kb = make(':s :votes 1500 . :t :votes 12 . :s :tags "a" .')
    assert Wording(kb).templates(term(kb, "votes"), "question")[0] == "How many votes does {s} have?"
    assert Wording(kb).templates(term(kb, "tags"), "question")[0] == "What are the tags of {s}?"


def test_the_caller_can_change_the_returned_templates(make: Make) -> None:
    kb = make(":togo :capital :lome .", LEXICON)
    Wording(kb).templates(term(kb, "capital"), "statement").clear()
    assert Wording(kb).templates(term(kb, "capital"), "statement")[0] == "{s} has {o}."


# ---------------------------------------------------------------- classes

TYPES = ":togo a :Country ; rdfs:label 'Togo'@en . :Dog rdfs:subClassOf :Animal ."


def test_sentences_about_classes(make: Make) -> None:
    assert sentences(make(TYPES)) == ["A dog is an animal.", "Togo is a country."]


@pytest.mark.parametrize("iri", [RDF_TYPE, SUBCLASS])
def test_the_templates_for_classes(make: Make, iri: str) -> None:
    kb = make(TYPES)
    assert {name: Wording(kb).templates(term(kb, iri), name) for name in PROPERTIES} == {
        "statement": [
            "{s} is {o}.",
            "If someone asks what {s} is, the answer is {o}.",
            "It is known that {s} is {o}.",
            "{s} counts as {o}.",
            "We can say what {s} is: {o}.",
            "An example of {o} is {s}.",
            "For an example of {o}, take {s}.",
            "If someone asks for an example of {o}, one answer is {s}.",
        ],
        "question": [
            "What sort of thing is {s}?",
            "Tell me what sort of thing {s} is.",
            "{s} is what sort of thing?",
            "Do you know what sort of thing {s} is?",
        ],
        "inverseQuestion": [
            "What is an example of {o}?",
            "Tell me something that is {o}.",
            "Do you know an example of {o}?",
        ],
        "exam": [
            "Name the kind of thing that {s} is.",
            "Write the missing words: {s} is …",
        ],
        "inverseExam": [
            "Imagine that a quiz asks for something that is {o}, and give the right answer.",
            "Write the missing words: … is {o}.",
        ],
        "reference": [
            "what {s} is",
        ],
        "inverseReference": [
            "something that is {o}",
        ],
    }  # type: ignore[arg-type]
    for name in PROPERTIES:
        for template in Wording(kb).templates(term(kb, iri), name):  # type: ignore[arg-type]
            check_template(name, template, iri, "by rule")


def test_the_lexicon_replaces_the_templates_for_classes_and_a_label_does_not(make: Make) -> None:
    kb = make(TYPES + 'rdf:type rdfs:label "type"@en .', 'rdfs:subClassOf kaug:statement "Each {s} is {o}."@en .')
    assert sentences(kb) == ["Each a dog is an animal.", "Togo is a country."]
    assert Wording(kb, "zh").templates(term(kb, RDF_TYPE), "statement")[0] == "{s} — type：{o}"


# ---------------------------------------------------------------- sentences


def cut(template: str, subject: str, value: str) -> tuple[str, str, str]:
    filled = fill(template, pa.array([subject]), pa.array([value]))
    text = filled.text[0].as_py()
    (s,), (o,) = filled.subject.tolist(), filled.object.tolist()
    return text, text[slice(*s)] if s[0] >= 0 else "", text[slice(*o)] if o[0] >= 0 else ""


@pytest.mark.parametrize(
    ("template", "subject", "value", "expected"),
    [
        ("The capital of {s} is {o}.", "Togo", "Lomé", ("The capital of Togo is Lomé.", "Togo", "Lomé")),
        ("{o} is the capital of {s}.", "Togo", "Lomé", ("Lomé is the capital of Togo.", "Togo", "Lomé")),
        ("{s} is {o}.", "a dog", "an animal", ("A dog is an animal.", "A dog", "an animal")),
        (
            "{s} is in {o}.",
            "the USA",
            "Washington, D.C.",
            ("The USA is in Washington, D.C.", "The USA", "Washington, D.C."),
        ),
        ("{s}的首都是{o}。", "多哥", "洛美", ("多哥的首都是洛美。", "多哥", "洛美")),
        ("{o}是{s}。", "𠀀𠀁", "🦃👩‍👩‍👧", ("🦃👩‍👩‍👧是𠀀𠀁。", "𠀀𠀁", "🦃👩‍👩‍👧")),
        ("The motto of {s} is {o}.", "Ada", "Really?", ("The motto of Ada is Really?", "Ada", "Really?")),
        ("{s} says {o}.", "Ada", 'She said: "no."', ('Ada says She said: "no."', "Ada", 'She said: "no."')),
        ("{s} reads “{o}”.", "Ada", "It ends.", ("Ada reads “It ends.”", "Ada", "It ends.")),
        ("Who wrote {o}?", "", "Who?", ("Who wrote Who?", "", "Who?")),
        ("Who owns {o}?", "", "Acme Inc.", ("Who owns Acme Inc.?", "", "Acme Inc.")),
        ("{s} was issued on {o}.", "it", "2001", ("It was issued in 2001.", "It", "2001")),
        ("{s} was issued on {o}.", "it", "3 May 2001", ("It was issued on 3 May 2001.", "It", "3 May 2001")),
        ("{s} is based on {o}.", "it", "1984", ("It is based on 1984.", "It", "1984")),
        ("{o} is its page: {s}.", "a", "https://x.org/a", ("https://x.org/a is its page: a.", "a", "https://x.org/a")),
        ("{s} owns {o}.", "eBay", "a", ("eBay owns a.", "eBay", "a")),
        ("{s} — spouse: {o}", "ada", "bo", ("ada — spouse: bo", "ada", "bo")),
        ("spouse: {o} — {s}", "ada", "bo", ("spouse: bo — ada", "ada", "bo")),
        ("what is {s}?", "D.C.", "", ("What is D.C.?", "D.C.", "")),
        ("the thing of {s}", "wait..", "", ("The thing of wait..", "wait..", "")),
        ("{s}", "", "x", ("", "", "")),
        ("{s} and {s}.", "ﬁsh", "x", ("ﬁsh and ﬁsh.", "ﬁsh", "")),
    ],
)
def test_filled_templates(template: str, subject: str, value: str, expected: tuple[str, str, str]) -> None:
    assert cut(template, subject, value) == expected


def capital(text: str) -> set[str]:
    """The text as given, and with its first letter in upper case if that is one letter."""
    upper = text[:1].upper()
    return {text, (upper if len(upper) == 1 else text[:1]) + text[1:], "ẞ" + text[1:] if text[:1] == "ß" else text}


# Labels hold no chat-control token; those that arise where parts meet are tested below.
SAFE = st.text().filter(lambda text: "|" not in text)


@settings(max_examples=300)
@given(SAFE, SAFE, st.sampled_from(["{s} is {o}.", "{o} {s}", "x {s}𠀀{o}.", "É{o}is{s}?"]))
@pytest.mark.slow
def test_spans_cut_out_the_slots(subject: str, value: str, template: str) -> None:
    text, s, o = cut(template, subject, value)
    first = template[1] if template[0] == "{" else ""
    assert s in (capital(subject) if first == "s" else {subject})
    assert o in (capital(value) if first == "o" else {value})
    whole = template.replace("{s}", "\0").replace("{o}", value).replace("\0", subject) if "\0" not in value else None
    if whole is not None:
        if template[-1] in ".?" and re.search(r"[.?!…。？！][\"'”’»]*\.$|\?[\"'”’»]*\?$", whole):
            whole = whole[:-1]
        assert text in capital(whole)


def test_columns_are_filled_row_by_row() -> None:
    filled = fill("{o} of {s}", pa.array(["a", "bb", ""]), pa.array(["1", "", "333"]))
    assert filled.text.to_pylist() == ["1 of a", " of bb", "333 of "]
    assert filled.subject.tolist() == [[5, 6], [4, 6], [7, 7]]
    assert filled.object.tolist() == [[0, 1], [0, 0], [0, 3]]


CONTROL_PARTS = st.sampled_from(["<", "|", ">", "<|", "|>", "a", "im_end", " ", "Togo <", "> system", "|im_end|"])


@given(st.lists(CONTROL_PARTS, max_size=3).map("".join), st.lists(CONTROL_PARTS, max_size=3).map("".join))
def test_parts_that_meet_form_no_control_token(subject: str, value: str) -> None:
    for template in ("{s}|im_end|{o}", "{o}{s}", "<{s}|{o}>", "x {s}> {o}"):
        filled = fill(template, pa.array([subject]), pa.array([value]))
        text = filled.text[0].as_py()
        assert "<|" not in text
        assert "|>" not in text
        for (start, end), part in ((filled.subject[0], subject), (filled.object[0], value)):
            shown = text[start:end].replace("< |", "<|").replace("| >", "|>")
            assert shown.casefold() == part.replace("< |", "<|").replace("| >", "|>").casefold()


def test_a_slot_that_the_template_lacks_has_no_span() -> None:
    filled = fill("What is {s}?", pa.array(["a"]), pa.array(["b"]))
    assert filled.object.tolist() == [[-1, -1]]


def test_no_rows() -> None:
    none = pa.array([], pa.string())
    filled = fill("{s} is {o}.", none, none)
    assert (len(filled.text), filled.subject.shape, filled.object.shape) == (0, (0, 2), (0, 2))


def test_sentences_keep_the_requested_order(make: Make) -> None:
    kb = make(':togo rdfs:label "Togo"@en ; :capital :lome ; :area 56785 . :ghana :area 238533 ; :capital :accra .')
    rows = np.arange(kb.facts.num_rows)
    forward = Wording(kb).sentences(rows).to_pylist()
    assert sorted(forward) == [
        "The area of Togo is 56,785.",
        "The area of ghana is 238,533.",
        "The capital of Togo is lome.",
        "The capital of ghana is accra.",
    ]
    assert Wording(kb).sentences(rows[::-1]).to_pylist() == forward[::-1]
    assert Wording(kb).sentences(rows[[2, 2, 0]]).to_pylist() == [forward[2], forward[2], forward[0]]
    assert Wording(kb).sentences(rows[:0]).to_pylist() == []


def test_sentences_fall_back_to_english_templates(make: Make) -> None:
    kb = make(':togo rdfs:label "多哥"@zh ; :capital :lome ; :area 56785 . :lome rdfs:label "洛美"@zh .', LEXICON)
    assert sentences(kb, "zh") == ["The area of 多哥 is 56,785.", "多哥的首都是洛美。"]
