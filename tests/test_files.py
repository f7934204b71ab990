"""Pipes, devices, rings of links and TOML that is meant to harm: one line, at once; regular files are found and read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import kaug
from kaug.augmentation.corpus import read_corpus
from kaug.errors import SourceError
from kaug.files import files_below, find_files, open_file, read_text, read_toml
from kaug.rdf.sources import expand, read_manifest


def names(files: list[Path], folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in files]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.txt", "b/c.txt", "b/d/e.txt", "b/d/f.md", ".hidden/g.txt", "b/.h.txt", "x[1].txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    os.mkfifo(tmp_path / "b" / "pipe.txt")
    (tmp_path / "zero.txt").symlink_to("/dev/zero")
    (tmp_path / "link.txt").symlink_to(tmp_path / "b" / "d" / "f.md")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("a.txt", ["a.txt"]),
        ("x[1].txt", ["x[1].txt"]),
        ("*.txt", ["a.txt", "link.txt", "x[1].txt"]),
        ("b/*.txt", ["b/c.txt"]),
        ("*/*/e.*", ["b/d/e.txt"]),
        ("**/*.txt", ["a.txt", "b/c.txt", "b/d/e.txt", "link.txt", "x[1].txt"]),
        ("b/**/*.txt", ["b/c.txt", "b/d/e.txt"]),
        ("**/d/*", ["b/d/e.txt", "b/d/f.md"]),
        ("**/b/**/e.txt", ["b/d/e.txt"]),
        ("b/**", ["b/c.txt", "b/d/e.txt", "b/d/f.md"]),
        ("**/?.md", ["b/d/f.md"]),
        ("none", []),
        ("b", []),
        ("***", []),
        ("**x", []),
        ("a\0b", []),
        ("x" * 5000, []),
        ("**/" + "x" * 5000, []),
    ],
)
def test_the_files_of_a_pattern(tree: Path, pattern: str, files: list[str]) -> None:
    if pattern == "***":
        files = ["a.txt", "link.txt", "x[1].txt"]
    assert names(find_files(tree / pattern), tree) == files


@pytest.mark.parametrize("name", ["zero.txt", "b/pipe.txt", "b"])
def test_only_regular_files_are_opened(tree: Path, name: str) -> None:
    with pytest.raises(SourceError, match="should be a regular file; it is a folder, a pipe or a device"):
        open_file(tree / name)


def test_a_folder_that_is_linked_twice_is_read_twice_and_a_ring_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.ttl").write_text("<urn:a> <urn:b> <urn:c> .")
    (tmp_path / "latest").symlink_to("data")
    assert names(sorted(files_below(tmp_path)), tmp_path) == ["data/a.ttl", "latest/a.ttl"]
    (tmp_path / "data" / "up").symlink_to(tmp_path)
    (tmp_path / "data" / "again").symlink_to(tmp_path)
    for path in (tmp_path, tmp_path / "**" / "*.ttl"):
        with pytest.raises(SourceError, match="is a link in a cycle") as caught:
            expand([path])
        assert "\n" not in str(caught.value)
    with pytest.raises(SourceError, match="is a link in a cycle"):
        read_corpus("**/*.txt", tmp_path)


def test_links_that_multiply_come_to_an_end(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"d{number}").mkdir()
        (tmp_path / f"d{number}" / "one").symlink_to(tmp_path / f"d{number + 1}")
        (tmp_path / f"d{number}" / "two").symlink_to(tmp_path / f"d{number + 1}")
    with pytest.raises(SourceError, match=r"or one of very many to the same folder|cannot be read"):
        list(files_below(tmp_path / "d0"))


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").symlink_to("a.ttl")
    with pytest.raises(SourceError, match="levels of symbolic links"):
        expand([tmp_path])
    with pytest.raises(SourceError, match="levels of symbolic links"):
        kaug.build_kb([tmp_path / "a.ttl"])


Use = Callable[[Path], object]
USES: dict[str, Use] = {
    "source": lambda path: kaug.build_kb([path]),
    "lexicon": lambda path: kaug.build_kb([path.parent / "ok.ttl"], lexicon=path),
    "manifest": read_manifest,
    "texts": lambda path: read_corpus(path.name, path.parent),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("kind", ["pipe", "zero"])
def test_no_use_of_a_file_waits_for_ever(tmp_path: Path, use: Use, kind: str) -> None:
    (tmp_path / "ok.ttl").write_text("<urn:a> <urn:b> <urn:c> .")
    path = tmp_path / "bad.ttl"
    os.mkfifo(path) if kind == "pipe" else path.symlink_to("/dev/zero")
    with pytest.raises(SourceError, match="should be a regular file") as caught:
        use(path)
    assert "\n" not in str(caught.value)


# ---------------------------------------------------------------- texts and TOML


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(b"\xef\xbb\xbf[a]\nb = 1\n")
    assert read_toml(file) == {"a": {"b": 1}}
    file.write_bytes(b"a\xff")
    with pytest.raises(SourceError, match=r"a\.toml: not UTF-8 at byte 1"):
        read_text(file)
    with pytest.raises(SourceError, match=r"a\.toml: has more than 1 bytes"):
        read_text(file, 1)
    with pytest.raises(SourceError, match=r"none: cannot be read: No such file"):
        read_text(tmp_path / "none")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = " + "[" * 5000, "nested more than 16 deep"),
        ("a = " + "{b=" * 5000, "nested more than 16 deep"),
        ("a." * 100_000 + "a = 1", "nested more than 16 deep"),
        ("[" + "a ." * 100_000 + "a]", "nested more than 16 deep"),
        ("a = " + "9" * 5000, "a number of 5,000 characters"),
        ("a = ", "not valid TOML"),
        ("#" + "x" * (16 << 20), "has more than 16,777,216 bytes"),
    ],
    ids=["arrays", "tables", "keys", "headers", "digits", "value", "size"],
)
def test_toml_that_is_meant_to_harm(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "a.toml"
    file.write_text(text)
    with pytest.raises(SourceError, match=reason) as caught:
        read_toml(file)
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_toml_that_is_long_and_harmless(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(f'a = "{"x" * 1_000_000}"\nb = "1.2.3. word. and. so. on."\n')
    assert len(read_toml(file)["a"]) == 1_000_000
