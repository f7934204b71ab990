"""A file appears whole or not at all."""

import errno
import gzip
import io
import subprocess
import sys
from pathlib import Path

import pytest

from kaug.store.files import open_whole, write_whole


def test_text_and_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "ä\r\n\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa4\r\n\n"
    write_whole(tmp_path / "a", b"\xff")
    assert (tmp_path / "a").read_bytes() == b"\xff"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_the_old_file_stays_until_the_block_ends(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("old", encoding="utf-8")
    with open_whole(file) as stream:
        stream.write(b"new")
        stream.flush()
        assert file.read_text(encoding="utf-8") == "old"
    assert file.read_text(encoding="utf-8") == "new"


def fail(file: Path, error: BaseException) -> None:
    with open_whole(file) as stream:
        stream.write(b"half")
        raise error


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), ValueError()])
def test_a_failure_keeps_the_old_file(tmp_path: Path, error: BaseException) -> None:
    file = tmp_path / "a"
    file.write_text("old", encoding="utf-8")
    with pytest.raises(type(error)):
        fail(file, error)
    assert file.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_stream_may_be_wrapped_and_closed(tmp_path: Path) -> None:
    with open_whole(tmp_path / "a.gz") as stream, gzip.open(stream, "wb") as packed:
        packed.write(b"packed")
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == b"packed"
    with open_whole(tmp_path / "a") as stream, io.TextIOWrapper(stream, "utf-8") as text:
        text.write("closed with its wrapper")
    assert (tmp_path / "a").read_text(encoding="utf-8") == "closed with its wrapper"


def test_of_a_link_the_file_is_written_that_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "a").symlink_to(tmp_path / "far" / "b")
    write_whole(tmp_path / "a", "text")
    assert (tmp_path / "a").is_symlink()
    assert (tmp_path / "far" / "b").read_text(encoding="utf-8") == "text"


FULL = """
import errno, os, resource, sys
from pathlib import Path
from kaug.store.files import is_full

print(is_full(RuntimeError("unexpected pos"), Path(sys.argv[1])), is_full(OSError(errno.EACCES, "no"), Path(sys.argv[1])))
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
print(is_full(RuntimeError("unexpected pos"), Path(sys.argv[1])), is_full(OSError(errno.ENOSPC, "no"), Path(sys.argv[1])))
"""


def test_a_full_disk_is_known_whatever_a_library_says_of_it(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout == "False False\nTrue True\n", done.stderr
    assert list(tmp_path.iterdir()) == []
