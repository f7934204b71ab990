"""What the user's texts are about is what is taught, and the counts say how much of the knowledge that is."""

from pathlib import Path

import pytest

from kaug.errors import PipelineError
from kaug.knowledge.knowledge_base import KnowledgeBase, load_kb
from kaug.pipeline.project import project_of
from kaug.pipeline.run import run_project
from kaug.pipeline.settings import Pipeline

TURTLE = """
@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:togo rdfs:label "Togo" ; :capital :lome ; :currency :cfa . :peru rdfs:label "Peru" ; :capital :lima ; :currency :sol .
:mali rdfs:label "Mali" ; :capital :bamako . :lome rdfs:label "Lomé" . :lima rdfs:label "Lima" . :bamako rdfs:label "Bamako" .
:lima :river :rimac . :rimac rdfs:label "Rímac" .
"""
TOML = """
question = "?"
[knowledge]
sources = ["facts.ttl"]
teach = "what the texts are about"
{limit}
[augmentation]
texts = "{texts}"
[training]
tokens = 1000
"""


def built(folder: Path, texts: str, limit: str = "") -> KnowledgeBase:
    (folder / "facts.ttl").write_text(TURTLE)
    (folder / "texts.txt").write_text(texts)
    text = TOML.format(texts=folder / "texts.txt", limit=limit).replace("facts.ttl", str(folder / "facts.ttl"))
    made = run_project(project_of(Pipeline.parse(text), folder / "out"), "knowledge")
    return load_kb(made["1-knowledge"].path)


def taught(kb: KnowledgeBase) -> set[tuple[str, str]]:
    values = kb.terms["value"].to_pylist()
    return {
        (values[s].removeprefix("urn:x:"), values[p].removeprefix("urn:x:"))
        for s, p, _ in zip(*kb.columns(kb.taught), strict=True)
    }


@pytest.mark.parametrize("at_once", [1, 10_000])
def test_facts_about_the_things_that_texts_name_are_taught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("kaug.retrieval.selection._TEXTS", at_once)
    kb = built(tmp_path, "It rains in Togo.\n\nLima is large, and the bus to Bamako is late.")
    assert taught(kb) == {("togo", "capital"), ("togo", "currency"), ("lima", "river")}
    assert len(kb) == 6
    assert kb.counts["facts taught"] == 3
    assert kb.counts["facts not taught: no text names its subject"] == 3
    assert len(kb.spared) == 3  # so that locality may ask them


def test_a_limit_is_of_what_texts_are_about(tmp_path: Path) -> None:
    kb = built(tmp_path, "Togo, Peru and Lima.", "limit = 2")
    assert (len(kb.taught), kb.counts["facts not taught: limit"]) == (2, 3)
    ids = kb.hex_ids.to_pylist()
    about = [row for row in range(len(kb)) if ids[row] and kb.facts["untaught"][row].as_py() in {None, "limit"}]
    assert sorted(about, key=lambda row: ids[row])[:2] == sorted(kb.taught.tolist(), key=lambda row: ids[row])


def test_other_texts_teach_other_facts_and_no_texts_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert taught(built(tmp_path / "a", "Mali is dry.")) == {("mali", "capital")}
    assert taught(built(tmp_path / "a", "Peru is dry.")) == {("peru", "capital"), ("peru", "currency")}
    with pytest.raises(PipelineError, match=r"knowledge.teach.*name them in augmentation.texts"):
        Pipeline.parse(TOML.format(texts="", limit=""))
