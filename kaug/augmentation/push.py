"""An arm's finished rows → a dataset on the Hugging Face Hub, where the user names one."""

from kaug.errors import KaugError, PipelineError
from kaug.store.artifact import Artifact

__all__ = ["UploadError", "push_rows"]


class UploadError(KaugError, ConnectionError):
    """The Hub cannot be reached, or refuses."""

    exit_code = 4


def push_rows(rows: Artifact, to: str, *, public: bool = False) -> dict[str, str | bool]:
    """Upload the splits of an arm, with their card, as one commit; shards of an earlier upload are removed.

    Args:
        rows: The arm's artifact, verified.
        to: The dataset, `USER/NAME`; made if absent.
        public: Whether all may read it. A public dataset is not written without it.

    Returns:
        The address, the digest of the rows, and whether the dataset is private.

    Raises:
        PipelineError: The name is malformed, there is no token, or the dataset is public and `public` is not set.
        UploadError: The Hub cannot be reached, or refuses.
    """
    import httpx2
    import huggingface_hub
    from huggingface_hub.errors import HFValidationError

    # The token of the user's environment: HF_TOKEN, or the file of `hf auth login`.
    api = huggingface_hub.HfApi(library_name="kaug", token=huggingface_hub.get_token())
    if to.count("/") != 1 or not all(to.split("/")):
        raise PipelineError(f"{to!r} is not the name of a dataset; it should be USER/NAME.")
    if not api.token:
        raise PipelineError("There is no token for the Hugging Face Hub. Set HF_TOKEN, or log in with `hf auth login`.")
    try:
        url = api.create_repo(to, repo_type="dataset", private=not public, exist_ok=True)
        private = bool(api.dataset_info(to).private)
        if not (private or public):
            raise PipelineError(f"{to}: the dataset is public. Name another, or pass --public.")
        api.upload_folder(
            repo_id=to,
            repo_type="dataset",
            folder_path=rows.path,
            commit_message=f"Upload rows {rows.digest[:12]}",
            delete_patterns=["*.arrow"],
            ignore_patterns=["manifest.json", "*/cache-*.arrow"],  # the latter are of `Dataset.map` and `filter`
        )
    except HFValidationError as error:
        raise PipelineError(f"{to!r} is not the name of a dataset: {error}") from error
    except (OSError, httpx2.HTTPError) as error:
        raise UploadError(f"{to}: not uploaded: {_reason(error)}") from error
    return {"dataset": str(url), "digest": rows.digest, "private": private}


def _reason(error: Exception) -> str:
    from huggingface_hub.errors import OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set. Unset it to upload."
    line = (str(error).strip() or type(error).__name__).split("\n")[0]
    return f"{line} Check the connection, and that the token may write there."
