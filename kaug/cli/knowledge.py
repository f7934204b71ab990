"""The commands about RDF and built knowledge bases."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kaug.cli.options import Build, Context, Json, app, print_lines, read_contexts, say, set_logging
from kaug.errors import PipelineError
from kaug.progress import bars

Language = Annotated[str, typer.Option(help="Language of labels and sentences.")]


@app.command()
def validate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILES...", help="RDF files, folders of them, or patterns in quotes.")
    ],
    shapes: Annotated[Path | None, typer.Option(help="SHACL shapes that all files together must satisfy.")] = None,
    context: Context = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Parse RDF files strictly; print a line for each, and one for each malformed line of N-Triples and N-Quads.

    Exit code 3 if any is malformed or breaks a shape.
    """
    from kaug.rdf.sources import expand, passed_over, source_of
    from kaug.rdf.validate import check_shapes, validate_file, validation_lines

    expanded, contexts = expand(files), read_contexts(context)
    for path in files:
        if note := passed_over(source_of(path))[1]:
            say(note)
    broken = False
    for file in expanded:
        line = validate_file(file, contexts=contexts)
        broken |= not line["ok"]
        print_lines(line if as_json else validation_lines(line), as_json)
    if shapes and not broken:
        for result in check_shapes(expanded, shapes):
            print_lines(result if as_json else ["{severity}: {focus}: {message}".format(**result)], as_json)
            broken |= result["severity"] == "Violation"
    if broken:
        sys.exit(3)


@app.command()
def quality(build: Build, as_json: Json = False) -> None:
    """Print the quality report of a built knowledge base.

    Example: `kaug quality build/quickstart`
    """
    from kaug.curation.quality import load_quality, quality_lines

    report, page = load_quality(build)
    lines = [*quality_lines(report), *([f"Page: {page}"] if page else [])]
    print_lines(report if as_json else lines, as_json)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="A", help="A run's folder, or its 1-knowledge/.")],
    new: Annotated[Path, typer.Argument(metavar="B", help="Another.")],
    shards: Annotated[
        bool,
        typer.Option("--shards", help="Also list the rows of A's shards that disappear or are stale, and what to do."),
    ] = False,
    examples: Annotated[
        int, typer.Option(min=0, help="How many facts, labels and templates of each kind to show.")
    ] = 10,
    as_json: Json = False,
) -> None:
    """Compare two built knowledge bases: facts, labels, templates, rows.

    Example: `kaug diff build/before build/after --shards`
    """
    from kaug.curation.versions.diff import diff as compare
    from kaug.curation.versions.diff import diff_json, diff_lines
    from kaug.knowledge.knowledge_base import load_kb

    difference = compare(load_kb(old), load_kb(new))
    rows = _rows_affected(old, difference) if shards else {}
    content = diff_json(difference) | ({"rows": rows} if shards else {})
    lines = [f"  {name}: " + ", ".join(f"{n:,} {what}" for what, n in counts.items()) for name, counts in rows.items()]
    lines = [*diff_lines(difference, examples), *(["", "rows", *lines] if lines else [])]
    print_lines(content if as_json else lines, as_json)


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
    """Show the provenance of facts: their sources, or the rule and the facts that they were inferred from.

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
    print_lines([asdict(proof) for proof in proofs] if as_json else [*lines, *more], as_json)


@app.command()
def export(
    build: Build,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="File to write; its ending decides: .nt .nq .ttl .trig .n3 .rdf .jsonld, each with .gz if you like, or a "
            "table, .parquet or .csv.",
        ),
    ],
    language: Language = "en",
    inferred: Annotated[bool, typer.Option(help="Write inferred facts and axioms, too.")] = True,
    as_json: Json = False,
) -> None:
    """Write a built knowledge base as RDF, or its facts as a table.

    In .nq and .trig each source has a named graph; inferred facts are in urn:kaug:inferred. `kaug export-rows` writes
    training rows.

    Example: `kaug export build/quickstart -o facts.nq.gz --no-inferred`
    """
    from kaug.curation.export import write_rdf, write_table_file
    from kaug.knowledge.knowledge_base import load_kb

    kb = load_kb(build)
    if out.suffix.lower() in (".parquet", ".csv"):
        written = {"file": str(out), "facts": write_table_file(kb, out, language, inferred=inferred)}
    else:
        written = {"file": str(out), "triples": write_rdf(kb, out, inferred=inferred)}
    print_lines(written, as_json)


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
    """List the predicates that the lexicon lacks, most used first; with --draft, write draft entries to edit."""
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
        lines = lines or ["The lexicon has an entry for every predicate."]
        print_lines([asdict(one) for one in wanted] if as_json else lines, as_json)
        return
    if draft == "rule":
        drafts = draft_by_rule(kb, wanted)
    else:
        from kaug.models.asking import ask_endpoint, ask_model

        set_logging(False)
        ask = (
            ask_endpoint(endpoint, model, key_variable=key_variable)
            if endpoint
            else ask_model(model, begins=BEGINS, ends=ENDS)
        )
        with bars() as show, show(f"asking {model}", len(wanted), "predicates") as advance:
            drafts = draft_by_model(kb, wanted, ask, model, progress=advance)
    written = write_lexicon(drafts.entries, out)
    refused = {f"refused: {reason}": count for reason, count in drafts.rejected.items()}
    print_lines({"file": str(out), "entries": written, **refused}, as_json)
