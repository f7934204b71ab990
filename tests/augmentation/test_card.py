import json
from pathlib import Path
from typing import Any

import pytest

from kaug.arms import ARMS, Arm
from kaug.augmentation.card import COLUMNS, croissant, dataset_card, write_card
from kaug.augmentation.inject import text_rows
from kaug.augmentation.shards import Split, count_rows, write_shards
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import EXAMPLES

SPLITS = {
    "train": Split(
        1_500, 200_000, 2, {"rows closed-book statement": 1_200, "rows text text": 300}, {"en": 900, "zh": 600}
    ),
    "test": Split(20, 4_000, 1, {"rows closed-book recall": 20}, {"en": 20}),
}


def test_the_card_has_front_matter_that_the_hub_reads(toy_kb: KnowledgeBase) -> None:
    from huggingface_hub import DatasetCard

    card = DatasetCard(dataset_card(Arm('a: "b"', ""), SPLITS, toy_kb.origins))
    assert card.data.pretty_name == 'kaug: a: "b"'
    assert (card.data.language, card.data.license) == (["en", "zh"], ["cc-by-4.0", "cc0-1.0"])
    assert card.data.size_categories == ["1K<n<10K"]
    assert card.data.task_categories == ["text-generation", "question-answering"]
    assert (card.data.annotations_creators, card.data.multilinguality) == (["machine-generated"], ["multilingual"])
    assert card.data.source_datasets == ["original"]
    files = [{"split": name, "path": f"{name}/data-*.arrow"} for name in ("train", "test")]
    assert card.data.configs[0] == {"config_name": "default", "default": True, "data_files": files}
    assert [config["config_name"] for config in card.data.configs] == ["default", "exam"]


@pytest.mark.parametrize(
    ("rows", "name"), [(0, "n<1K"), (999, "n<1K"), (1_000, "1K<n<10K"), (10**9, "1B<n<10B"), (10**13, "n>1T")]
)
def test_the_size_is_one_of_the_hubs(rows: int, name: str) -> None:
    assert f'size_categories: ["{name}"]' in dataset_card(ARMS["augmented"], {"train": Split(rows)}, {}).split("\n")


def test_the_card_says_what_a_user_of_data_asks(toy_kb: KnowledgeBase) -> None:
    given: dict[str, Any] = {
        "settings": {"forms": ["statement"]},
        "seed": 7,
        "left_out": {"no such reason": 0, "a reason": 1_234},
    }
    card = dataset_card(ARMS["augmented"], SPLITS, toy_kb.origins, **given)
    for line in (
        "| world | CC0-1.0 | https://toy.example/world | The toy makers |",
        "| everyday | CC-BY-4.0 | https://toy.example/things | Us |",
        "| `train` | 1,500 | 200,000 | rows to train on |",
        "| `train` | closed-book statement | 1,200 |",
        "| `test` | closed-book recall | 20 |",
        "| `text_id` | `string` | id of the text in the row |",
        '| `forms` | \\["statement"\\] |',
        "| a reason | 1,234 |",
    ):
        assert line in card.split("\n")
    assert "`kaug augment PIPELINE --seed 7`" in card
    assert "no such reason" not in card
    assert list(COLUMNS) == EXAMPLES.names
    assert ("false on purpose" in dataset_card(ARMS["shuffled"], SPLITS, {})) != ("false on purpose" in card)


def test_what_others_wrote_is_shown_in_the_card_and_means_nothing() -> None:
    from huggingface_hub import DatasetCard

    hostile = {
        "licence": "---\n# Pwned",
        "origin": "<script>alert(1)</script>",
        "attribution": "<b> [x](javascript:y) | z\u202e",
    }
    plain = dataset_card(Arm("a", ""), SPLITS, {})
    card = dataset_card(Arm("# Why?\n---\nlicense: mit", ""), SPLITS, {"a": hostile}, settings={"<b>": "</b>\n# x"})
    assert DatasetCard(card).data.license == "other"
    assert [line for line in card.split("\n") if line.startswith("#")][1:] == [
        line for line in plain.split("\n") if line.startswith("#")
    ][1:]
    assert "<script" not in card
    assert "</b>" not in card
    assert "\u202e" not in card
    assert "\\[x\\](javascript:y) \\| z" in card


def test_croissant_describes_every_split_and_column(toy_kb: KnowledgeBase) -> None:
    about = croissant(ARMS["augmented"], SPLITS, toy_kb.origins)
    assert about["license"] == [
        "https://creativecommons.org/licenses/by/4.0/",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ]
    assert about["citeAs"] == "The toy makers; Us"
    assert [files["includes"] for files in about["distribution"]] == ["train/data-*.arrow", "test/data-*.arrow"]
    for name, rows in zip(("train", "test"), about["recordSet"], strict=True):
        fields = {field["name"]: field for field in rows["field"]}
        assert list(fields) == EXAMPLES.names
        assert fields["prompt"]["dataType"] == "sc:Text"
        assert fields["facts"]["repeated"]
        assert {part["name"]: part["dataType"] for part in fields["spans"]["subField"]} == {
            "fact": "sc:Integer",
            "field": "sc:Text",
            "start": "sc:Integer",
            "end": "sc:Integer",
        }
        assert fields["id"]["source"] == {"fileSet": {"@id": f"{name}-files"}, "extract": {"column": "id"}}


@pytest.mark.slow
def test_croissant_is_valid(tmp_path: Path, toy_kb: KnowledgeBase) -> None:
    import mlcroissant

    table = text_rows(["A text."], ["a"])
    splits = write_shards([("train", table), ("test", table)], tmp_path)
    write_card(tmp_path, ARMS["augmented"], splits, toy_kb.origins)
    data = mlcroissant.Dataset(jsonld=tmp_path / "croissant.json")
    assert [record.id for record in data.metadata.record_sets] == ["train", "test"]
    assert not data.metadata.ctx.issues.errors
    assert splits["train"].counts == count_rows(table)
    assert json.loads((tmp_path / "croissant.json").read_text(encoding="utf-8"))["name"] == "kaug-augmented"
