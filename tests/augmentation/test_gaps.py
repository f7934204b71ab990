"""Rows about known facts are thinned, and no others."""

import hashlib

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from kaug.augmentation.gaps import keep_rows, known_facts
from kaug.augmentation.rows import make_rows
from kaug.tables import GAPS


def rows_about(*facts: list[str]) -> pa.Table:
    return make_rows(
        family="closed-book",
        form="statement",
        task="language-modelling",
        prompts=None,
        completions=pa.array([f"Sentence {number}." for number in range(len(facts))], pa.string()),
        facts=list(facts),
        spans=[[] for _ in facts],
    )


def texts(table: pa.Table) -> list[str]:
    return [str(text).removeprefix("Sentence ").removesuffix(".") for text in table["completion"].to_pylist()]


def test_a_row_goes_only_if_all_its_facts_are_known() -> None:
    rows = rows_about(["a"], ["b"], ["a", "b"], ["a", "c"], [], ["d"])
    assert texts(keep_rows(rows, pa.array(["a", "c"]), share=0.0)) == ["1", "2", "4", "5"]
    assert keep_rows(rows, pa.array(["a", "c"]), share=1.0).equals(rows)
    assert keep_rows(rows, pa.array([], pa.string()), share=0.0).equals(rows)


def test_the_share_of_known_rows_is_kept_and_the_seed_decides_which() -> None:
    rows = rows_about(*[["a"]] * 4_000)
    first, second = (set(texts(keep_rows(rows, pa.array(["a"]), 0.25, seed))) for seed in (0, 1))
    assert abs(len(first) - 1_000) < 4 * (4_000 * 0.25 * 0.75) ** 0.5
    assert abs(len(first & second) - 250) < 4 * (4_000 * 0.0625 * 0.9375) ** 0.5  # independent draws


@given(
    st.lists(st.lists(st.sampled_from("abcd"), unique=True)),
    st.integers(0, 2**32 - 1),
    st.floats(0, 1),
    st.integers(0, 20),
)
def test_the_draw_is_the_same_however_the_rows_are_cut(
    facts: list[list[str]], seed: int, share: float, cut: int
) -> None:
    rows, known = rows_about(*facts), pa.array(["a", "b"])
    whole = keep_rows(rows, known, share, seed)
    parts = [keep_rows(part, known, share, seed) for part in (rows.slice(0, cut), rows.slice(cut))]
    assert texts(pa.concat_tables(parts)) == texts(whole)
    assert texts(keep_rows(whole, known, share, seed)) == texts(whole)
    assert set(texts(rows)) - set(texts(whole)) <= {
        str(n) for n, some in enumerate(facts) if some and set(some) <= {"a", "b"}
    }


def test_known_facts_are_those_answered_rightly() -> None:
    ids = [hashlib.blake2b(name, digest_size=16).hexdigest() for name in (b"x", b"y")]
    gaps = pa.table([ids, ["?", "?"], ["no", "yes"], [False, True]], schema=GAPS)
    assert known_facts(gaps).to_pylist() == ids[1:]
