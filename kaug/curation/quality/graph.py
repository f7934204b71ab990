"""A knowledge base → polars frames of its triples, terms and entities, and of its vocabulary's statements."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import Numbers, below
from kaug.knowledge.inference.rules import READING
from kaug.knowledge.knowledge_base import KnowledgeBase

__all__ = ["PREFIXES", "Graph", "linked"]

PREFIXES = {
    "rdf:": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs:": "http://www.w3.org/2000/01/rdf-schema#",
    "owl:": "http://www.w3.org/2002/07/owl#",
    "skos:": "http://www.w3.org/2004/02/skos/core#",
    "xsd:": "http://www.w3.org/2001/XMLSchema#",
}
"""The standard vocabularies. A frame's column `datatype` abbreviates their IRIs."""
_ENDS = ["subject", "predicate", "object"]
_EXAMPLES = 3
_NO_CLASS = ["rdfs:Resource", "rdfs:Class", "rdf:Property"]
_NO_CLASS += [f"owl:{name}" for name in ("Thing", "NamedIndividual", "Class", "Ontology", "Restriction")]


class Graph:
    """A knowledge base in polars frames. Terms are numbers (uint32), the rows of `terms`.

    Attributes:
        kb: The knowledge base.
        terms: `term`, `kind`, `value`, `datatype`, `language`.
        labels: `term`, `language`, `text`, `preferred`, and `row`.
        triples: `row`, `subject`, `predicate`, `object`: facts, then axioms.
        facts: The triples that are facts.
        vocabulary: Prefixed names of the standard vocabularies to their terms.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :capital :lome ; :area 56785 .')
        >>> graph = Graph(build_kb([file]))
        >>> len(graph.facts), graph.terms["value"].gather(graph.entities["term"]).to_list()
        (2, ['urn:x:lome', 'urn:x:togo'])
    """

    def __init__(self, kb: KnowledgeBase) -> None:
        self.kb = kb
        terms = _frame(kb.terms).with_columns(pl.col("kind", "datatype", "language").cast(pl.String))
        short = {iri: abbreviated(iri) for iri in terms["datatype"].drop_nulls().unique()}
        self.terms = terms.with_row_index("term").with_columns(pl.col("datatype").replace(short))
        self.labels = _frame(kb.labels).with_row_index("row")
        self.triples = _frame(pa.concat_tables([kb.facts.select(_ENDS), kb.axioms.select(_ENDS)])).with_row_index("row")
        self.facts = self.triples.head(kb.facts.num_rows)
        standard = pl.any_horizontal(pl.col("value").str.starts_with(space) for space in PREFIXES.values())
        names = self.terms.filter(pl.col("kind") == "iri", standard).select("value", "term")
        self.vocabulary = {abbreviated(iri): term for iri, term in names.iter_rows()}

    def named(self, *names: str) -> list[int]:
        """Return the terms of those prefixed names that the knowledge base has."""
        return [self.vocabulary[name] for name in names if name in self.vocabulary]

    def get(self, name: str, term: str) -> pl.Expr:
        """Return an expression: the column `name` of `terms` for the terms in the column `term`."""
        return pl.lit(self.terms[name]).gather(pl.col(term))

    def pairs(self, *predicates: str) -> pl.DataFrame:
        """Return subjects and objects of all facts and axioms with one of the predicates."""
        return self.triples.filter(pl.col("predicate").is_in(self.named(*predicates))).select("subject", "object")

    def typed(self, *classes: str) -> pl.Series:
        """Return the stated instances of some classes, in facts or axioms, ascending."""
        pairs = self.pairs("rdf:type").filter(pl.col("object").is_in(self.named(*classes)))
        return pairs["subject"].unique().sort()

    @cached_property
    def particular(self) -> pl.DataFrame:
        """The facts about particular things, without those that were read from an axiom about a class."""
        rules = pl.Series(self.kb.facts["rule"].cast(pa.string()).to_pylist(), dtype=pl.String)
        return self.facts.filter(~rules.is_in(list(READING)).fill_null(False))

    @cached_property
    def ends(self) -> pl.DataFrame:
        """The subjects and objects of facts, ascending: `term`, `kind`, `facts` with it, and `mentions` in them."""
        objects = self.facts.select(term="object", other=pl.col("object") != pl.col("subject"))
        both = pl.concat([self.facts.select(term="subject", other=pl.lit(True)), objects])
        ends = both.group_by("term").agg(facts=pl.col("other").sum(), mentions=pl.len())
        return ends.sort("term").with_columns(kind=self.get("kind", "term"))

    @cached_property
    def entities(self) -> pl.DataFrame:
        """The IRIs and blank nodes among `ends`: whether they have a label, `any`, of each language, `@tag`, or of none, `@`."""
        names = {f"@{tag}": self.labels.filter(_speaks(tag)) for tag in self.kb.languages}
        names |= {"@": self.labels.filter(pl.col("language") == ""), "any": self.labels}
        labelled = {name: pl.col("term").is_in(labels["term"].unique().implode()) for name, labels in names.items()}
        return self.ends.filter(pl.col("kind") != "literal").with_columns(**labelled)

    @cached_property
    def literals(self) -> pl.DataFrame:
        """The literals among `ends`, with `value`, `datatype` and `language`."""
        columns = {name: self.get(name, "term") for name in ("value", "datatype", "language")}
        return self.ends.filter(pl.col("kind") == "literal").select("term", **columns)

    @cached_property
    def preferred(self) -> pl.DataFrame:
        """The preferred labels of entities, with the first rows of their `text` and of their `language`."""
        labels = self.labels.filter("preferred", pl.col("term").is_in(self.entities["term"].implode()))
        first = pl.col("row").min()
        return labels.with_columns(of_text=first.over("text"), of_language=first.over("language"))

    @cached_property
    def described(self) -> pl.DataFrame:
        """The IRIs that are a subject or have a label, ascending: `term`."""
        terms = pl.concat([self.triples["subject"], self.labels["term"]]).unique().sort().to_frame("term")
        return terms.filter(self.get("kind", "term") == "iri")

    @cached_property
    def unknown(self) -> pl.Series:
        """The IRIs of which no source says anything: not described, the class of nothing, in no standard vocabulary."""
        standard = pl.Series(list(self.vocabulary.values()), dtype=pl.UInt32)
        known = pl.concat([self.described["term"], self.types["class"], standard])
        return self.terms.filter(pl.col("kind") == "iri", ~pl.col("term").is_in(known.implode()))["term"]

    @cached_property
    def undescribed(self) -> pl.DataFrame:
        """The objects that are not described: `term`, `count` of facts, `space`, and whether subjects share it (`inner`)."""
        objects = self.facts.group_by(term="object").agg(count=pl.len()).filter(self.get("kind", "term") == "iri")
        known = pl.concat([self.described["term"], pl.Series(list(self.vocabulary.values()), dtype=pl.UInt32)])
        objects = objects.filter(~pl.col("term").is_in(known.implode()))
        space = self.get("value", "term").str.replace(r"[^#/:]*[#/:]?$", "")
        subjects = self.facts.select(term=pl.col("subject").unique()).filter(self.get("kind", "term") == "iri")
        inner = space.is_in(subjects.select(space.unique()).to_series().implode())
        return objects.sort("count", "term", descending=[True, False]).with_columns(space=space, inner=inner)

    @cached_property
    def fan_out(self) -> pl.DataFrame:
        """The number of objects of each subject: `predicate`, `subject`, `count`."""
        # FACTS is sorted by subject and predicate, so each group is a run.
        runs = self.facts.select(run=pl.struct("subject", "predicate").rle()).unnest("run").unnest("value")
        return runs.rename({"len": "count"})

    @cached_property
    def components(self) -> pl.DataFrame:
        """The weakly connected components of the entities: `size`, and three `members`; the largest first."""
        links = self.facts.filter(self.get("kind", "object") != "literal")
        part = pl.lit(self.linked(links)).gather(pl.col("term"))
        parts = self.entities.group_by(part=part).agg(size=pl.len(), members=pl.col("term").head(_EXAMPLES))
        return parts.sort("size", "part", descending=[True, False])

    @cached_property
    def types(self) -> pl.DataFrame:
        """Entities and their stated classes, in facts or axioms, without classes of everything such as owl:Thing."""
        types = self.pairs("rdf:type").rename({"subject": "entity", "object": "class"})
        return types.filter(~pl.col("class").is_in(self.named(*_NO_CLASS)))

    def linked(self, links: pl.DataFrame) -> pl.Series:
        """Return the least term that each term is linked to by `subject` and `object`, over any number of links."""
        names = linked(links["subject"].to_numpy(), links["object"].to_numpy(), len(self.terms))
        return pl.Series(names, dtype=pl.UInt32)

    def instances(self, classes: pl.Series, unions: pl.DataFrame | None = None) -> pl.DataFrame:
        """Return `entity` and `class`: the instances of each class and of the classes below it.

        Args:
            classes: The classes.
            unions: Pairs of `member` and `union`; a union is above its member.
        """
        return self.types.rename({"class": "node"}).join(self.subclasses(classes, unions), "node").drop("node").unique()

    def subclasses(self, classes: pl.Series, unions: pl.DataFrame | None = None) -> pl.DataFrame:
        """Return `node` and `class`: all classes below each class, itself included."""
        above = self._above("rdfs:subClassOf", "owl:equivalentClass")
        if unions is not None:
            above = pl.concat([above, unions.select(subject="member", object="union")])
        return _below(above, classes).rename({"top": "class"})

    def facts_of(self, properties: pl.Series) -> pl.DataFrame:
        """Return the particular facts of properties and of those below them, with the `property` of each."""
        lower = _below(self._above("rdfs:subPropertyOf", "owl:equivalentProperty"), properties)
        facts = self.particular.join(lower.rename({"node": "predicate", "top": "property"}), "predicate")
        return facts.sort("predicate", "property", "row")

    def members(self, lists: pl.DataFrame) -> pl.DataFrame:
        """Return the other columns with each `member` of the RDF lists in the column `head`."""
        rest = self.pairs("rdf:rest").filter(~pl.col("object").is_in(self.named("rdf:nil")))
        name = pl.lit(self.linked(rest))  # the cells of a list are linked by rdf:rest
        firsts = self.pairs("rdf:first").select(list=name.gather(pl.col("subject")), member="object")
        return lists.with_columns(list=name.gather(pl.col("head"))).join(firsts, "list").drop("list", "head")

    def exclusive(self, predicates: list[str], groups: str, lists: list[str]) -> pl.DataFrame:
        """Return the pairs of classes or properties that exclude each other, `a` less than `b`.

        Args:
            predicates: State pairs one by one.
            groups: The class of nodes whose owl:members exclude each other.
            lists: Predicates of lists whose members exclude each other.
        """
        of_groups = self.pairs("owl:members").filter(pl.col("subject").is_in(self.typed(groups).implode()))
        heads = pl.concat([of_groups, self.pairs(*lists)]).select(group="subject", head="object")
        members = self.members(heads)
        listed = members.join(members, "group").select(subject="member", object="member_right")
        pairs = pl.concat([self.pairs(*predicates), listed]).filter(pl.col("subject") != pl.col("object"))
        return pairs.select(a=pl.min_horizontal("subject", "object"), b=pl.max_horizontal("subject", "object")).unique()

    @cached_property
    def disjoint_classes(self) -> pl.DataFrame:
        """The pairs `a`, `b` of disjoint classes."""
        return self.exclusive(
            ["owl:disjointWith", "owl:complementOf"], "owl:AllDisjointClasses", ["owl:disjointUnionOf"]
        )

    def about(self, terms: Sequence[int], *, axioms: bool = False) -> dict[int, list[int]]:
        """Find up to three rows about each term: those with it as the subject first, then those with it as the object."""
        triples = self.triples if axioms else self.facts
        wanted = pl.Series("term", sorted(set(terms)), pl.UInt32).to_frame()
        parts = [
            wanted.join(triples.select("row", term=end), "term")
            .sort("term", "row")
            .group_by("term", maintain_order=True)
            .head(_EXAMPLES)
            for end in ("subject", "object")
        ]
        rows = pl.concat(parts).group_by("term").agg(pl.col("row").unique(maintain_order=True).head(_EXAMPLES))
        examples: dict[int, list[int]] = {term: [] for term in terms}
        return examples | dict(rows.iter_rows())

    def _above(self, sub: str, same: str) -> pl.DataFrame:
        """Return the stated edges of a hierarchy, upwards; equivalences in both directions."""
        equal = self.pairs(same)
        return pl.concat([self.pairs(sub), equal, equal.select(subject="object", object="subject")])


