"""Knowledge of any origin → files and findings: the commands about RDF and what was built of it."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kaug.cli.options import Json, app, listing, print_lines, set_logging
from kaug.errors import PipelineError, nearest
from kaug.progress import bars

Build = Annotated[
    Path, typer.Argument(metavar="BUILD", help="A run's folder, such as build/quickstart, or its 1-knowledge/.")
]
Language = Annotated[str, typer.Option(help="Language of labels and sentences.")]
_ACTING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What acts on a terminal or turns text about, and JSON does not escape by itself."""


def _print(content: Any, lines: list[str], as_json: bool) -> None:
    """Print what was found as JSON or as lines, with no control or directional character of the data left to act."""
    from kaug.html.page import visible

    if as_json:
        print(_ACTING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(content, ensure_ascii=False)))
    else:
        print("\n".join(visible(line, limit=len(line)) for line in lines))


@app.command()
def validate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILES...", help="RDF files, folders of them, or patterns in quotes.")
    ],
    shapes: Annotated[Path | None, typer.Option(help="SHACL shapes that all files together must satisfy.")] = None,
    as_json: Json = False,
) -> None:
    """Parse RDF files strictly; print a line for each. Exit code 3 if any is malformed or breaks a shape."""
    from kaug.rdf.sources import expand
    from kaug.rdf.validate import check_shapes, validate_file

    found = expand(files)
    broken = False
    for file in found:
        line = validate_file(file)
        broken |= not line["ok"]
        place = f"{line['file']}:{line['line']}" if line["line"] else line["file"]
        _print(line, [f"{place}: " + (f"{line['triples']:,} triples" if line["ok"] else line["error"])], as_json)
    if shapes and not broken:
        for result in check_shapes(found, shapes):
            _print(result, ["{severity}: {focus}: {message}".format(**result)], as_json)
            broken |= result["severity"] == "Violation"
    if broken:
        sys.exit(3)


@app.command()
def quality(build: Build, as_json: Json = False) -> None:
    """Say what a knowledge engineer should look at: the quality report of a built knowledge base.

    Example: `kaug quality build/quickstart`
    """
    from kaug.curation.quality import load_quality, quality_lines

    report, page = load_quality(build)
    _print(report, [*quality_lines(report), *([f"Page: {page}"] if page else [])], as_json)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="A", help="A run's folder, or its 1-knowledge/.")],
    new: Annotated[Path, typer.Argument(metavar="B", help="Another.")],
    shards: Annotated[
        bool, typer.Option("--shards", help="Say also which rows of A's shards fall or are stale, and what is due.")
    ] = False,
    examples: Annotated[
        int, typer.Option(min=0, help="How many facts, labels and templates of each kind to show.")
    ] = 10,
    as_json: Json = False,
) -> None:
    """Tell what has changed from one built knowledge base to another: facts, labels, templates, rows.

    Example: `kaug diff build/before build/after --shards`
    """
    from kaug.curation.versions.diff import diff as compare
    from kaug.curation.versions.diff import diff_json, diff_lines
    from kaug.knowledge.knowledge_base import load_kb

    difference = compare(load_kb(old), load_kb(new))
    rows = _rows_affected(old, difference) if shards else {}
    content = diff_json(difference) | ({"rows": rows} if shards else {})
    lines = [f"  {name}: " + ", ".join(f"{n:,} {what}" for what, n in counts.items()) for name, counts in rows.items()]
    _print(content, [*diff_lines(difference, examples), *(["", "rows", *lines] if lines else [])], as_json)


def _rows_affected(build: Path, difference: Any) -> dict[str, dict[str, int]]:
    from kaug.augmentation.shards import read_shards
    from kaug.curation.versions.affected import affected
    from kaug.store.artifact import load
    from kaug.tables import read_table

    tables = {}
    if (build / "3-exam").is_dir():
        tables["3-exam"] = read_table(load(build / "3-exam", stage="exam").path / "probes.arrow", "probes")
    for arm in sorted((build / "4-shards").glob("[!.]*")):
        tables[f"4-shards/{arm.name}"] = read_shards(load(arm, stage="augmentation").path)
    if not tables:
        raise PipelineError(f"{build}: there is no exam and there are no shards here; name a run's folder.")
    rows = {}
    for name, table in tables.items():
        touched = affected(difference, table)
        rows[name] = {
            "rows": table.num_rows,
            "fall": int(touched.fallen.sum()),
            "stale": int(touched.stale.sum()),
            "facts due": len(touched.due),
        }
    return rows


@app.command()
def explain(
    build: Build,
    fact: Annotated[str, typer.Argument(help="A fact's id or its first digits, or a name: all facts about it.")],
    language: Language = "en",
    most: Annotated[int, typer.Option(min=1, help="How many facts to explain, where a name has several.")] = 10,
    as_json: Json = False,
) -> None:
    """Say what facts rest on: the sources that state them, or the rule and the facts that they follow from.

    Example: `kaug explain build/quickstart Lomé`
    """
    from dataclasses import asdict

    from kaug.curation.explain.proof import explain as prove
    from kaug.curation.explain.proof import find_facts, say_proof
    from kaug.knowledge.knowledge_base import load_kb

    kb = load_kb(build)
    facts = find_facts(kb, fact)
    proofs = [prove(kb, id_) for id_ in facts[:most]]
    more = [f"… {len(facts) - most} more facts"] if len(facts) > most else []
    lines = [line for proof in proofs for line in say_proof(kb, proof, language)]
    _print([asdict(proof) for proof in proofs], [*lines, *more], as_json)


