"""`[augmentation.rewrite]` of a pipeline file."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from kaug.augmentation.rewriting.prompt import STYLES
from kaug.errors import nearest
from kaug.http import public_url, split_url
from kaug.settings import Section, check_path

__all__ = ["RewriteSettings"]


def _style(name: str) -> str:
    if name not in STYLES:
        raise ValueError(f"{name!r} is no style.{nearest(name, STYLES)}")
    return name


def _address(url: str) -> str:
    if url and (split_url(url) is None or public_url(url) != url):
        raise ValueError(
            "should be an address that begins with http:// or https:// and holds no secret; name the variable of a key in "
            "key_variable."
        )
    return url


def _model(name: str) -> str:
    return check_path(name) if name else name


class RewriteSettings(Section):
    """`[augmentation.rewrite]`: rows that a language model writes in other words; none without a model."""

    not_content: ClassVar[frozenset[str]] = frozenset(["key_variable", "parallel", "price_read", "price_written"])

    model: Annotated[str, AfterValidator(_model)] = Field(
        default="",
        description="the language model: a folder or name as in training.model, or its name at the endpoint; without it "
        "no row is rewritten",
    )
    endpoint: Annotated[str, AfterValidator(_address)] = Field(
        default="", description="address of a chat endpoint of OpenAI's form; without it the model is on this machine"
    )
    key_variable: str | None = Field(
        default=None, min_length=1, description="the environment variable that holds the endpoint's key"
    )
    forms: list[Literal["statement", "reversed", "passage"]] = Field(
        default=["statement", "passage"], min_length=1, description="the forms whose rows are rewritten"
    )
    fraction: float = Field(
        default=0.5, gt=0, le=1, description="fraction of these rows to rewrite, drawn by their ids"
    )
    style: Annotated[str, AfterValidator(_style)] = Field(
        default="plain", description=f"how the model is told to write: {', '.join(STYLES)}"
    )
    seed: int = Field(default=0, ge=0, lt=2**32, description="seed of the draw; an endpoint gets it, too")
    parallel: int = Field(default=4, ge=1, le=64, description="requests to the endpoint at a time")
    price_read: float = Field(default=0.0, ge=0, description="the endpoint's price of a million tokens that it reads")
    price_written: float = Field(default=0.0, ge=0, description="the price of a million tokens that it writes")
