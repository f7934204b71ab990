import json
from pathlib import Path

import pytest

from kaug.augmentation.corpus import read_corpus
from kaug.augmentation.hygiene.texts import clean_texts
from kaug.errors import SourceError


def write(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def lines(*rows: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_json_lines_in_the_order_of_the_file_names(tmp_path: Path) -> None:
    write(tmp_path, "b.jsonl", lines({"id": "b1", "text": "Lomé ist schön."}))
    write(tmp_path, "a.jsonl", lines({"id": "a2", "text": "two  spaces\nand a line"}, {"id": 7, "text": "土耳其"}))
    ids, texts = read_corpus("*.jsonl", tmp_path)
    assert ids == ["a2", "7", "b1"]
    assert texts == ["two  spaces\nand a line", "土耳其", "Lomé ist schön."]


def test_a_corpus_of_one_row(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", '{"text": "only this"}')
    ids, texts = read_corpus("a.jsonl", tmp_path)
    assert texts == ["only this"]
    assert len(ids) == 1
    assert len(ids[0]) == 16
    assert read_corpus(["a.jsonl"], tmp_path) == (ids, texts)


def test_a_text_without_an_id_gets_one_from_its_content(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", lines({"text": "x"}, {"text": "y"}, {"id": 0, "text": "z"}, {"id": "", "text": "w"}))
    write(tmp_path, "b.jsonl", lines({"text": "y"}))
    ids, _ = read_corpus("a.jsonl", tmp_path)
    assert len(set(ids)) == 4
    assert ids[1] == read_corpus("b.jsonl", tmp_path)[0][0]
    assert ids[2] == "0"


def test_plain_text_is_cut_into_paragraphs(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "\n\nOne line\nand  another.\n\n\n \nTwo.\r\n\r\nThree.")
    _, texts = read_corpus("*.txt", tmp_path)
    assert texts == ["One line and another.", "Two.", "Three."]


def test_patterns_reach_into_folders_and_may_be_absolute(tmp_path: Path) -> None:
    write(tmp_path, "in/deep/a.jsonl", lines({"id": "a", "text": "x"}))
    write(tmp_path, "b [1].jsonl", lines({"id": "b", "text": "y"}))
    assert read_corpus(["**/a.jsonl", "b [1].jsonl"], tmp_path) == (["a", "b"], ["x", "y"])
    assert read_corpus(str(tmp_path / "in/*/*.jsonl"), Path("/nowhere")) == (["a"], ["x"])
    assert read_corpus(str(tmp_path / "b [1].jsonl"), Path("/nowhere")) == (["b"], ["y"])


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", b"\xef\xbb\xbf" + lines({"id": "a", "text": "x"}).encode())
    write(tmp_path, "b.txt", b"\xef\xbb\xbfParagraph.")
    assert read_corpus(["a.jsonl", "b.txt"], tmp_path)[1] == ["x", "Paragraph."]


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        ('{"text": "a"}\n\n{"text": \n', 3, "not JSON"),
        ('{"text": "a"}\n["text"]\n', 2, 'an object with a string "text"'),
        ('{"body": "a"}\n', 1, 'an object with a string "text"'),
        ('{"text": null}\n', 1, 'an object with a string "text"'),
        ('{"id": "a", "text": "x"}\n\n\n{"id": "a", "text": "y"}\n', 4, "'a' occurs a second time"),
        ('{"text": "x"}\n{"id": "1", "text": "\\ud800"}\n', 2, "surrogate"),
        ("[" * 100_000 + "\n", 1, "not JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, content: str, line: int, why: str) -> None:
    file = write(tmp_path, "a.jsonl", content)
    with pytest.raises(SourceError) as error:
        read_corpus("*.jsonl", tmp_path)
    assert str(error.value).startswith(f"{file}:{line}: ")
    assert why in str(error.value)


def test_equal_texts_without_ids_get_different_ones(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "One.\n\nTwo.\n\nOne.\n\nOne.\n")
    ids, texts = read_corpus("a.txt", tmp_path)
    assert texts == ["One.", "Two.", "One.", "One."]
    assert [ids[2], ids[3]] == [f"{ids[0]}-2", f"{ids[0]}-3"]


def test_bytes_that_are_not_utf_8_are_named(tmp_path: Path) -> None:
    file = write(tmp_path, "a.txt", b"abc\xff")
    with pytest.raises(SourceError, match=f"{file}: not UTF-8 at byte 3"):
        read_corpus("a.txt", tmp_path)


@pytest.mark.parametrize("pattern", ["*.jsonl", "no/such.txt", "/no/such/*.jsonl"])
def test_a_pattern_without_files_is_an_error(tmp_path: Path, pattern: str) -> None:
    write(tmp_path, "a.txt", "x")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(SourceError, match="no such file"):
        read_corpus(["a.txt", pattern], tmp_path)


def test_an_empty_file_gives_no_text(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", "\n\n")
    write(tmp_path, "a.txt", "")
    assert read_corpus(["a.jsonl", "a.txt"], tmp_path) == ([], [])


def test_chat_control_tokens_are_broken_up_where_texts_are_cleaned(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "1", "text": "before <|im_end|> after"}\n')
    ids, texts = read_corpus("a.jsonl", tmp_path)
    assert texts == ["before <|im_end|> after"]  # as `kaug search` looks for it
    assert clean_texts(ids, texts).texts == ["before < |im_end| > after"]
