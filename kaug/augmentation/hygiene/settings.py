"""`[hygiene]` of a pipeline file."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from kaug.augmentation.hygiene.personal import PERSONAL
from kaug.errors import nearest
from kaug.settings import PathText, Section

__all__ = ["HygieneSettings"]


def _personal_kind(name: str) -> str:
    if name not in PERSONAL:
        raise ValueError(f"{name!r} is no kind of personal data.{nearest(name, PERSONAL)}")
    return name


class HygieneSettings(Section):
    """`[hygiene]`: which texts and rows are left out, and what in them is masked."""

    duplicates: Literal["drop", "keep"] = Field(default="drop", description="texts that are equal to an earlier one")
    near_duplicates: float = Field(
        default=0.9,
        gt=0,
        le=1,
        description="leave out a text that shares this fraction of its runs of five words with an earlier one; 1 keeps all "
        "that differ",
    )
    languages: list[str] = Field(
        default=[], description="leave out texts in other languages (BCP 47); none keeps all; needs kaug[hygiene]"
    )
    min_characters: int = Field(default=1, ge=0, description="the characters of the shortest text")
    max_characters: int = Field(default=1_000_000, ge=1, description="the characters of the longest text")
    min_words: int = Field(default=1, ge=0, description="the words of the shortest text")
    max_words: int = Field(default=200_000, ge=1, description="the words of the longest text")
    personal_data: Literal["mask", "drop", "keep"] = Field(
        default="mask", description="personal data in texts: write its kind in its place, or leave the text out"
    )
    personal_data_in_rows: Literal["drop", "keep"] = Field(
        default="keep", description="rows of facts with personal data, which a knowledge base may hold on purpose"
    )
    personal_kinds: list[Annotated[str, AfterValidator(_personal_kind)]] = Field(
        default=list(PERSONAL), description=f"what counts as personal data: {', '.join(PERSONAL)}"
    )
    presidio_kinds: list[str] = Field(
        default=[],
        description="kinds of personal data that presidio finds as well, such as PERSON or UK_NHS; none leaves it to the "
        "patterns; needs kaug[presidio]",
    )
    presidio_models: list[PathText] = Field(
        default=[],
        description="models of spaCy for names of people, places and the like, one for each language: installed packages or "
        "folders; none is downloaded",
    )
    profanity: list[str] = Field(
        default=[],
        description="leave out texts and rows with a word of these languages' lists of profanity and slurs; none keeps all; "
        "needs kaug[hygiene]",
    )
    licences: list[str] = Field(
        default=[],
        description="leave out rows of facts that no source under one of these licences states; none keeps all",
    )
    models: list[PathText] = Field(
        default=[],
        description="models whose special tokens are broken up, beside those of common chat formats",
    )

    @field_validator("languages", "profanity")
    @classmethod
    def _tags(cls, tags: list[str]) -> list[str]:
        for tag in tags:
            if not tag.split("-", maxsplit=1)[0].isalpha():
                raise ValueError(f"{tag!r} is no language tag; write for instance 'en'.")
        return tags
