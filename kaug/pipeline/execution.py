"""`[execution]` of a pipeline file."""

from typing import Literal

from pydantic import Field

from kaug.settings import Section

__all__ = ["ExecutionSettings"]


class ExecutionSettings(Section):
    """`[execution]`: where facts are embedded and rows are written; changing it makes nothing anew."""

    executor: Literal["local", "processes", "ray"] = Field(
        default="local",
        description="`local`: this process; `processes`: several on this machine; `ray`: a Ray cluster, whose machines share "
        "the folder of the run",
    )
    workers: int = Field(default=0, ge=0, le=10_000, description="processes or actors; 0 for one per core")
    address: str = Field(
        default="", description="of the Ray cluster; if empty, RAY_ADDRESS, or a cluster started on this machine"
    )
