"""Pages → what they show, run: every code block, command, link and table of README and docs is what the code does.

A page's blocks share one temporary folder, in order. Its `kb/` and `pipelines/` are the project's own, to be read. A
block whose first line is `# file: NAME` is written to NAME there. What the blocks mean, by language:

- `python` is executed, all blocks of a page in one namespace; a `text` block after `<!-- output -->` is what it printed;
- `turtle` is parsed; `toml` is parsed, as a pipeline where it has a `question`, as a manifest where it has sources;
- `console` and `bash`: the options and arguments of `kaug …`, the targets of `make …`, and the files named must exist;
- `text` is not run. `<!-- model -->` marks a Python block that loads the real encoder.
"""

import contextlib
import io
import re
import shlex
import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyoxigraph as ox
import pytest
import typer
from pydantic import BaseModel

from kaug.augmentation.rewriting.settings import RewriteSettings
from kaug.augmentation.settings import ValidationSettings
from kaug.cli import app
from kaug.knowledge.build import build_kb
from kaug.knowledge.settings import FactChoice
from kaug.pipeline.project import open_project
from kaug.pipeline.settings import ArmSettings, Pipeline
from kaug.rdf.sources import read_manifest
from kaug.tables import SCHEMAS
from kaug.training.adapters import Lora

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
LANGUAGES = {"bash", "console", "python", "text", "toml", "turtle"}
BLOCK = re.compile(r"(?:^<!-- (\w+) -->\n+)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """Mark, language and code of every fenced block."""
    return [(mark or "", language, code) for mark, language, code in BLOCK.findall(page.read_text(encoding="utf-8"))]


def prose(page: Path) -> str:
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def section(page: Path, heading: str) -> str:
    """The text below a heading, up to the next one of its level."""
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", page.read_text(encoding="utf-8"), re.M | re.S)
    assert found, f"{page.name} lacks the heading '## {heading}'"
    return found[1]


def table_rows(text: str) -> list[list[str]]:
    """The cells of the first table in a text, without its head."""
    lines = [line.strip() for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


@pages
def test_every_block_is_closed_and_of_a_known_language(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"^```", text, re.M)) == 2 * len(blocks(page))
    assert {language for _, language, _ in blocks(page)} <= LANGUAGES


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(language in ("python", "turtle", "toml") for _, language, _ in blocks(page))],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_code_does_what_the_page_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("kb", "pipelines"):
        (tmp_path / name).symlink_to(ROOT / name)
    names: dict[str, Any] = {"__name__": page.stem}
    printed, written = "", list[Path]()
    for mark, language, code in blocks(page):
        file = _write_if_named(code)
        if file and file.suffix == ".toml":
            written.append(file)
        if language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(code, f"{page.name}: {code[:40]!r}", "exec"), names)
            printed = out.getvalue()
        elif language == "text" and mark == "output":
            assert printed.rstrip() == code.rstrip()
        elif language == "turtle":
            assert list(ox.parse(code, format=ox.RdfFormat.TURTLE, base_iri="https://example.org/"))
        elif language == "toml":
            data = tomllib.loads(code)
            if "question" in data:
                Pipeline.parse(code, str(page))
            elif "sources" in data:
                read_manifest(file or _write("manifest.toml", code))
    for file in written:
        if "question" in tomllib.loads(file.read_text(encoding="utf-8")):
            _check_pipeline(file)


def _write_if_named(code: str) -> Path | None:
    first, _, _ = code.partition("\n")
    return _write(first.removeprefix("# file: ").strip(), code) if first.startswith("# file: ") else None


def _write(name: str, code: str) -> Path:
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(code, encoding="utf-8")
    return file


def _check_pipeline(file: Path) -> None:
    """A pipeline that a page writes has something to teach and to ask."""
    from kaug.exam.draw import draw_exam

    project = open_project(file)
    pipeline, settings = project.pipeline, project.pipeline.knowledge
    kb = build_kb(project.sources, lexicon=project.lexicon, select=settings.select, limit=settings.limit)
    kinds = Counter(draw_exam(kb, pipeline.exam)["kind"].to_pylist())
    assert {"recall", "reverse", "compose", "locality"} <= set(kinds)


@pages
def test_commands_exist_with_their_options(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for _, language, code in blocks(page):
        if language in ("bash", "console"):
            for line in code.replace("\\\n", " ").splitlines():
                words = shlex.split(line.removeprefix("$ "), comments=True)
                if words[:1] == ["make"]:
                    assert set(words[1:]) <= targets, line
                if words[:1] == ["kaug"]:
                    _check_command(words[1:], blocks(page))


def _check_command(words: list[str], shown: list[tuple[str, str, str]]) -> None:
    assert words[0] in COMMANDS or words == ["--help"], f"there is no command {words[0]!r}"
    if "--help" in words:
        return
    # Parses as the command line would, and runs nothing.
    command, arguments = COMMANDS[words[0]], list(words[1:])
    if hasattr(command, "commands"):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    context = command.make_context(words[0], arguments)
    for setting in context.params.get("set_") or ():
        minimal = 'question = ""\n[knowledge]\nsources = ["a"]\n[training]\ntokens = 1\n'
        Pipeline.parse(minimal, "--set", [setting])
    for before, word in pairwise(words):
        if before in ("--out", "-o"):
            continue
        if word.startswith(("kb/", "pipelines/")):
            assert list(ROOT.glob(word)), f"{word} does not exist"
        elif word.endswith((".toml", ".ttl")):
            assert any(code.startswith(f"# file: {word}\n") for _, _, code in shown), f"{word} is not on the page"


@pages
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", prose(file), re.M)
            assert anchor in {_slug(heading) for heading in headings}, f"{page.name} links to {target}"


def _slug(heading: str) -> str:
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())


def test_every_page_is_in_the_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"[\w/-]+\.md", text)) == {
        str(p.relative_to(ROOT / "docs")) for p in PAGES if "docs" in p.parts
    }


def _type_name(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return f"dictionary of {_type_name(kind.value_type)}"
    if pa.types.is_list(kind):
        return f"list of {_type_name(kind.value_type)}"
    if pa.types.is_struct(kind):
        return f"struct ({', '.join(f'{field.name} {_type_name(field.type)}' for field in kind)})"
    return "binary (16)" if pa.types.is_fixed_size_binary(kind) else str(kind)


def test_the_data_model_page_shows_every_table() -> None:
    page = ROOT / "docs" / "datamodel.md"
    for name, schema in SCHEMAS.items():
        shown = [row[:3] for row in table_rows(section(page, name.upper()))]
        expected = [[f"`{f.name}`", _type_name(f.type), "yes" if f.nullable else "no"] for f in schema]
        assert shown == expected, name


def test_the_pipelines_page_names_every_key_with_its_default() -> None:
    page = ROOT / "docs" / "pipelines.md"
    sections: dict[str, Any] = {"At the top": Pipeline, "`[arms.NAME]`": ArmSettings, "`[training.lora]`": Lora}
    sections["`[knowledge.include]`"] = FactChoice
    sections["`[augmentation.validation]`"] = ValidationSettings
    sections["`[augmentation.rewrite]`"] = RewriteSettings
    for name, field in Pipeline.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            sections[f"`[{name}]`"] = field.annotation
    for heading, model in sections.items():
        shown = {row[0]: row for row in table_rows(section(page, heading))}
        fields = {
            name: field
            for name, field in model.model_fields.items()
            if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel))
        }
        assert set(shown) == {f"`{name}`" for name in fields}, heading
        for name, field in fields.items():
            default = shown[f"`{name}`"][2]
            if field.is_required():
                assert default == "required", name
            elif field.default is None:
                assert default == "none", name
            else:
                assert tomllib.loads(f"v = {default.strip('`')}")["v"] == field.default, name


def test_the_command_page_shows_every_command_and_option() -> None:
    page = ROOT / "docs" / "cli.md"
    text = page.read_text(encoding="utf-8")
    for name, command in COMMANDS.items():
        assert f"kaug {name} " in section(page, f"kaug {name}") or f"kaug {name}\n" in section(page, f"kaug {name}")
        parts = [command, *getattr(command, "commands", {}).values()]
        for parameter in [one for part in parts for one in part.params]:
            assert (
                parameter.name == "help"
                or any(f"`{option}" in text for option in parameter.opts)
                or (parameter.param_type_name == "argument")
            ), (name, parameter.opts)


def test_the_knowledge_page_counts_what_is_there() -> None:
    manifest = read_manifest(ROOT / "kb" / "manifest.toml")
    kb = build_kb(manifest.select(list(manifest.sources)), lexicon=manifest.lexicon)
    kinds = kb.terms["value"].take(kb.facts["predicate"].combine_chunks()).to_pylist()
    facts: Counter[str] = Counter()
    types: Counter[str] = Counter()
    for sources, predicate in zip(kb.facts["sources"].to_pylist(), kinds, strict=True):
        facts.update(sources)
        types.update(sources if predicate.endswith("#type") else [])
    shown = table_rows(section(ROOT / "docs" / "knowledge.md", "What is there"))
    expected = [
        [
            f"`{name}`",
            source.kind,
            source.licence,
            *(f"{count:,}" for count in (kb.counts[f"triples {name}"], facts[name], facts[name] - types[name])),
        ]
        for name, source in manifest.sources.items()
    ]
    assert [row[:6] for row in shown] == expected, "kb/ has changed: bring docs/knowledge.md up to date"


def test_the_two_readmes_show_the_same_code() -> None:
    def shown(name: str) -> list[tuple[str, str]]:
        lines = [(language, line) for _, language, code in blocks(ROOT / name) for line in code.splitlines()]
        return [(language, line.partition("  #")[0].rstrip()) for language, line in lines if language not in ("text",)]

    assert shown("README.md") == shown("README.zh-CN.md")