def abbreviated(iri: str) -> str:
    """Write an IRI of a standard vocabulary with its prefix; another one stays as it is."""
    return next((prefix + iri.removeprefix(space) for prefix, space in PREFIXES.items() if iri.startswith(space)), iri)


def linked(one: NDArray[np.integer], other: NDArray[np.integer], size: int) -> Numbers:
    """Return the least number that each number below `size` is linked to by edges, over any number of them.

    Examples:
        >>> linked(np.array([3, 1]), np.array([1, 4]), 6).tolist()
        [0, 1, 2, 1, 1, 5]
    """
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    if not len(one):
        return np.arange(size, dtype=np.int64)
    edges = sp.coo_array((np.ones(len(one), np.int8), (one, other)), shape=(size, size))
    part = connected_components(edges, directed=False)[1]
    least = np.empty(int(part.max()) + 1, dtype=np.int64)
    least[part[::-1]] = np.arange(size)[::-1]  # of several values set at once, the last counts
    return np.asarray(least[part])


def _speaks(language: str) -> pl.Expr:
    tag = language.lower()
    return (pl.col("language") == tag) | pl.col("language").str.starts_with(f"{tag}-")


def _below(edges: pl.DataFrame, tops: pl.Series) -> pl.DataFrame:
    """`node` and `top` for all nodes below each top, itself included; an edge leads from subject up to object."""
    child, parent, top = (column.to_numpy().astype(np.int64) for column in (edges["subject"], edges["object"], tops))
    node, number = below(child, parent, top, np.arange(len(top)))
    return pl.DataFrame({"node": node, "top": top[number]}, schema={"node": pl.UInt32, "top": pl.UInt32})


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame
