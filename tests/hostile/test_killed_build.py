"""A build of a knowledge base that is killed, bitten or doubled: whole or absent, and the same in the end."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kaug.store.artifact import load

pytestmark = pytest.mark.slow

MOMENTS = int(os.environ.get("KAUG_KILLS", "5"))
"""How often a build is killed; `KAUG_KILLS=50` is the long run."""


def sources(folder: Path, count: int = 20_000) -> Path:
    folder.mkdir()
    for part in range(3):
        lines = [
            f"<urn:x:{part}-{n}> <urn:p:{n % 7}> <urn:x:{part}-{n * 7 % count}> .\n"
            f'<urn:x:{part}-{n}> <http://www.w3.org/2000/01/rdf-schema#label> "thing {n} of {part}"@en .\n'
            f'<urn:x:{part}-{n}> <urn:q:has> _:b{n} .\n_:b{n} <urn:q:size> "{n * part}" .\n'
            for n in range(count)
        ]
        (folder / f"{part}.nt").write_text("".join(lines), encoding="utf-8")
    return folder


def command(folder: Path, out: Path) -> list[str]:
    files = [str(file) for file in sorted(folder.glob("*.nt"))]
    return [sys.executable, "-m", "kaug.cli", "build-kb", *files, "--out", str(out), "--quiet", "--json"]


def digests(done: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    return {name: made["digest"] for name, made in json.loads(done.stdout).items()}


def run(arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], float]:
    """Sources, the digests of an undisturbed build, and about how long it takes."""
    folder = sources(tmp_path_factory.mktemp("killed") / "in")
    started = time.perf_counter()
    wanted = digests(run(command(folder, folder.parent / "whole")))
    return folder, wanted, time.perf_counter() - started


def test_a_build_killed_at_random_moments_ends_the_same(
    built: tuple[Path, dict[str, str], float], tmp_path: Path
) -> None:
    folder, wanted, seconds = built
    assert sorted(wanted) == ["0-sources/0", "0-sources/1", "0-sources/2", "1-knowledge", "1-quality"]
    moments = random.Random(20261124)
    for number in range(MOMENTS):
        out = tmp_path / str(number)
        child = subprocess.Popen(command(folder, out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            child.communicate(timeout=moments.uniform(0, seconds))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.communicate()
        for name in wanted:  # what is there is whole
            if (out / name).exists():
                assert load(out / name).digest == wanted[name]
        assert digests(run(command(folder, out))) == wanted


@pytest.mark.parametrize("harm", ["flip", "cut"])
def test_a_harmed_file_is_refused_by_name(built: tuple[Path, dict[str, str], float], tmp_path: Path, harm: str) -> None:
    folder, wanted, _ = built
    out = tmp_path / "out"
    digests(run(command(folder, out)))
    files = [file for name in wanted for file in sorted((out / name).iterdir())]
    assert len(files) == 3 * 4 + 7 + 3
    for file in files:
        data = bytearray(file.read_bytes())
        place = len(data) // 2
        if harm == "flip":
            data[place] ^= 1
        else:
            del data[-1:]
        whole = file.read_bytes()
        file.write_bytes(data)
        done = run([sys.executable, "-m", "kaug.cli", "describe", str(file.parent)])
        assert (done.returncode, file.name in done.stderr) == (4, True), (file, done.stderr)
        file.write_bytes(whole)


def test_of_two_builds_at_once_one_says_so(built: tuple[Path, dict[str, str], float], tmp_path: Path) -> None:
    folder, wanted, _ = built
    out = tmp_path / "out"
    first = subprocess.Popen(command(folder, out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (out / ".lock").exists():
        time.sleep(0.01)
    second = run(command(folder, out))
    printed, said = first.communicate(timeout=120)
    outcomes = sorted([(first.returncode, said), (second.returncode, second.stderr)])
    assert [code for code, _ in outcomes] == [0, 4]
    assert "another kaug (process" in outcomes[1][1]
    assert {name: made["digest"] for name, made in json.loads(printed or second.stdout).items()} == wanted
