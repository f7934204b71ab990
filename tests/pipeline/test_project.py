"""A project's texts are those that `[hygiene]` leaves."""

import json
from pathlib import Path

from kaug.pipeline.project import open_project

PIPELINE = """question = "?"
[knowledge]
sources = ["facts.ttl"]
[augmentation]
texts = "texts.jsonl"
[training]
tokens = 9
"""
TEXTS = ["Ask ada@example.org.", "Ask bo@example.org.", "Mail ~~stop~~ now.", "One."]


def texts_of(folder: Path, hygiene: str = "") -> dict[str, str]:
    (folder / "facts.ttl").write_text("<urn:a> <urn:b> <urn:c> .")
    lines = [json.dumps({"id": f"t{row}", "text": text}) for row, text in enumerate(TEXTS)]
    (folder / "texts.jsonl").write_text("\n".join(lines))
    (folder / "p.toml").write_text(PIPELINE + hygiene)
    project = open_project(folder / "p.toml")
    assert project.clean_texts.left_out.num_rows == len(TEXTS) - len(project.corpus[0])
    return dict(zip(*project.corpus, strict=True))


def test_texts_are_cleaned_by_the_defaults_or_as_the_section_says(tmp_path: Path) -> None:
    masked = {"t0": "Ask [e-mail address].", "t2": TEXTS[2], "t3": TEXTS[3]}
    assert texts_of(tmp_path) == masked
    kept = "[hygiene]\npersonal_data = 'keep'\nmin_words = 2\n"
    assert texts_of(tmp_path, kept) == {f"t{row}": text for row, text in enumerate(TEXTS[:3])}


def test_the_special_tokens_of_a_named_model_are_broken_up(tmp_path: Path, tiny_model: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(tiny_model))
    tokenizer.add_special_tokens({"additional_special_tokens": ["~~stop~~"]})
    tokenizer.save_pretrained(tmp_path / "model")
    config = json.loads((tiny_model / "config.json").read_text()) | {"vocab_size": len(tokenizer)}
    (tmp_path / "model" / "config.json").write_text(json.dumps(config))
    found = texts_of(tmp_path, f"[hygiene]\nmodels = ['{tmp_path / 'model'}']\n")
    assert found["t2"] == "Mail ~ ~stop~~ now."
