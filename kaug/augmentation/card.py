"""An arm's splits on disk → the dataset card (`README.md`) and the Croissant description (`croissant.json`) beside them."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from kaug.arms import Arm
from kaug.augmentation.shards import Split, configs
from kaug.html.markdown import markdown_line
from kaug.store.files import write_whole
from kaug.tables import EXAMPLES
from kaug.version import __version__

__all__ = ["COLUMNS", "croissant", "dataset_card", "write_card"]

COLUMNS = {
    "id": "digest of form, prompt, completion and facts; in `test` the id of the probe",
    "family": "`closed-book`: facts to recall; `open-book`: facts to use, in the row; `text`: text without facts",
    "form": "how the row says its facts; in `test` the kind of probe",
    "task": "`question-answering` or `language-modelling`",
    "prompt": "what the model is given; may be empty",
    "completion": "what it should write, on which the loss is computed",
    "facts": "ids of the facts that the row states, or rests on",
    "spans": "where it states them: index in `facts`, field, first character, character after the last",
    "text_id": "id of the text in the row",
    "language": "BCP 47 tag",
    "query": "SPARQL over the knowledge base that returns what the row answers",
    "proof": "why a statement of the row is false, or its question has no answer",
}
"""The columns of EXAMPLES, described for users of a dataset."""

_ABOUT = {
    "train": "rows to train on",
    "validation_entity": "rows of facts about entities of which `train` has no fact",
    "validation_phrasing": "facts of `train` in templates that it does not have",
    "test": "the exam: its templates are in no other split, and no closed-book question of another split is about its entities",
}

_LICENCES = {
    **{f"cc-{name}-{v}": f"https://creativecommons.org/licenses/{name}/{v}/"
       for name in ("by", "by-sa", "by-nc", "by-nc-sa", "by-nd", "by-nc-nd") for v in ("2.0", "2.5", "3.0", "4.0")},
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "pddl": "https://opendatacommons.org/licenses/pddl/1-0/",
    "odc-by": "https://opendatacommons.org/licenses/by/1-0/",
    "odbl": "https://opendatacommons.org/licenses/odbl/1-0/",
    "gfdl": "https://www.gnu.org/licenses/fdl-1.3.html",
    **{name: f"https://spdx.org/licenses/{spdx}.html"
       for name, spdx in (("mit", "MIT"), ("apache-2.0", "Apache-2.0"), ("bsd-2-clause", "BSD-2-Clause"),
                          ("bsd-3-clause", "BSD-3-Clause"), ("gpl-3.0", "GPL-3.0-only"), ("unlicense", "Unlicense"),
                          ("wtfpl", "WTFPL"))},
}  # fmt: skip
"""Licence identifiers of the Hugging Face Hub, which calls all others "other", and their addresses."""

_SIZES = {
    "n<1K": 10**3,
    **{f"{low}<n<{high}": 10**power for power, (low, high) in enumerate(
        [("1K", "10K"), ("10K", "100K"), ("100K", "1M"), ("1M", "10M"), ("10M", "100M"), ("100M", "1B"), ("1B", "10B"),
         ("10B", "100B"), ("100B", "1T")], start=4)},
    "n>1T": math.inf,
}  # fmt: skip

Origins = Mapping[str, Mapping[str, str]]


def write_card(folder: Path, arm: Arm, splits: Mapping[str, Split], origins: Origins, **made: Any) -> None:
    """Write `README.md` and `croissant.json` into the folder of a dataset; `made` goes to `dataset_card`."""
    write_whole(folder / "README.md", dataset_card(arm, splits, origins, **made))
    described = croissant(arm, splits, origins)
    write_whole(folder / "croissant.json", json.dumps(described, indent=2, ensure_ascii=False) + "\n")


def dataset_card(
    arm: Arm,
    splits: Mapping[str, Split],
    origins: Origins,
    *,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    left_out: Mapping[str, int] | None = None,
) -> str:
    """Write the dataset card of an arm, with the header that `load_dataset` and the Hugging Face Hub read.

    Args:
        arm: The arm.
        splits: Its splits.
        origins: The sources of the knowledge base by id: their licence, origin and attribution.
        settings: The settings of `[augmentation]`.
        seed: The seed.
        left_out: Rows and facts left out, by reason.
    """
    languages = sorted(set[str]().union(*(split.languages for split in splits.values())))
    licences = sorted({_licence(source) for source in origins.values()})
    header = {
        "pretty_name": f"kaug: {arm.name}",
        "license": licences[0] if len(licences) == 1 else licences,
        "language": languages,
        "multilinguality": ["multilingual" if len(languages) > 1 else "monolingual"],
        "size_categories": [_size(sum(split.rows for split in splits.values()))],
        "task_categories": ["text-generation", "question-answering"],
        "annotations_creators": ["machine-generated"],
        "language_creators": ["machine-generated"],
        "source_datasets": ["original"],
        "tags": ["kaug", "knowledge-graph", "rdf", "synthetic"],
        "configs": configs(splits, exam="test" in splits),
    }
    body = {
        "How it was made": _how_made(settings or {}, seed),
        "Splits": _about_splits(splits),
        "Columns": _columns(),
        "Rows by form": _forms(splits),
        "Licences and attribution": _SOURCES + _origins(origins),
        "Leak guard": _GUARD,
        "Limits": _LIMITS + (_FALSE if arm.rows == "shuffled" else "") + _reasons(left_out or {}),
    }
    lines = ["---", *(f"{key}: {json.dumps(value)}" for key, value in header.items() if value), "---", ""]
    lines += [f"# Training rows of the arm {markdown_line(arm.name)}", "", _what(settings or {})]
    return "\n".join([*lines, *(f"\n## {title}\n\n{text.rstrip()}" for title, text in body.items())]) + "\n"


_WHAT = """Sentences, questions and texts that teach a language model the facts of an RDF knowledge base. Templates and rules
wrote them, no language model did. Every row names its facts (`facts`) and where it says them (`spans`). The loss falls on
`completion`; `prompt` may be empty."""

_SOURCES = """The rows state facts of these sources; the licence of each applies to what is taken from it.
Rows with a `text_id` hold texts that whoever ran kaug gave.\n\n"""

_GUARD = """The exam was drawn before the rows were written. No row holds a question of the exam or has one of its templates, no
closed-book row asks about its entities, and none states a fact that it asks as not taught: such a row stops the run.
Do not train on `test`."""

_LIMITS = """Sentences are as right as the sources, and as good as their labels and templates; nobody read them all. Facts
change, the rows do not. Statements about persons are those of the sources."""

_FALSE = " The objects of this arm's facts are shuffled: its sentences are false on purpose, as a control."


def _what(settings: Mapping[str, Any]) -> str:
    """Say who wrote the rows."""
    model = settings.get("rewrite", {}).get("model")
    if not model:
        return _WHAT
    by = f"the language model {markdown_line(model)} put some into other words, which were checked"
    return _WHAT.replace("no language model did", by)


def _how_made(settings: Mapping[str, Any], seed: int) -> str:
    text = (
        f"kaug {__version__}, `kaug augment PIPELINE --seed {seed}`. The same sources and settings give the same bytes"
    )
    values = ((f"`{name}`", markdown_line(json.dumps(value, default=str))) for name, value in settings.items())
    return f"{text}:\n\n" + _table(("`[augmentation]`", "value"), values) if settings else f"{text}.\n"


def _columns() -> str:
    kinds = ((column.name, str(column.type).replace(" not null", "").replace("item: ", "")) for column in EXAMPLES)
    return _table(("column", "type", "meaning"), ((f"`{name}`", f"`{kind}`", COLUMNS[name]) for name, kind in kinds))


def _about_splits(splits: Mapping[str, Split]) -> str:
    rows = ((f"`{name}`", f"{s.rows:,}", f"{s.bytes:,}", _ABOUT.get(name, "")) for name, s in splits.items())
    exam = "`test` has the first right answer of each probe; the configuration `exam`, where there is one, has all of them."
    text = "\n`load_dataset(FOLDER)` and `load_from_disk(FOLDER)` read them. " + (exam if "test" in splits else "")
    return _table(("split", "rows", "bytes", "what it is"), rows) + text


def _forms(splits: Mapping[str, Split]) -> str:
    counts = ((name, *each) for name, split in splits.items() for each in sorted(split.counts.items()))
    cells = ((f"`{name}`", markdown_line(form.removeprefix("rows ")), f"{n:,}") for name, form, n in counts)
    return _table(("split", "rows", "number"), cells)


def _origins(origins: Origins) -> str:
    names = ("licence", "origin", "attribution")
    cells = ((key, *(source[name] for name in names)) for key, source in sorted(origins.items()))
    return _table(("source", *names), (map(markdown_line, row) for row in cells))


def _reasons(left_out: Mapping[str, int]) -> str:
    rows = [(markdown_line(why), f"{count:,}") for why, count in sorted(left_out.items()) if count]
    return "\n\n" + _table(("not written", "number"), rows) if rows else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    names = list(head)
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in (names, ["---"] * len(names), *rows))


def _licence(source: Mapping[str, str]) -> str:
    licence = source["licence"].lower()
    return licence if licence in _LICENCES else "other"


def _size(rows: int) -> str:
    return next(name for name, most in _SIZES.items() if rows < most)


def croissant(arm: Arm, splits: Mapping[str, Split], origins: Origins) -> dict[str, Any]:
    """Describe a dataset in Croissant 1.0 (Akhtar et al. 2024, arXiv 2403.19546), which dataset search engines read.

    Args:
        arm: The arm.
        splits: Its splits.
        origins: The sources of the knowledge base by id: their licence, origin and attribution.

    Returns:
        JSON-LD: a set of files for each split, and its rows with their columns.
    """
    files = [
        {
            "@type": "cr:FileSet",
            "@id": f"{name}-files",
            "name": f"{name}-files",
            "encodingFormat": "application/vnd.apache.arrow.stream",
            "includes": f"{name}/data-*.arrow",
        }
        for name in splits
    ]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": f"kaug-{arm.name}",
        "description": " ".join(_WHAT.split()),
        "creator": {"@type": "sc:Organization", "name": f"kaug {__version__}"},
        "license": sorted({_LICENCES.get(_licence(source), source["licence"]) for source in origins.values()}),
        "citeAs": "; ".join(sorted({source["attribution"] for source in origins.values()} - {""})),
        "inLanguage": sorted(set[str]().union(*(split.languages for split in splits.values()))),
        "keywords": ["knowledge graph", "RDF", "synthetic", "language model"],
        "distribution": files,
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": name,
                "name": name,
                "description": _ABOUT.get(name, name),
                "field": [_field(name, column, f"{name}-files") for column in EXAMPLES],
            }
            for name in splits
        ],
    }


def _field(place: str, column: pa.Field, files: str) -> dict[str, Any]:
    """Describe a column, or a part of one."""
    repeated = pa.types.is_list(column.type)
    kind = column.type.value_type if repeated else column.type
    about: dict[str, Any] = {"@type": "cr:Field", "@id": f"{place}/{column.name}", "name": column.name}
    source = {"fileSet": {"@id": files}, "extract": {"column": column.name}}
    about |= {"description": COLUMNS.get(column.name, column.name), "source": source}
    about |= {"repeated": True} if repeated else {}
    if not pa.types.is_struct(kind):
        return about | {"dataType": "sc:Text" if pa.types.is_string(kind) else "sc:Integer"}
    parts = [_field(f"{place}/{column.name}", part, files) for part in kind]
    for part in parts:
        part["source"] = source | {"transform": {"jsonPath": part["name"]}}
    return about | {"subField": parts}


_TERMS = """column extract field fileObject fileProperty fileSet format includes isLiveDataset jsonPath key
md5 parentField path recordSet references regex repeated replace samplingRate separator source subField transform"""

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    **{name: f"cr:{name}" for name in [*_TERMS.split(), "citeAs"]},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}
"""The JSON-LD context of Croissant 1.0."""
