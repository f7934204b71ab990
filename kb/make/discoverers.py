"""mendeleev's cell of discoverers → persons by their full names, correctly spelt."""

import re

__all__ = ["NO_YEAR", "YEAR", "read_people"]

YEAR = {
    "Am": 1944,  # given as 1945, when it was made public
    "Bh": 1981,  # given as 1976, the claim of Dubna, with the institute at Darmstadt
    "Nd": 1885,  # given as 1925; found together with praseodymium
    "Nh": 2004,  # given as 2015, when the discovery was recognised
    "Rn": 1900,  # given as 1898; Dorn published in 1900
    "Se": 1817,  # given as 1818, when it was published
    "Y": 1794,  # given as 1789; Gadolin's analysis is of 1794
}

NO_YEAR = {"Db", "Lr", "No", "Rf", "Sg"}
"""Elements over which Berkeley and Dubna disputed: the year depends on whose claim one takes."""

_WHOLE = {  # by symbol, where the cell is not a list of persons or names the wrong ones
    "Be": ["Louis-Nicolas Vauquelin"],  # 1798; Wöhler and Bussy isolated the metal in 1828
    "Db": [],  # disputed, and the cell says "et al"
    "Lr": [],  # disputed
    "Po": ["Pierre Curie", "Marie Curie"],
    "Pt": ["Antonio de Ulloa"],  # 1735; Scaliger only heard of it, in 1557
    "Ra": ["Pierre Curie", "Marie Curie"],
    "Rf": [],  # as for dubnium
    "W": ["Fausto Elhuyar", "Juan José Elhuyar"],
}

_INSTITUTE = re.compile(r"Laborator|Institute|Research|RIKEN|Argonne|Los Alamos|U of Calif")

# mendeleev's spellings: titles, initials and slips.
_NAMES = {
    "A. Crawford": "Adair Crawford",
    "A.F.Fourcory": "Antoine-François de Fourcroy",
    "A.Ghiorso": "Albert Ghiorso",
    "Anders Ekeberg": "Anders Gustaf Ekeberg",
    "Antoine J. Balard": "Antoine Jérôme Balard",
    "Axel Cronstedt": "Axel Fredrik Cronstedt",
    "Baron Rayleigh": "Lord Rayleigh",
    "C.D. Coryell": "Charles D. Coryell",
    "C.F. Aver von Welsbach": "Carl Auer von Welsbach",
    "Carl Mosander": "Carl Gustaf Mosander",
    "D.R.Corson": "Dale R. Corson",
    "E.M. McMillan": "Edwin McMillan",
    "E.M.McMillan": "Edwin McMillan",
    "E.Segré": "Emilio Segrè",
    "Franz Müller von Reichenstein": "Franz-Joseph Müller von Reichenstein",
    "Fredrich Ernst Dorn": "Friedrich Ernst Dorn",
    "Fredrich Soddy": "Frederick Soddy",
    "Fredrich Stromeyer": "Friedrich Stromeyer",
    "G. Kirchoff": "Gustav Kirchhoff",
    "G.T.Seaborg": "Glenn T. Seaborg",
    "Georg von Hevesy": "George de Hevesy",
    "George Brandt": "Georg Brandt",
    "Gustov Kirchoff": "Gustav Kirchhoff",
    "H.V.Collet-Descoltils": "Hippolyte-Victor Collet-Descotils",
    "Hans Christian Oersted": "Hans Christian Ørsted",
    "J. Berzelius": "Jöns Jacob Berzelius",
    "J.A. Marinsky": "Jacob A. Marinsky",
    "J.L. Gay-Lussac": "Joseph Louis Gay-Lussac",
    "J.L. Soret": "Jacques-Louis Soret",
    "J.W.Kennedy": "Joseph W. Kennedy",
    "Jean de Marignac": "Jean Charles Galissard de Marignac",
    "Johann Arfwedson": "Johan August Arfwedson",
    "Johann Gadolin": "Johan Gadolin",
    "Johann Gahn": "Johan Gottlieb Gahn",
    "Joseph Priestly": "Joseph Priestley",
    "Jöns Berzelius": "Jöns Jacob Berzelius",
    "K.R.MacKenzie": "Kenneth R. MacKenzie",
    "K.Street Jr.": "Kenneth Street",
    "Karl Klaus": "Karl Ernst Claus",
    "L.E. Glendenin": "Lawrence E. Glendenin",
    "L.J. Thénard": "Louis Jacques Thénard",
    "L.N.Vauquelin": "Louis-Nicolas Vauquelin",
    "L.O.Morgan": "Leon O. Morgan",
    "Lars Nilson": "Lars Fredrik Nilson",
    "Louis Vauquelin": "Louis-Nicolas Vauquelin",
    "M. Klaproth": "Martin Heinrich Klaproth",
    "M. W. Travers": "Morris W. Travers",
    "M.W. Travers": "Morris W. Travers",
    "Marguerite Derey": "Marguerite Perey",
    "Martin Klaproth": "Martin Heinrich Klaproth",
    "Nils Langet": "Nils Abraham Langlet",
    "Nils Sefström": "Nils Gabriel Sefström",
    "P.H. Abelson": "Philip H. Abelson",
    "P.T.Cleve": "Per Teodor Cleve",
    "Per Theodor Cleve": "Per Teodor Cleve",
    "R. Bunsen": "Robert Bunsen",
    "R.A.James": "Ralph A. James",
    "S.G.Tompson": "Stanley G. Thompson",
    "S.Tenant": "Smithson Tennant",
    "Sir H. Davy": "Humphry Davy",
    "Sir Humphrey Davy": "Humphry Davy",
    "Sir William Crookes": "William Crookes",
    "Sir William Ramsay": "William Ramsay",
    "Sir William Ramsey": "William Ramsay",
    "Smithson Tenant": "Smithson Tennant",
    "T. Richter": "Hieronymous Theodor Richter",
    "W. von Hisinger": "Wilhelm Hisinger",
    "William Wollaston": "William Hyde Wollaston",
    "A.C.Wohl": "Arthur Wahl",
    "Émillo Segrè": "Emilio Segrè",
}


def read_people(symbol: str, cell: str) -> list[str]:
    """Reads the persons out of a cell.

    Args:
        symbol: The element's symbol.
        cell: The cell as mendeleev has it, such as ``R. Bunsen, G. Kirchoff``.

    Returns:
        The persons' names; none if an institute is named, or the discovery is disputed.

    Raises:
        ValueError: A name is still written with bare initials, so that the person would stand there twice.
    """
    if symbol in _WHOLE:
        return _WHOLE[symbol]
    if _INSTITUTE.search(cell):
        return []
    people = [_NAMES.get(name, name) for name in re.split(r"\s*[,;]\s*", cell.strip())]
    for name in people:
        if re.match(r"(Sir|Baron|[A-Z]\.)", name):
            raise ValueError(
                f"mendeleev names {name!r} as a discoverer of {symbol}, which is no full name; add it to "
                "kb/make/discoverers.py"
            )
    return people
