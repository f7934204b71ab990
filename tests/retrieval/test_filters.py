import numpy as np
import pyarrow as pa
import pytest

from kaug.errors import PipelineError
from kaug.retrieval.filters import facts_where
from kaug.retrieval.settings import FactFilter

OWL = "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
ZOO = """
:Animal rdfs:label "Animal"@en . :Dog rdfs:label "hound"@en ; rdfs:subClassOf :Mammal .
:Mammal rdfs:subClassOf :Animal . :Ring1 rdfs:subClassOf :Ring2 . :Ring2 rdfs:subClassOf :Ring3 .
:Ring3 rdfs:subClassOf :Ring1 .
:rex a :Dog ; :eats :bone . :tom a :Cat ; :eats :fish . :max a :Animal ; :eats :hay . :gem a :Ring2 ; :eats :none .
:eats rdfs:label "eats"@en . :bone :eats :rex .
"""
PLACES = """
:Peking rdfs:label "北京"@zh-Hant, "Beijing"@EN-us ; :in :China ; :people 21 ; :motto "x"@zh ; :nick "y" .
:China rdfs:label "中国"@zh, "China"@en . :Lima rdfs:label "Lima" ; :in :Peru . :Peru rdfs:label "Peru"@en .
"""


def said(kb, kept):
    """The facts kept, as "subject predicate object" without the beginnings of IRIs."""
    assert kept.shape == (kb.facts.num_rows,)
    assert kept.dtype == bool
    values = [value.rsplit(":")[-1].rsplit("#")[-1] for value in kb.terms["value"].to_pylist()]
    rows = np.flatnonzero(kept)
    return {" ".join(values[term] for term in fact) for fact in zip(*kb.columns(rows), strict=True)}


@pytest.fixture
def zoo(make_kb):
    return make_kb(world=ZOO)


EATS = {
    name: f"{name} eats {food}" for name, food in (("rex", "bone"), ("tom", "fish"), ("max", "hay"), ("gem", "none"))
}


@pytest.mark.parametrize(
    ("classes", "instances"),
    [
        (["urn:x:Dog"], {"rex"}),
        (["urn:x:Mammal"], {"rex"}),
        (["urn:x:Animal"], {"rex", "max"}),
        (["animal"], {"rex", "max"}),
        (["HOUND"], {"rex"}),
        (["hound", "urn:x:Cat"], {"rex", "tom"}),
        (["urn:x:Ring1"], {"gem"}),
        (["urn:x:Ring2"], {"gem"}),
        (["urn:x:Ring3"], {"gem"}),
    ],
)
def test_instances_of_classes_and_of_those_below(zoo, classes, instances):
    kept = facts_where(zoo, FactFilter(classes=classes, predicates=["urn:x:eats"]))
    assert said(zoo, kept) == {EATS[name] for name in instances}


def test_a_class_without_instances_has_no_facts(make_kb):
    kb = make_kb(world=":Cat rdfs:subClassOf :Animal . :tom :eats :fish .")
    assert not facts_where(kb, FactFilter(classes=["urn:x:Animal"])).any()


@pytest.mark.parametrize("side", ["facts", "axioms"])
def test_types_and_subclasses_count_wherever_they_stand(zoo, side):
    empty = zoo.facts.slice(0, 0)
    assert zoo.facts.num_rows + zoo.axioms.num_rows == 14
    every = pa.concat_tables([zoo.facts, zoo.axioms])
    values = zoo.terms["value"].to_pylist()
    about = ["#" in values[predicate] for predicate in every["predicate"].to_pylist()]
    schema, rest = every.filter(pa.array(about)), every.filter(pa.array([not one for one in about]))
    order = [("subject", "ascending"), ("predicate", "ascending"), ("object", "ascending")]
    facts = (pa.concat_tables([rest, schema]) if side == "facts" else rest).sort_by(order)
    kb = zoo.with_tables(facts=facts, axioms=schema if side == "axioms" else empty)
    kept = facts_where(kb, FactFilter(classes=["urn:x:Animal"], predicates=["eats"]))
    assert said(kb, kept) == {EATS["rex"], EATS["max"]}


def test_a_literal_that_reads_like_the_iri_of_type_is_none(make_kb):
    kb = make_kb(world=':a :p "http://www.w3.org/1999/02/22-rdf-syntax-ns#type" ; a :C . :b :p :a .')
    assert said(kb, facts_where(kb, FactFilter(classes=["urn:x:C"], predicates=["urn:x:p"]))) == {"a p type"}


