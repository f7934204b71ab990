"""The limits on a file of RDF, in named constants; docs/formats.md gives the reason of each."""

__all__ = ["MAX_BYTES", "MAX_CONTEXTS", "MAX_DEPTH", "MAX_ENTITY", "MAX_OBJECT", "MAX_RATIO", "MAX_TERM"]

MAX_TERM = 1 << 24
"""Bytes of a literal, an IRI, a comment, or a line of N-Triples: 16 MiB, the parser's own limit for Turtle; it takes half
of that in JSON-LD."""

MAX_DEPTH = {"XML": 1000, "JSON": 100, "triple terms": 100}
"""Levels of nesting, where the parser's time or memory grows with their square, or its stack with each of them."""

MAX_ENTITY = 512
"""Bytes of an XML entity: longer than any namespace, which is what entities abbreviate in RDF."""

MAX_OBJECT = 1 << 28
"""Bytes of one object of JSON-LD: 256 MiB. It is held in memory, at 12 bytes a byte; an array of objects is not."""

MAX_CONTEXTS = 1 << 24
"""Bytes of a JSON-LD context times levels, if it may be copied at each level: 16 MiB; a byte takes about 40 of memory."""

MAX_BYTES = 1 << 40
"""Bytes that a compressed file may expand to: 1 TiB, more than the largest public dumps of RDF in one file."""

MAX_RATIO = 200
"""Bytes that a compressed byte may expand to: real RDF compresses 4 to 14 times, one triple repeated 290 times."""
