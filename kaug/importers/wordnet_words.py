"""One row of a WordNet → what both of its formats are read to: subject, kind, object, language.

The kinds are those below, or the name of a relation; subjects are ids of synsets and senses, and so are the objects of
relations.
"""

__all__ = ["DEFINITION", "EXAMPLE", "OTHER_WORD", "SENSE_OF", "WORD", "Row"]

Row = tuple[str, str, str, str]

WORD = "*word"
"""The first lemma of a synset, or the lemma of a sense."""
OTHER_WORD = "*other word"
DEFINITION = "*definition"
EXAMPLE = "*example"
SENSE_OF = "*sense of"
