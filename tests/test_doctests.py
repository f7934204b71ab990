"""Every example in a docstring is run."""

import doctest
import importlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "kaug"
MODULES = [
    path.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]
ENCODING = {"kaug.augmentation.dataset", "kaug.retrieval.encoder", "kaug.retrieval.index", "kaug.retrieval.retriever"}
"""Modules whose examples load the sentence encoder."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.model) if name in ENCODING else name for name in MODULES]
)
def test_the_examples_of_a_module_are_right(name: str) -> None:
    module = importlib.import_module(name)
    failed, tried = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert tried > 0
    assert failed == 0
