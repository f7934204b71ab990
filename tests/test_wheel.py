"""The package as users get it: a wheel, unpacked away from the checkout."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel is unpacked into."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "kaug", source / "kaug", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", folder, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("kaug-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


def kaug(site: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "kaug.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)


def test_all_that_is_no_code_is_in_the_wheel(site: Path) -> None:
    data = {path.relative_to(ROOT) for path in (ROOT / "kaug").rglob("*") if path.is_file()}
    data = {path for path in data if path.suffix not in {".py", ".pyc"}}
    assert Path("kaug/py.typed") in data
    assert {path for path in data if not (site / path).is_file()} == set()
    assert not (site / "tests").exists()


def test_a_pipeline_file_that_is_not_there_is_answered_with_what_can_be_done(site: Path, tmp_path: Path) -> None:
    done = kaug(site, tmp_path, "run", "pipelines/quickstart.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("kaug: pipelines/quickstart.toml: cannot be read: No such file or directory.")
    for advice in ("kaug run facts.ttl", "kaug build-kb FILE -o OUT", "kaug --help"):
        assert advice in done.stderr
    assert "quickstart" not in done.stderr.partition("cannot be read")[2]
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine.toml").touch()
    assert "Here are: mine.toml." in kaug(site, tmp_path, "run", "other.toml").stderr


def test_a_knowledge_base_is_built_in_an_empty_folder(site: Path, tmp_path: Path) -> None:
    (tmp_path / "facts.ttl").write_text("<urn:a> <urn:b> <urn:c> .", encoding="utf-8")
    done = kaug(site, tmp_path, "build-kb", "facts.ttl", "-o", "out", "-q")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "1-quality" / "quality.html").is_file()
    assert kaug(site, tmp_path, "run", "facts.ttl", "--help").returncode == 0


def test_type_checkers_see_the_package_from_outside(site: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    packages = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    (packages / "kaug").symlink_to(site / "kaug")
    (tmp_path / "mine.py").write_text(
        'import kaug\n\nkb = kaug.build_kb(["facts.ttl"])\nreveal_type(kb)\nkaug.build_kbs\n', encoding="utf-8"
    )
    command = [sys.executable, "-m", "mypy", "--python-executable", tmp_path / "venv" / "bin" / "python"]
    command += ["--ignore-missing-imports", "--follow-imports=silent", "--cache-dir", tmp_path / "cache", "mine.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert re.search(r'mine\.py:4: note: Revealed type is "kaug\.\w+\.knowledge_base\.KnowledgeBase"', done.stdout), (
        done.stdout
    )
    assert re.search(r'mine\.py:5: error: Module has no attribute "build_kbs"', done.stdout), done.stdout
