"""The shape of the package: what imports what, how fast, and what each module says that it is."""

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
COMMON = {"digests", "tables", "errors", "execution", "models", "artifact", "progress", "page", "plots"}
ALLOWED = {
    "knowledge": COMMON,
    "retrieval": COMMON | {"knowledge"},
    "augmentation": COMMON | {"knowledge", "retrieval"},
    "training": COMMON,
    "evaluation": COMMON | {"knowledge", "training.tokens"},
}
"""What the modules of a stage may import of kaug, besides the stage itself."""
ACROSS = {"prepare.py", "stages.py", "run.py", "lookup.py", "data.py", "inspect.py", "__init__.py"}
"""The modules that put stages together, and so may import them all."""
MOST_LINES = 320


def imported(path: Path) -> Iterator[str]:
    """The modules that a module imports, anywhere in it but where only types are checked."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            yield from (f"{module}.{name.name}" for name in node.names) if module == "kaug" else [module]


def of_kaug(path: Path) -> set[str]:
    return {name.removeprefix("kaug.") for name in imported(path) if name.startswith("kaug.")}


@pytest.mark.parametrize("stage", sorted(ALLOWED))
def test_a_stage_imports_what_comes_before_it(stage: str) -> None:
    for path in sorted((PACKAGE / stage).rglob("*.py")):
        for name in of_kaug(path):
            allowed = {stage} | ALLOWED[stage]
            assert any(name == one or name.startswith(f"{one}.") for one in allowed), f"{path} imports kaug.{name}"


@pytest.mark.parametrize("part", ["rdf", "words"])
def test_reading_rdf_and_finding_words_need_no_knowledge_base(part: str) -> None:
    for path in sorted((PACKAGE / "knowledge" / part).rglob("*.py")):
        for name in of_kaug(path):
            assert name.startswith(f"knowledge.{part}.") or name in COMMON, f"{path} imports kaug.{name}"


def test_what_serves_all_stages_imports_none() -> None:
    for path in sorted(PACKAGE.glob("*.py")):
        if path.name not in ACROSS:
            assert {name.split(".")[0] for name in of_kaug(path)}.isdisjoint(ALLOWED), path


def test_only_the_command_knows_typer() -> None:
    knowing = [path for path in MODULES if any(name.split(".")[0] == "typer" for name in imported(path))]
    assert knowing
    assert {path.parent.name for path in knowing} == {"cli"}


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_says_what_goes_in_and_out(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    # Not "in → out": a list of exceptions' makers, names for commands, and packages that only hold modules.
    said = "→" in text.split("\n\n")[0]
    assert said or (path.name in ("__init__.py", "__main__.py") and text.split("\n")[0].endswith("."))


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_is_a_room(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", NAMES)
def test_what_is_exported_is_there(name: str) -> None:
    if name.endswith("__main__.py"):
        return  # importing it runs the command
    module = importlib.import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    for exported in getattr(module, "__all__", []):
        assert getattr(module, exported, None) is not None


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


def test_the_command_starts_without_torch_and_faiss() -> None:
    code = "import sys, kaug.cli; print(sorted({'torch', 'faiss', 'transformers', 'datasets'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


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