def test_predicates(zoo):
    assert said(zoo, facts_where(zoo, FactFilter(predicates=["EATS"]))) == {*EATS.values(), "bone eats rex"}
    both = said(
        zoo, facts_where(zoo, FactFilter(predicates=["eats", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"]))
    )
    assert both == {
        *EATS.values(),
        "bone eats rex",
        "rex type Dog",
        "tom type Cat",
        "max type Animal",
        "gem type Ring2",
    }


def test_labels_of_all_languages_name_predicates_and_classes(make_kb):
    world = (
        ':capital rdfs:label "capital"@en, "首都"@zh . :Peru a :Land ; :capital :Lima ; :p :Lima .'
        ':Land rdfs:label "land"@en, "国家"@zh ; skos:altLabel "Country"@en .'
    )
    kb = make_kb(world=world)
    assert said(kb, facts_where(kb, FactFilter(predicates=["首都"]))) == said(
        kb, facts_where(kb, FactFilter(predicates=["capital"]))
    )
    assert facts_where(kb, FactFilter(predicates=["首都"])).sum() == 1
    for name in ("国家", "country", "land", "urn:x:Land"):
        assert facts_where(kb, FactFilter(classes=[name])).sum() == 3


def test_sources(make_kb):
    kb = make_kb(world=":a :p :b . :c :p :d .", everyday=":c :p :d . :e :p :f .")
    assert said(kb, facts_where(kb, FactFilter(sources=["world"]))) == {"a p b", "c p d"}
    assert said(kb, facts_where(kb, FactFilter(sources=["everyday"]))) == {"c p d", "e p f"}
    assert facts_where(kb, FactFilter(sources=["everyday", "world"])).all()
    assert facts_where(kb, FactFilter()).all()


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        (["en"], {"Peking in China", "Peking people 21", "Peking nick y"}),
        (["EN"], {"Peking in China", "Peking people 21", "Peking nick y"}),
        (["en-US"], {"Peking people 21", "Peking nick y"}),
        (["zh"], {"Peking in China", "Peking people 21", "Peking nick y", "Peking motto x"}),
        (["zh-Hant"], {"Peking people 21", "Peking nick y"}),
        (["zh-Hant", "en"], {"Peking in China", "Peking people 21", "Peking nick y"}),
        (["de"], set()),
    ],
)
def test_languages(make_kb, languages, expected):
    kb = make_kb(world=PLACES)
    assert {tag.lower() for tag in kb.labels["language"].to_pylist()} >= {"zh-hant", "en-us", "zh", "en"}
    assert said(kb, facts_where(kb, FactFilter(languages=languages))) == expected


def test_a_language_is_more_than_the_beginning_of_its_tag(make_kb):
    kb = make_kb(world=PLACES)
    tags = pa.array([f"{tag}x" if tag == "zh" else tag for tag in kb.labels["language"].to_pylist()])
    kb = kb.with_tables(labels=kb.labels.set_column(1, kb.labels.schema.field(1), tags))
    assert "Peking in China" not in said(kb, facts_where(kb, FactFilter(languages=["zh"])))
    assert "Peking in China" in said(kb, facts_where(kb, FactFilter(languages=["zh", "zhx"])))


@pytest.mark.parametrize("weight", [0.1, 0.3, 0.7, 0.9, 1])
def test_the_least_weight_is_itself_enough(make_kb, weight):
    kb = make_kb(world=":a :p :b, :c, :d, :e .")
    weights = pa.array([weight, None, weight - 0.01, weight + 0.01], pa.float32())
    kb = kb.with_tables(facts=kb.facts.set_column(kb.facts.schema.get_field_index("weight"), "weight", weights))
    assert facts_where(kb, FactFilter(min_weight=weight)).tolist() == [True, True, False, True]


def test_all_conditions_hold_together(make_kb):
    kb = make_kb(world=ZOO, everyday=":rex :eats :hay . :tom :eats :hay .")
    kept = facts_where(kb, FactFilter(classes=["hound"], predicates=["eats"], sources=["everyday"]))
    assert said(kb, kept) == {"rex eats hay"}


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"classes": ["urn:x:Dogg"]}, "No fact has the class 'urn:x:Dogg'. Did you mean 'urn:x:Dog'?"),
        ({"classes": ["hounds"]}, "No fact has the class 'hounds'. Did you mean 'hound'?"),
        ({"classes": ["urn:x:rex"]}, "No fact has the class 'urn:x:rex'."),
        ({"predicates": ["urn:x:eat"]}, "No fact has the predicate 'urn:x:eat'. Did you mean 'urn:x:eats'?"),
        ({"predicates": ["eats", "drinks"]}, "No fact has the predicate 'drinks'."),
        ({"sources": ["wrld"]}, "No fact has the source 'wrld'. Did you mean 'world'?"),
    ],
)
def test_what_is_unknown_is_refused_with_the_nearest(zoo, condition, message):
    with pytest.raises(PipelineError) as error:
        facts_where(zoo, FactFilter(**condition))
    assert str(error.value).startswith(message)


def test_a_refusal_names_a_few_of_many(make_kb):
    kb = make_kb(world="\n".join(f":a{n} a :Class{n:03} ." for n in range(200)))
    with pytest.raises(PipelineError, match="No fact has the class '§'") as error:
        facts_where(kb, FactFilter(classes=["§"]))
    assert str(error.value).endswith(" and 380 more.")


def test_a_knowledge_base_without_facts(make_kb):
    kb = make_kb(world="")
    assert facts_where(kb, FactFilter()).tolist() == []
    assert facts_where(kb, FactFilter(languages=["en"], min_weight=0.5)).tolist() == []
    for condition in ({"classes": ["C"]}, {"predicates": ["p"]}, {"sources": ["world"]}):
        with pytest.raises(PipelineError, match="No fact has the"):
            facts_where(kb, FactFilter(**condition))
