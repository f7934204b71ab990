"""The formats that can be imported: a table of their names, what is known of them, and the options that some have."""

from typing import Literal

__all__ = ["ABOUT", "OPTIONS", "TITLES", "ImporterName"]

ImporterName = Literal["conceptnet", "conceptnet-100k", "atomic", "kgtk", "wordnet", "metaqa", "pathquestion", "table"]

TITLES: dict[ImporterName, str] = {
    "conceptnet": "ConceptNet 5: the dump of its assertions, a CSV file.",
    "conceptnet-100k": "ConceptNet-100k: files of relation, head, tail and confidence.",
    "atomic": "ATOMIC-2020: TSV files of head, relation and tail.",
    "kgtk": "KGTK edges, as CSKG and Wikidata subsets come in: TSV files.",
    "wordnet": "WordNet: WN-LMF XML, or the folder of a WordNet database.",
    "metaqa": "MetaQA: kb.txt, or the folder that holds it.",
    "pathquestion": "PathQuestion: files of head, relation and tail.",
    "table": "Any CSV or TSV, with a mapping of its columns.",
}
"""What each format is, in a sentence."""

ABOUT: dict[str, tuple[str, str, str, str]] = {  # kind, licence, origin, attribution
    "conceptnet": (
        "commonsense",
        "CC-BY-SA-4.0",
        "ConceptNet 5 (https://conceptnet.io)",
        "ConceptNet 5 (https://conceptnet.io), by Robyn Speer and others, CC BY-SA 4.0",
    ),
    "conceptnet-100k": (
        "commonsense",
        "CC-BY-SA-4.0",
        "ConceptNet-100k, a split of ConceptNet for knowledge base completion",
        "ConceptNet (https://conceptnet.io), CC BY-SA 4.0",
    ),
    "atomic": (
        "commonsense",
        "CC-BY-4.0",
        "ATOMIC-2020 (https://allenai.org/data/atomic-2020)",
        "ATOMIC-2020, Allen Institute for AI, CC BY 4.0",
    ),
    "kgtk": ("commonsense", "", "KGTK edges", ""),
    "wordnet": ("commonsense", "", "WordNet", ""),
    "metaqa": ("domain", "Creative Commons", "MetaQA (https://github.com/yuyuzhang/MetaQA)", "MetaQA, from WikiMovies"),
    "pathquestion": ("domain", "", "PathQuestion (https://github.com/zmtkeke/IRN), from Freebase", ""),
    "table": ("domain", "", "a table", ""),
}
OPTIONS = {"languages": ("conceptnet",), "base": ("kgtk", "wordnet", "table"), "mapping": ("table",)}
"""Options that only some formats have, and which."""
