"""Uploads: to a double of the Hub, and to a Hub that cannot be reached."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest

from kaug.augmentation.inject import text_rows
from kaug.augmentation.push import UploadError, push_rows
from kaug.augmentation.shards import write_shards
from kaug.errors import PipelineError
from kaug.store.artifact import Artifact, load, publish


@pytest.fixture
def rows(tmp_path: Path) -> Artifact:
    with publish(tmp_path / "augmented", stage="augmentation", fingerprint="") as draft:
        write_shards([("train", text_rows(["A text."], ["a"]))], draft.path)
    return load(tmp_path / "augmented")


class Hub:
    """A hub that has one public dataset, `you/open`, and notes what is asked of it."""

    asked: list[tuple[str, dict[str, Any]]]

    def __init__(self, token: str | None, library_name: str) -> None:
        self.token = token

    def create_repo(self, name: str, **given: Any) -> str:
        self.asked.append(("create", {"name": name, "token": self.token, **given}))
        self.private = given["private"] and name != "you/open"
        return f"https://hub.example/datasets/{name}"

    def dataset_info(self, name: str) -> Any:
        return SimpleNamespace(private=self.private)

    def upload_folder(self, **given: Any) -> None:
        self.asked.append(("upload", given))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    monkeypatch.setattr(Hub, "asked", [], raising=False)
    monkeypatch.setattr(huggingface_hub, "HfApi", Hub)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "hf_secret")
    return Hub.asked


def test_a_new_dataset_is_private_and_gets_the_folder_as_it_is(rows: Artifact, asked: list[Any]) -> None:
    assert push_rows(rows, "you/lands") == {
        "dataset": "https://hub.example/datasets/you/lands",
        "digest": rows.digest,
        "private": True,
    }
    (_, created), (_, uploaded) = asked
    assert created == {
        "name": "you/lands",
        "token": "hf_secret",
        "repo_type": "dataset",
        "private": True,
        "exist_ok": True,
    }
    assert (uploaded["repo_id"], uploaded["repo_type"]) == ("you/lands", "dataset")
    assert (uploaded["folder_path"], uploaded["delete_patterns"]) == (rows.path, ["*.arrow"])
    left_out = uploaded["ignore_patterns"]
    names = [file.relative_to(rows.path).as_posix() for file in rows.path.rglob("*") if file.is_file()]
    kept = huggingface_hub.utils.filter_repo_objects([*names, "train/cache-1.arrow"], ignore_patterns=left_out)
    assert set(names) - set(kept) == {"manifest.json"}


def test_a_public_dataset_is_written_only_if_that_is_said(rows: Artifact, asked: list[Any]) -> None:
    with pytest.raises(PipelineError, match=r"you/open: the dataset is public\. Name another"):
        push_rows(rows, "you/open")
    assert [what for what, _ in asked] == ["create"]
    assert push_rows(rows, "you/open", public=True)["private"] is False
    assert [what for what, _ in asked] == ["create", "create", "upload"]


@pytest.mark.parametrize("name", ["lands", "a/b/c", "/b", ""])
def test_a_name_without_a_user_is_refused(rows: Artifact, asked: list[Any], name: str) -> None:
    with pytest.raises(PipelineError, match="should be USER/NAME"):
        push_rows(rows, name)
    assert asked == []


def test_nothing_is_sent_without_a_token(rows: Artifact, asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    with pytest.raises(PipelineError, match="There is no token"):
        push_rows(rows, "you/lands")
    assert asked == []


def test_a_hub_out_of_reach_is_said_so(rows: Artifact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "hf_secret")
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(huggingface_hub.hf_api.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(UploadError, match=r"you/lands: not uploaded: .*Check the connection"):
        push_rows(rows, "you/lands")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UploadError, match="you/lands: not uploaded: HF_HUB_OFFLINE is set"):
        push_rows(rows, "you/lands")
    with pytest.raises(PipelineError, match="is not the name of a dataset"):
        push_rows(rows, "you/a b")