@app.command(cls=listing("exporters"))
def export(
    build: Build,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="File to write; its ending decides: .nt .nq .ttl .trig .n3 .rdf .jsonld, each with .gz if you like, or a "
            "table, .parquet or .csv. Of rows: .parquet, .jsonl, .jsonl.gz.",
        ),
    ],
    rows: Annotated[
        str | None, typer.Option(metavar="ARM", help="Write the training rows of this arm, not the knowledge base.")
    ] = None,
    as_: Annotated[
        str | None, typer.Option("--as", metavar="EXPORTER", help="The columns of the rows. [default: examples]")
    ] = None,
    language: Language = "en",
    inferred: Annotated[bool, typer.Option(help="Write inferred facts and axioms, too.")] = True,
    as_json: Json = False,
) -> None:
    """Write a built knowledge base as RDF, its facts as a table, or the training rows of an arm for another trainer.

    In .nq and .trig each source has a named graph, and what was inferred another, urn:kaug:inferred.

    Example: `kaug export build/quickstart -o facts.nq.gz --no-inferred`

    Example: `kaug export build/quickstart --rows augmented -o rows.jsonl --as messages`
    """
    from kaug.curation.export import write_rdf, write_table_file
    from kaug.knowledge.knowledge_base import load_kb

    if rows:
        print_lines(_write_rows(build, rows, out, as_ or "examples"), as_json)
        return
    if as_:
        raise PipelineError("--as is for training rows: name their arm with --rows.")
    kb = load_kb(build)
    if out.suffix.lower() in (".parquet", ".csv"):
        written = {"file": str(out), "facts": write_table_file(kb, out, language, inferred=inferred)}
    else:
        written = {"file": str(out), "triples": write_rdf(kb, out, inferred=inferred)}
    print_lines(written, as_json)


def _write_rows(build: Path, arm: str, out: Path, exporter: str) -> dict[str, Any]:
    from kaug.augmentation.exporters import write_rows
    from kaug.augmentation.shards import count_rows, read_shards
    from kaug.store.artifact import load

    arms = [path.name for path in (build / "4-shards").glob("[!.]*")]
    if arm not in arms:
        raise PipelineError(
            f"{build}: has no rows of an arm {arm!r}.{nearest(arm, arms) or ' `kaug augment` writes them.'}"
        )
    rows = read_shards(load(build / "4-shards" / arm, stage="augmentation").path)
    return {"file": str(out), "rows": write_rows(rows, out, exporter), **count_rows(rows)}


@app.command()
def lexicon(
    build: Build,
    draft: Annotated[
        Literal["rule", "model"] | None, typer.Option(help="Draft entries: by rule, or by a language model.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The Turtle file to add drafts to. What it holds stays.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="The model that drafts: a folder, an installed one, or the endpoint's name for it.")
    ] = "smollm2-135m",
    endpoint: Annotated[
        str | None, typer.Option(help="Ask this OpenAI-compatible endpoint, such as http://localhost:8000/v1.")
    ] = None,
    key_variable: Annotated[
        str | None, typer.Option(help="The environment variable that holds the endpoint's key.")
    ] = None,
    language: Annotated[list[str] | None, typer.Option(help="Languages wanted; may be repeated. [default: en]")] = None,
    as_json: Json = False,
) -> None:
    """List the predicates that the lexicon lacks, most used first; with --draft, write entries for a person to mend."""
    from dataclasses import asdict

    from kaug.curation.drafts.draft_prompt import BEGINS, ENDS
    from kaug.curation.drafts.drafts import draft_by_model, draft_by_rule, lacking
    from kaug.curation.drafts.file import write_lexicon
    from kaug.knowledge.knowledge_base import load_kb

    if (draft is None) != (out is None):
        raise PipelineError(
            "--draft and --out go together: how entries are drafted, and the file that they are added to."
        )
    kb = load_kb(build)
    wanted = lacking(kb, language or ["en"])
    if draft is None or out is None:
        lines = [f"{one.facts:>9,}  {one.language}  <{one.iri}>  {one.example or one.label}" for one in wanted]
        none = "The lexicon has an entry for every predicate."
        _print([asdict(one) for one in wanted], lines or [none], as_json)
        return
    if draft == "rule":
        drafts = draft_by_rule(kb, wanted)
    else:
        from kaug.curation.drafts.asking import ask_endpoint, ask_model

        set_logging(False)
        ask = (
            ask_endpoint(endpoint, model, key_variable=key_variable)
            if endpoint
            else ask_model(model, begins=BEGINS, ends=ENDS)
        )
        with bars() as show, show(f"asking {model}", len(wanted), "predicates") as advance:
            drafts = draft_by_model(kb, wanted, ask, model, progress=advance)
    written = write_lexicon(drafts.entries, out)
    print_lines(
        {"file": str(out), "entries": written, **{f"refused: {k}": v for k, v in drafts.rejected.items()}}, as_json
    )
