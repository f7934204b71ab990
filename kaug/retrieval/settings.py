"""`[retrieval]` of a pipeline file."""

from typing import Annotated, Literal

from pydantic import Field

from kaug.models.find import Backend
from kaug.settings import PathText, Section

__all__ = ["MOST_FACTS", "FactFilter", "RetrievalSettings"]

MOST_FACTS = 10_000
"""The maximum of facts for a text."""


class FactFilter(Section):
    """`[retrieval.filter]`: which facts may be found; all, if nothing is named."""

    classes: list[str] = Field(
        default=[], description="IRIs or labels: the subject is an instance of one of these classes"
    )
    predicates: list[str] = Field(default=[], description="IRIs or labels of predicates")
    sources: list[str] = Field(default=[], description="ids of sources")
    languages: list[str] = Field(default=[], description="both ends of the fact have a name in one of these languages")
    min_weight: float | None = Field(
        default=None, description="leave out facts whose weight is less; those without one stay"
    )


class RetrievalSettings(Section):
    """`[retrieval]`: how facts are found for a text."""

    encoder: PathText = Field(
        default="all-MiniLM-L6-v2", description="a folder, an installed wheel's model, or a hub name"
    )
    backend: Backend = Field(
        default="auto",
        description="what runs the encoder; `auto`: the fastest here whose vectors agree with those of `torch`",
    )
    k: dict[Literal["domain", "commonsense"], Annotated[int, Field(ge=0, le=MOST_FACTS)]] = Field(
        default={"domain": 3, "commonsense": 2}, description="facts for each text, by kind of source"
    )
    threshold: float = Field(default=0.5, ge=-1, le=2, description="relevance below which a fact is left out")
    hops: int = Field(
        default=1,
        ge=1,
        le=100,
        description="1: the facts of the terms named; 2: those of their neighbours too; and so on",
    )
    diversity: float = Field(default=0, ge=0, le=1, description="how much a fact loses for being like one taken before")
    budget: int | None = Field(
        default=None, ge=1, le=10**6, description="tokens of a text's facts together, at four bytes a token"
    )
    filter: FactFilter = FactFilter()
    recall: float = Field(
        default=0.99,
        gt=0,
        le=1,
        description="of the ten nearest facts, the part that the index should find; 1 is exact",
    )
