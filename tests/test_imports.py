"""The shape of the package: what imports what, and how fast."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "kaug"
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [path.relative_to(PACKAGE.parent).as_posix() for path in MODULES]
LAYERS = """
errors version text namespaces
progress arrays html files
store tables settings arms http
rdf words models
importers knowledge
wording
retrieval
exam
augmentation
training
evaluation
report curation
pipeline
library
__init__
cli
""".strip().split("\n")
"""What lies below what: a module imports from its own folder and from lower layers, from nothing beside or above."""


def imported(path: Path) -> Iterator[str]:
    """The modules that a module imports, anywhere in it but where only types are checked."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            yield from (f"{module}.{name.name}" for name in node.names)


def layer(name: str) -> int:
    """The number of the layer that a folder or module directly below the package is in."""
    return next(number for number, names in enumerate(LAYERS) if name in names.split())


def target(name: str) -> Path | None:
    """The file of a module of kaug, or of the module that a name is imported from."""
    place = PACKAGE.parent.joinpath(*name.split("."))
    known = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in known if file.is_file()), None) or (target(name.rpartition(".")[0]) if name else None)


ARROWS = {
    path: {found for name in imported(path) if name.split(".")[0] == "kaug" and (found := target(name))} - {path}
    for path in MODULES
}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_room_is_in_a_layer() -> None:
    assert sorted({room(path) for path in MODULES}) == sorted(name for names in LAYERS for name in names.split())


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_no_arrow_leads_upwards(path: Path) -> None:
    for other in ARROWS[path]:
        assert room(other) == room(path) or layer(room(other)) < layer(room(path)), f"{path} imports {other}"


def test_no_modules_import_one_another_in_a_circle() -> None:
    left = {path: set(others) for path, others in ARROWS.items()}
    while free := [path for path, others in left.items() if not others & left.keys()]:
        for path in free:
            del left[path]
    assert not left, sorted(path.relative_to(PACKAGE).as_posix() for path in left)


@pytest.mark.slow
def test_only_the_command_knows_typer() -> None:
    knowing = [path for path in MODULES if any(name.split(".")[0] == "typer" for name in imported(path))]
    assert knowing
    assert {path.parent.name for path in knowing} == {"cli"}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_exported_is_there(name: str) -> None:
    if name.endswith("__main__.py"):
        return  # importing it runs the command
    module = importlib.import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    for exported in getattr(module, "__all__", []):
        assert getattr(module, exported, None) is not None


@pytest.mark.slow
def test_kaug_is_imported_in_no_time_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, time; start = time.perf_counter(); import kaug; print(time.perf_counter() - start)\n"
        "print(sorted({'torch', 'faiss', 'transformers', 'datasets', 'pyarrow', 'sentence_transformers'} & set(sys.modules)))"
    )
    seconds = []
    for _ in range(5):
        time, loaded = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split("\n")[:2]
        assert loaded == "[]"
        seconds.append(float(time))
    assert min(seconds) < 0.3


@pytest.mark.slow
def test_the_command_starts_without_torch_and_faiss() -> None:
    code = "import sys, kaug.cli; print(sorted({'torch', 'faiss', 'transformers', 'datasets'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.slow
def test_building_a_knowledge_base_needs_neither_torch_nor_faiss(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("@prefix : <urn:x:> . :Togo :capital :Lome .", encoding="utf-8")
    code = "import sys, kaug; print(kaug.build_kb([__import__('pathlib').Path(sys.argv[1])]).facts.num_rows)\n"
    code += "print(sorted({'torch', 'faiss', 'transformers'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.ttl")], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n[]\n"


def test_every_public_name_is_there() -> None:
    import kaug

    for name in kaug.__all__:
        assert getattr(kaug, name).__doc__
    assert set(kaug.__all__) <= set(dir(kaug))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        kaug.nothing  # noqa: B018
