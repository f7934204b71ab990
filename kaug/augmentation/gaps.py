"""Rows and the facts that a model knows → the rows that teach what it does not know, and a share of the others."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import mix

__all__ = ["keep_rows", "known_facts"]

_GOLDEN = 0x9E3779B97F4A7C15  # the step of SplitMix64


def known_facts(gaps: pa.Table) -> pa.Array:
    """Return the hex ids of the facts that the model knows, given GAPS."""
    return gaps["fact"].filter(gaps["known"]).combine_chunks()


def keep_rows(table: pa.Table, known: pa.Array, share: float, seed: int = 0) -> pa.Table:
    """Keep the rows that state a fact which is not known, those without facts, and a share of all others.

    The draw depends on a row's id and the seed only, so a table can be cut into blocks.

    Args:
        table: EXAMPLES.
        known: The hex ids of the known facts.
        share: The fraction to keep of the rows whose facts are all known, 0 to 1.
        seed: Seed of the draw.

    Returns:
        The kept rows, in their order.

    Examples:
        >>> from kaug.tables import EXAMPLES
        >>> keep_rows(EXAMPLES.empty_table(), pa.array(["00ff"]), 0.25).num_rows
        0
    """
    facts = table["facts"].combine_chunks()
    sizes = pc.list_value_length(facts).to_numpy()
    places = pc.list_parent_indices(facts).filter(pc.is_in(pc.list_flatten(facts), value_set=known))
    told = np.bincount(places.to_numpy(), minlength=len(sizes))
    keep = (sizes == 0) | (told < sizes) | (_draws(table["id"], seed) < share)
    return table.filter(pa.array(keep))


def _draws(ids: pa.ChunkedArray, seed: int) -> NDArray[np.float64]:
    """Draw a number from 0 to below 1 for each id, which is a digest in hex and so random by itself."""
    halves = np.frombuffer(bytes.fromhex("".join(ids.to_pylist())), "<u8")[::2].astype(np.uint64)
    return (mix(halves + np.uint64(seed * _GOLDEN % 2**64)) >> np.uint64(11)).astype(np.float64) * 2.0**-53
