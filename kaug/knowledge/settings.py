"""`[knowledge]` of a pipeline file."""

from typing import ClassVar, Literal

from pydantic import Field

from kaug.settings import PathText, Section

__all__ = ["OF_TEXTS", "FactChoice", "KnowledgeSettings"]


OF_TEXTS = "what the texts are about"
"""The choice of `teach` that needs texts."""


class FactChoice(Section):
    """`[knowledge.include]` and `[knowledge.exclude]`: facts by what is in them; none, if nothing is named."""

    predicates: list[str] = Field(default=[], description="IRIs of predicates, or their beginnings")
    classes: list[str] = Field(
        default=[], description="IRIs, or their beginnings: the subject is of one of these classes, or is one"
    )
    namespaces: list[str] = Field(default=[], description="beginnings of IRIs: a term of the fact begins so")
    sources: list[str] = Field(
        default=[], description="ids of sources: one of them states an included fact, no other an excluded one"
    )


class KnowledgeSettings(Section):
    """`[knowledge]`: the sources, and which of their facts are taught."""

    not_content: ClassVar[frozenset[str]] = frozenset(["manifest", "sources", "shapes", "skip_errors", "contexts"])

    manifest: PathText = Field(
        default="kb/manifest.toml", description="the list of sources, relative to the project's folder"
    )
    sources: list[PathText] = Field(description="ids in the manifest; or RDF files, folders or patterns beside it")
    skip_errors: bool = Field(
        default=False, description="leave out malformed lines and files of the sources, and count them"
    )
    contexts: dict[str, PathText] = Field(
        default={}, description="files of JSON-LD contexts by their IRIs, which are not fetched; schema.org's is known"
    )
    languages: list[str] = Field(
        default=["en"], min_length=1, description="languages of labels and rows, most wanted first"
    )
    labels: list[str] = Field(
        default=[], description="IRIs of more predicates whose values are names, where a thing has no other label"
    )
    teach: Literal["knowledge", "all", "what the texts are about"] = Field(
        default="knowledge",
        description="`knowledge`: leave out types, nameless things, administrative facts, addresses and the like; "
        "`what the texts are about`: of these, only what is said of things that `augmentation.texts` name; or `all`",
    )
    include: FactChoice = Field(default=FactChoice(), description="facts to teach whatever `teach` and `select` say")
    exclude: FactChoice = Field(default=FactChoice(), description="facts not to teach in any case")
    longest_text: int = Field(
        default=300, ge=1, le=2**31 - 1, description="characters of the longest text that `knowledge` teaches"
    )
    select: str | None = Field(
        default=None,
        description="a SPARQL CONSTRUCT: the facts it makes are taught, instead of those that `teach` chooses",
    )
    inference: Literal["none", "rdfs", "owl"] = Field(
        default="none", description="add what follows by the rules of RDFS or of OWL 2 RL, each fact with its reasons"
    )
    inference_limit: int = Field(default=1_000_000, ge=1, le=10**9, description="facts that each rule may add")
    min_weight: float | None = Field(
        default=None, description="leave out facts whose weight is less; those without one stay"
    )
    shapes: bool = Field(
        default=False, description="check the sources against the manifest's SHACL shapes; a violation stops the run"
    )
    limit: int | None = Field(default=None, ge=1, le=2**32, description="teach at most so many facts")
