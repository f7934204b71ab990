"""An index that is killed while it is made, and one that is replaced while it is read."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kaug.store.artifact import load

pytestmark = pytest.mark.slow

READERS = 8
REBUILDS = 12

COMMON = """
import hashlib, json, os, sys, time
from pathlib import Path
import numpy as np
from kaug.store.artifact import publish
from kaug.errors import ArtifactError
from kaug.knowledge.build import build_kb
from kaug.retrieval.index import FactIndex

folder = Path(sys.argv[1])

class Encoder:
    name, dimension = "fake", 16
    seen = 0

    def encode(self, texts):
        self.seen += len(texts)
        rows = [np.frombuffer(hashlib.blake2b(text.encode(), digest_size=16).digest(), np.uint8) for text in texts]
        vectors = np.array(rows, np.float32).reshape(-1, 16) - 128
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

def facts(name):
    file = folder / f"{name}-{os.getpid()}.ttl"  # each process writes its own
    lines = [f"<urn:{name}:{n}> <urn:p:near> <urn:{name}:{(n * 7 + 1) % 200}> ." for n in range(200)]
    file.write_text("\\n".join(lines), encoding="utf-8")
    return build_kb([file])

def build(kb, encoder, work=None):
    with publish(folder / "index", stage="retrieval", fingerprint="f") as draft:
        index = FactIndex.build(kb, encoder, work=work, shard_size=50)
        index.write(draft)
    return index
"""

READ = (
    COMMON
    + """
kbs, encoder, counts = {name: facts(name) for name in "AB"}, Encoder(), {}
answers = {name: set() for name in "AB"}
print("ready", flush=True)
while not (folder / "done").exists():
    for name, kb in kbs.items():
        try:
            index = FactIndex.load(folder / "index", kb, encoder)
        except ArtifactError as error:
            said = "other facts" if "built from other facts" in str(error) else str(error)
            counts[said] = counts.get(said, 0) + 1
            continue
        counts[name] = counts.get(name, 0) + 1
        hits = index.search(["Where is it?", "near 7"], 5)
        answers[name].add(json.dumps(hits.select(["rank", "fact", "score"]).to_pydict()))
print(json.dumps({"counts": counts, "answers": {name: sorted(found) for name, found in answers.items()}}))
"""
)

WRITE = (
    COMMON
    + """
kbs, encoder = {name: facts(name) for name in "AB"}, Encoder()
wanted = {}
for number in range(int(sys.argv[2])):
    name = "AB"[number % 2]
    hits = build(kbs[name], encoder).search(["Where is it?", "near 7"], 5)
    wanted[name] = json.dumps(hits.select(["rank", "fact", "score"]).to_pydict())
    if number == 0:
        print("ready", flush=True)
        sys.stdin.readline()
    time.sleep(0.1)
(folder / "done").touch()
print(json.dumps(wanted))
"""
)

EMBED = (
    COMMON
    + """
class Slow(Encoder):
    def encode(self, texts):
        found = super().encode(texts)
        time.sleep(float(sys.argv[2]))
        return found

encoder = Slow()
index = build(facts("A"), encoder, folder / "work")
print(json.dumps({"embedded": encoder.seen, "taken": index.taken_over}))
"""
)


def start(code: str, *arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(child: "subprocess.Popen[str]") -> str:
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    return out


def test_readers_see_one_whole_index_or_another(tmp_path: Path) -> None:
    writer = start(WRITE, tmp_path, REBUILDS)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    readers = [start(READ, tmp_path) for _ in range(READERS)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    wanted = json.loads(writer.communicate("go\n", timeout=120)[0])
    found = [json.loads(end(reader)) for reader in readers]
    for one in found:
        assert set(one["counts"]) <= {"A", "B", "other facts"}, one["counts"]
        for name in "AB":
            assert one["answers"][name] in ([], [wanted[name]])
    assert {name for one in found for name in "AB" if one["answers"][name]} == {"A", "B"}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".index")]


@pytest.mark.parametrize("whole", [1, 3])
def test_a_killed_build_embeds_only_what_was_missing(tmp_path: Path, whole: int) -> None:
    for name in ("undisturbed", "killed"):
        (tmp_path / name).mkdir()
    assert json.loads(end(start(EMBED, tmp_path / "undisturbed", 0))) == {"embedded": 200, "taken": 0}
    folder = tmp_path / "killed"
    child = start(EMBED, folder, 0.5)
    deadline = time.monotonic() + 60
    while len(list((folder / "work").glob("*.arrow"))) < whole and time.monotonic() < deadline:
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    kept = {path.name: path.stat().st_mtime_ns for path in (folder / "work").glob("*.arrow")}
    assert whole <= len(kept) < 4
    assert not (folder / "index").exists()
    again = json.loads(end(start(EMBED, folder, 0)))
    checked = len(range(0, 50 * len(kept), -(-50 * len(kept) // 64)))
    assert again == {"embedded": 200 - 50 * len(kept) + checked, "taken": 50 * len(kept)}
    assert {name: (folder / "work" / name).stat().st_mtime_ns for name in kept} == kept
    assert load(folder / "index").digest == load(tmp_path / "undisturbed" / "index").digest
