"""The code that decides an artifact's content → a digest that changes with it, and with nothing else."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kaug.store.digests import code_digest, fingerprint

TREE = {
    "kaug/__init__.py": "",
    "kaug/errors.py": "MESSAGE = 'a'",
    "kaug/exam/__init__.py": "",
    "kaug/exam/draw.py": """
        from typing import TYPE_CHECKING
        from kaug.errors import MESSAGE
        from kaug.words import clean

        if TYPE_CHECKING:
            from kaug.types import Probe
        else:
            from kaug.fallback import Probe

        MOST = 3
        '''The most probes.'''

        def draw():
            '''Draw the exam.'''
            from kaug.late import order
            return order(clean.tidy(MOST))
        """,
    "kaug/exam/page.j2": "<p>{{ count }}</p>",
    "kaug/words/__init__.py": "from kaug.words.shared import SHARED",
    "kaug/words/clean.py": "from kaug.words.letters import LETTERS\ndef tidy(x): return x, LETTERS",
    "kaug/words/letters.py": "LETTERS = 'abc'",
    "kaug/words/shared.py": "SHARED = 1",
    "kaug/late.py": "def order(x): return x",
    "kaug/types.py": "class Probe: ...",
    "kaug/fallback.py": "Probe = object",
    "kaug/other.py": "OTHER = 1",
}


@pytest.fixture
def digest(tmp_path: Path) -> Callable[..., str]:
    """Plants the tree with some files changed, each time anew → the digest of `kaug.exam.draw`."""
    planted = 0

    def plant(changes: dict[str, tuple[str, str]] | None = None) -> str:
        nonlocal planted
        planted += 1
        root = tmp_path / str(planted)
        for name, text in TREE.items():
            old, new = (changes or {}).get(name, ("", ""))
            assert old in text
            lines = text.replace(old, new, 1).splitlines()
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join(line.removeprefix(" " * 8) for line in lines), encoding="utf-8")
        return code_digest("kaug.exam.draw", root=root)

    return plant


def test_the_same_code_has_the_same_digest_in_any_folder(digest: Callable[..., str]) -> None:
    assert digest() == digest()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("kaug/exam/draw.py", "MOST = 3", "MOST = 4"),
        ("kaug/exam/page.j2", "<p>", "<b>"),
        ("kaug/words/clean.py", "return x, LETTERS", "return LETTERS, x"),
        ("kaug/words/letters.py", "abc", "abcd"),
        ("kaug/words/shared.py", "1", "2"),
        ("kaug/late.py", "return x", "return -x"),
        ("kaug/fallback.py", "object", "int"),
        ("kaug/exam/__init__.py", "", "import kaug.other"),
    ],
    ids=[
        "its own",
        "a template",
        "what it calls",
        "what that calls",
        "a package",
        "in a function",
        "else",
        "its package",
    ],
)
def test_a_change_of_what_it_uses_is_noticed(digest: Callable[..., str], name: str, old: str, new: str) -> None:
    assert digest({name: (old, new)}) != digest()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("kaug/exam/draw.py", "Draw the exam.", "Draw it."),
        ("kaug/exam/draw.py", "The most probes.", "At most so many."),
        ("kaug/exam/draw.py", "MOST = 3", "MOST   =   3  # three"),
        ("kaug/errors.py", "a", "b"),
        ("kaug/types.py", "...", "pass"),
        ("kaug/other.py", "1", "2"),
    ],
    ids=["a docstring", "a docstring below a constant", "a comment", "messages", "types", "what it does not import"],
)
def test_a_change_of_anything_else_is_not(digest: Callable[..., str], name: str, old: str, new: str) -> None:
    assert digest({name: (old, new)}) == digest()


def test_a_module_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"There is no module 'kaug\.exam\.drawn' in kaug\."):
        code_digest("kaug.exam.drawn")
    with pytest.raises(ModuleNotFoundError, match=r"'kaug\.tables'"):
        code_digest("kaug.tables", root=tmp_path)


@pytest.mark.slow
def test_the_version_of_a_package_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "kaug").mkdir()
    (tmp_path / "kaug" / "uses.py").write_text("def f():\n    from planted.deep import x\n", encoding="utf-8")
    about = tmp_path / "installed" / "planted_package-1.dist-info"
    about.mkdir(parents=True)
    (about / "top_level.txt").write_text("planted\n", encoding="utf-8")
    code = "import sys; from pathlib import Path; from kaug.store.digests import code_digest\n"
    code += "sys.path.append(sys.argv[1] + '/installed'); print(code_digest('kaug.uses', root=Path(sys.argv[1])))"
    digests = []
    for version in ("1.0", "1.0", "1.1"):
        (about / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: planted-package\nVersion: {version}\n", encoding="utf-8"
        )
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
        digests.append(done.stdout)
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.slow
def test_a_function_counts_by_its_source_not_by_its_address(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def one(x): return x\ndef two(x): return -x\n")
    program = (
        "from mine import one, two; from kaug.store.digests import fingerprint as f; print(f(a=one), f(a=two), f(a=[]))"
    )
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {program}"]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in "ab")
    assert first == second
    assert len(set(first)) == 3
    assert fingerprint(a=Path("b")) == fingerprint(a="b")
