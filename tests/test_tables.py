from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.errors import TableError
from kaug.tables import LABELS, PROBES, SCHEMAS, TERMS, check_table, content_digest, read_table, write_table


def labels(**changes: pa.Array) -> pa.Table:
    columns: dict[str, pa.Array] = {
        "term": pa.array([0, 0, 3], pa.uint32()),
        "language": pa.array(["en", "zh", ""]),
        "text": pa.array(["Togo", "多哥", "Togo"]),
        "preferred": pa.array([True, True, False]),
        "phrase": pa.array([None, None, "the Togo"]),
    }
    return pa.table({name: column for name, column in (columns | changes).items() if column is not None})


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_an_empty_table_of_each_schema_is_accepted(name: str) -> None:
    assert check_table(SCHEMAS[name].empty_table(), name).schema.equals(SCHEMAS[name])


def test_columns_come_back_in_the_order_of_the_schema_with_all_values() -> None:
    turned = labels().select(["phrase", "text", "term", "preferred", "language"])
    checked = check_table(turned, "labels")
    assert checked.schema.equals(LABELS)
    assert checked.to_pylist() == labels().to_pylist()


def test_plain_strings_pass_for_a_dictionary() -> None:
    row = {"kind": "iri", "value": "urn:a", "datatype": None, "language": None}
    plain = pa.table({name: pa.array([value], pa.string()) for name, value in row.items()})
    assert check_table(plain, "terms").schema.equals(TERMS)
    assert check_table(plain, "terms").to_pylist() == [row]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (labels(txet=pa.array(["a", "b", "c"])), r"'labels' has the unknown column 'txet'\. Did you mean 'text'\?"),
        (labels(text=None), r"'labels' lacks the column 'text' \(string\)"),
        (labels(term=pa.array([0, 0, 3], pa.int64())), r"'term' of table 'labels' is int64; it should be uint32"),
        (labels(text=pa.array(["a", None, None])), r"'text' of table 'labels' holds 2 nulls; it must not"),
    ],
)
def test_another_table_is_refused_with_the_reason(table: pa.Table, message: str) -> None:
    with pytest.raises(TableError, match=message) as caught:
        check_table(table, "labels")
    assert caught.value.exit_code == 3
    assert isinstance(caught.value, ValueError)


def test_an_unknown_schema_is_refused_with_the_nearest() -> None:
    with pytest.raises(TableError, match=r"no table named 'label'\. Did you mean 'labels'\?"):
        check_table(labels(), "label")


def test_a_table_of_lists_of_another_type_is_refused() -> None:
    wrong = PROBES.empty_table().set_column(
        PROBES.get_field_index("answers"), "answers", pa.array([], pa.list_(pa.int64()))
    )
    with pytest.raises(TableError, match=r"'answers' of table 'probes' is list"):
        check_table(wrong, "probes")


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 2**32 - 1), words, words, st.booleans(), st.none() | words), max_size=20))
def test_equal_tables_are_equal_bytes_however_they_are_chunked(
    rows: list[tuple[int, str, str, bool, str | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    dicts = [dict(zip(LABELS.names, row, strict=True)) for row in rows]
    whole = pa.Table.from_pylist(dicts, LABELS)
    pieces = pa.concat_tables([pa.Table.from_pylist(dicts[at : at + 3], LABELS) for at in range(0, len(dicts) + 1, 3)])
    write_table(whole, folder / "a.arrow")
    write_table(pieces, folder / "b.arrow")
    assert (folder / "a.arrow").read_bytes() == (folder / "b.arrow").read_bytes()
    assert read_table(folder / "a.arrow", "labels").to_pylist() == dicts


def test_dictionaries_of_many_chunks_are_written_as_one(tmp_path: Path) -> None:
    def some(kind: str) -> pa.Table:
        return check_table(
            pa.table({"kind": [kind], "value": ["v"], "datatype": pa.nulls(1, pa.string()), "language": ["en"]}),
            "terms",
        )

    write_table(pa.concat_tables([some("iri"), some("literal")]), tmp_path / "a.arrow")
    assert read_table(tmp_path / "a.arrow", "terms")["kind"].to_pylist() == ["iri", "literal"]


def test_other_files_and_tables_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.arrow").write_text("term,language\n", encoding="utf-8")
    (tmp_path / "empty.arrow").touch()
    write_table(TERMS.empty_table(), tmp_path / "terms.arrow")
    for name in ("a.arrow", "empty.arrow", "absent.arrow"):
        with pytest.raises(TableError, match=f"{name}: not an Arrow IPC file"):
            read_table(tmp_path / name, "labels")
    with pytest.raises(TableError, match=r"terms\.arrow: Table 'labels' has the unknown column 'kind'"):
        read_table(tmp_path / "terms.arrow", "labels")


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    write_table(pa.Table.from_pylist(labels().to_pylist(), LABELS), tmp_path / "a.arrow")
    data = (tmp_path / "a.arrow").read_bytes()
    (tmp_path / "a.arrow").write_bytes(data[: len(data) // 2])
    with pytest.raises(TableError, match=r"a\.arrow"):
        read_table(tmp_path / "a.arrow", "labels")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4))
def test_a_digest_keeps_its_parts_apart(parts: list[str]) -> None:
    assert content_digest(*parts, size=8) == content_digest(*parts, size=8)
    assert len(content_digest(*parts, size=8)) == 16
    assert content_digest(*parts, "") != content_digest(*parts)
