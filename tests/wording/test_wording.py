"""English templates by rule: planted labels with the sentences that a person would write, and properties of any label."""

import json
import os
import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.knowledge.templates import PROPERTIES, check_template
from kaug.wording.wording import Values, by_rule

REPO = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("KAUG_TEST_DATA", REPO.parent / "shared" / "data"))
ALL_VALUES: list[Values] = ["thing", "truth", "date", "year", "time", "count", "text", "string"]

Row = tuple[str, str, str]  # label, first statement, first question

LABELS: dict[str, list[Row]] = {
    "FIBO": [
        ("hasLegalName", "The legal name of {s} is {o}.", "What is the legal name of {s}?"),
        ("isDomiciledIn", "{s} is domiciled in {o}.", "Where is {s} domiciled?"),
        ("isGovernedBy", "{s} is governed by {o}.", "Who or what governs {s}?"),
        ("hasPartyRole", "A party role of {s} is {o}.", "What is a party role of {s}?"),
        ("isIssuedBy", "{s} is issued by {o}.", "Who or what issues {s}?"),
        ("hasDateOfBirth", "The date of birth of {s} is {o}.", "What is the date of birth of {s}?"),
        ("isPartOf", "{s} is part of {o}.", "What is {s} part of?"),
        ("isMemberOf", "{s} is a member of {o}.", "What is {s} a member of?"),
        ("hasMember", "A member of {s} is {o}.", "What is a member of {s}?"),
        ("appliesTo", "{s} applies to {o}.", "What does {s} apply to?"),
        ("manages", "{s} manages {o}.", "What does {s} manage?"),
        ("isManagedBy", "{s} is managed by {o}.", "Who or what manages {s}?"),
        ("hasTag", "A tag of {s} is {o}.", "What is a tag of {s}?"),
        ("denotes", "{s} denotes {o}.", "What does {s} denote?"),
        ("isClassifiedBy", "{s} is classified by {o}.", "Who or what classifies {s}?"),
        ("hasJurisdiction", "The jurisdiction of {s} is {o}.", "What is the jurisdiction of {s}?"),
        ("isSubsidiaryOf", "{s} is a subsidiary of {o}.", "What is {s} a subsidiary of?"),
    ],
    "schema": [
        ("author", "The author of {s} is {o}.", "Who is the author of {s}?"),
        ("birthPlace", "The birth place of {s} is {o}.", "What is the birth place of {s}?"),
        ("knowsAbout", "{s} knows about {o}.", "Who or what does {s} know about?"),
        ("memberOf", "{s} is a member of {o}.", "What is {s} a member of?"),
        ("numberOfEmployees", "The number of employees of {s} is {o}.", "How many employees does {s} have?"),
        ("sameAs", "{s} is the same as {o}.", "What is {s} the same as?"),
        ("subjectOf", "{s} is the subject of {o}.", "What is {s} the subject of?"),
        ("worksFor", "{s} works for {o}.", "Who or what does {s} work for?"),
        ("alumniOf", "{s} is one of the alumni of {o}.", "What is {s} one of the alumni of?"),
        ("hasOfferCatalog", "The offer catalog of {s} is {o}.", "What is the offer catalog of {s}?"),
        ("areaServed", "The area served by {s} is {o}.", "What is the area served by {s}?"),
        ("url", "The URL of {s} is {o}.", "What is the URL of {s}?"),
        ("actionStatus", "The action status of {s} is {o}.", "What is the action status of {s}?"),
        ("isicV4", "The ISIC V4 of {s} is {o}.", "What is the ISIC V4 of {s}?"),
        ("itemReviewed", "The item reviewed by {s} is {o}.", "What is the item reviewed by {s}?"),
        ("containsPlace", "{s} contains {o}.", "Which place does {s} contain?"),
        ("inLanguage", "{s} is in the language {o}.", "Which language is {s} in?"),
        ("byArtist", "{s} is by the artist {o}.", "Which artist is {s} by?"),
        ("availableOnDevice", "{s} is available on the device {o}.", "Which device is {s} available on?"),
        ("suitableForDiet", "{s} is suitable for the diet {o}.", "Which diet is {s} suitable for?"),
        ("usedToDiagnose", "{s} is used to diagnose {o}.", "What is {s} used to diagnose?"),
        ("musicBy", "The music of {s} is by {o}.", "Who is the music of {s} by?"),
        ("legislationAmends", "{s} amends {o}.", "What does {s} amend?"),
        ("geoTouches", "{s} touches {o}.", "What does {s} touch?"),
        (
            "countriesSupported",
            "The countries supported by {s} include {o}.",
            "What are the countries supported by {s}?",
        ),
        ("hoursAvailable", "The available hours of {s} include {o}.", "What are the available hours of {s}?"),
        (
            "availabilityStarts",
            "The start of the availability of {s} is {o}.",
            "What is the start of the availability of {s}?",
        ),
        ("teaches", "{s} teaches {o}.", "What does {s} teach?"),
        ("albums", "The albums of {s} include {o}.", "What are the albums of {s}?"),
        ("sibling", "The sibling of {s} is {o}.", "Who is the sibling of {s}?"),
        ("founders", "The founders of {s} include {o}.", "Who are the founders of {s}?"),
        ("numAdults", "The number of adults of {s} is {o}.", "How many adults does {s} have?"),
        ("targetUrl", "The target URL of {s} is {o}.", "What is the target URL of {s}?"),
        ("valueMaxLength", "The value maximum length of {s} is {o}.", "What is the value maximum length of {s}?"),
        ("isbn", "The ISBN of {s} is {o}.", "What is the ISBN of {s}?"),
        ("isRelatedTo", "{s} is related to {o}.", "What is {s} related to?"),
        (
            "isAccessoryOrSparePartFor",
            "{s} is an accessory or spare part for {o}.",
            "What is {s} an accessory or spare part for?",
        ),
        ("increasesRiskOf", "{s} increases the risk of {o}.", "What does {s} increase the risk of?"),
        ("shippingDetails", "The shipping details of {s} include {o}.", "What are the shipping details of {s}?"),
        ("translator", "The translator of {s} is {o}.", "Who is the translator of {s}?"),
    ],
    "sweet": [
        ("hasPhenomena", "The phenomena of {s} include {o}.", "What are the phenomena of {s}?"),
        ("partOf", "{s} is part of {o}.", "What is {s} part of?"),
        ("hasSubstance", "The substance of {s} is {o}.", "What is the substance of {s}?"),
        ("affects", "{s} affects {o}.", "What does {s} affect?"),
        ("causedBy", "{s} is caused by {o}.", "Who or what causes {s}?"),
        ("colder than", "{s} is colder than {o}.", "What is {s} colder than?"),
        ("greater role than", "{s} has a greater role than {o}.", "What does {s} have a greater role than?"),
        ("greater than or equal", "{s} is greater than or equal to {o}.", "What is {s} greater than or equal to?"),
        ("upper part of", "{s} is an upper part of {o}.", "What is {s} an upper part of?"),
        ("increase in", "{s} is an increase in {o}.", "What is {s} an increase in?"),
        ("has impact on", "{s} has an impact on {o}.", "What does {s} have an impact on?"),
        ("perpendicular to", "{s} is perpendicular to {o}.", "What is {s} perpendicular to?"),
        ("originates from", "{s} originates from {o}.", "What does {s} originate from?"),
        (
            "derivative with respect to",
            "{s} is a derivative with respect to {o}.",
            "What is {s} a derivative with respect to?",
        ),
        ("reduce", "{s} reduces {o}.", "What does {s} reduce?"),
        ("increasing", "{s} is increasing {o}.", "What is {s} increasing?"),
        ("upper bound", "The upper bound of {s} is {o}.", "What is the upper bound of {s}?"),
    ],
    "metaqa": [
        ("directed by", "{s} was directed by {o}.", "Who directed {s}?"),
        ("written by", "{s} was written by {o}.", "Who wrote {s}?"),
        ("starred actors", "The starred actors of {s} include {o}.", "Who are the starred actors of {s}?"),
        ("release year", "The release year of {s} is {o}.", "What is the release year of {s}?"),
        ("in language", "{s} is in the language {o}.", "Which language is {s} in?"),
        ("has tags", "The tags of {s} include {o}.", "What are the tags of {s}?"),
        ("has genre", "The genre of {s} is {o}.", "What is the genre of {s}?"),
        ("has imdb rating", "The IMDb rating of {s} is {o}.", "What is the IMDb rating of {s}?"),
        ("has imdb votes", "The IMDb votes of {s} include {o}.", "What are the IMDb votes of {s}?"),
    ],
    "pq": [
        ("parents", "The parents of {s} include {o}.", "Who are the parents of {s}?"),
        ("children", "The children of {s} include {o}.", "Who are the children of {s}?"),
        ("place of birth", "The place of birth of {s} is {o}.", "What is the place of birth of {s}?"),
        ("cause_of_death", "The cause of death of {s} is {o}.", "What is the cause of death of {s}?"),
        ("spouse", "The spouse of {s} is {o}.", "Who is the spouse of {s}?"),
        ("nationality", "The nationality of {s} is {o}.", "What is the nationality of {s}?"),
    ],
    "trex": [
        ("instance of", "{s} belongs to the class {o}.", "Which class does {s} belong to?"),
        ("member of", "{s} is a member of {o}.", "What is {s} a member of?"),
        ("subclass of", "{s} is a kind of {o}.", "What is {s} a kind of?"),
        ("official language", "The official language of {s} is {o}.", "What is the official language of {s}?"),
        ("shares border with", "{s} shares a border with {o}.", "What does {s} share a border with?"),
        ("capital of", "{s} is the capital of {o}.", "What is {s} the capital of?"),
        ("located in", "{s} is located in {o}.", "Where is {s} located?"),
        ("named after", "{s} is named after {o}.", "What is {s} named after?"),
        ("owned by", "{s} is owned by {o}.", "Who or what owns {s}?"),
        ("original network", "The original network of {s} is {o}.", "What is the original network of {s}?"),
        ("position held", "The position held by {s} is {o}.", "What is the position held by {s}?"),
        ("works for", "{s} works for {o}.", "Who or what does {s} work for?"),
        ("educated at", "{s} was educated at {o}.", "Where was {s} educated?"),
        ("award received", "The award received by {s} is {o}.", "What is the award received by {s}?"),
        ("member of sports team", "{s} is a member of the sports team {o}.", "Which sports team is {s} a member of?"),
        (
            "languages spoken, written or signed",
            "The languages spoken, written or signed by {s} include {o}.",
            "What are the languages spoken, written or signed by {s}?",
        ),
        (
            "located in the administrative territorial entity",
            "{s} is located in the administrative territorial entity {o}.",
            "Which administrative territorial entity is {s} located in?",
        ),
        ("applies to jurisdiction", "{s} applies to the jurisdiction {o}.", "Which jurisdiction does {s} apply to?"),
        (
            "language of work or name",
            "{s} has {o} as its language of work or name.",
            "What does {s} have as its language of work or name?",
        ),
        ("has part", "A part of {s} is {o}.", "What is a part of {s}?"),
        (
            "original language of film or TV show",
            "{s} has {o} as its original language of film or TV show.",
            "What does {s} have as its original language of film or TV show?",
        ),
        ("manufacturer", "The manufacturer of {s} is {o}.", "Who is the manufacturer of {s}?"),
    ],
    "cn": [
        ("UsedFor", "{s} is used for {o}.", "What is {s} used for?"),
        ("CapableOf", "{s} is capable of {o}.", "What is {s} capable of?"),
        ("AtLocation", "{s} is at the location {o}.", "Which location is {s} at?"),
        ("HasA", "{s} has {o}.", "What does {s} have?"),
        ("HasProperty", "{s} has the property {o}.", "Which property does {s} have?"),
        ("MotivatedByGoal", "{s} is motivated by the goal {o}.", "Which goal is {s} motivated by?"),
        ("ReceivesAction", "{s} receives the action {o}.", "Which action does {s} receive?"),
        ("CreatedBy", "{s} was created by {o}.", "Who created {s}?"),
        ("DefinedAs", "{s} is defined as {o}.", "What is {s} defined as?"),
        ("MadeOf", "{s} is made of {o}.", "What is {s} made of?"),
        ("Desires", "{s} desires {o}.", "What does {s} desire?"),
        ("NotDesires", "{s} does not desire {o}.", "What does {s} not desire?"),
        ("CausesDesire", "{s} causes the desire {o}.", "Which desire does {s} cause?"),
        ("HasFirstSubevent", "The first subevent of {s} is {o}.", "What is the first subevent of {s}?"),
        ("HasPrerequisite", "A prerequisite of {s} is {o}.", "What is a prerequisite of {s}?"),
        ("IsA", "{s} is a kind of {o}.", "What is {s} a kind of?"),
        ("NotHasA", "{s} does not have {o}.", "What does {s} not have?"),
        ("NotCapableOf", "{s} is not capable of {o}.", "What is {s} not capable of?"),
    ],
    "atomic": [
        ("xIntent", "When {s}, the intent of X is {o}.", "When {s}, what is the intent of X?"),
        ("xNeed", "When {s}, the need of X is {o}.", "When {s}, what is the need of X?"),
        ("xWant", "When {s}, the wish of X is {o}.", "When {s}, what is the wish of X?"),
        ("oReact", "When {s}, the reaction of others is {o}.", "When {s}, what is the reaction of others?"),
        ("isAfter", "{s} is after {o}.", "What is {s} after?"),
        ("HinderedBy", "{s} is hindered by {o}.", "Who or what hinders {s}?"),
        ("ObjectUse", "The object use of {s} is {o}.", "What is the object use of {s}?"),
    ],
    "verbs": [
        ("borders", "{s} borders {o}.", "What does {s} border?"),
        ("contains", "{s} contains {o}.", "What does {s} contain?"),
        ("flows into", "{s} flows into {o}.", "What does {s} flow into?"),
        ("born in", "{s} was born in {o}.", "Where was {s} born?"),
        ("founded by", "{s} was founded by {o}.", "Who founded {s}?"),
        ("located at", "{s} is located at {o}.", "Where is {s} located?"),
        ("died in", "{s} died in {o}.", "Where did {s} die?"),
        ("is open to", "{s} is open to {o}.", "What is {s} open to?"),
        ("consists of", "{s} consists of {o}.", "What does {s} consist of?"),
        ("author of", "{s} is an author of {o}.", "What is {s} an author of?"),
        ("founder of", "{s} is a founder of {o}.", "What is {s} a founder of?"),
        ("Has Legal Name", "The legal name of {s} is {o}.", "What is the legal name of {s}?"),
        ("Date of birth", "The date of birth of {s} is {o}.", "What is the date of birth of {s}?"),
        ("ISO code", "The ISO code of {s} is {o}.", "What is the ISO code of {s}?"),
        ("population", "The population of {s} is {o}.", "What is the population of {s}?"),
        ("spouse_s", "The spouses of {s} include {o}.", "Who are the spouses of {s}?"),
        ("name(s)", "The names of {s} include {o}.", "What are the names of {s}?"),
        ("founded", "{s} founded {o}.", "What did {s} found?"),
        ("spoken in", "{s} is spoken in {o}.", "Where is {s} spoken?"),
        ("competes in", "{s} competes in {o}.", "What does {s} compete in?"),
        ("has been awarded", "{s} has been awarded {o}.", "What has {s} been awarded?"),
        ("is not part of", "{s} is not part of {o}.", "What is {s} not part of?"),
        ("where spoken", "{s} is spoken in {o}.", "Where is {s} spoken?"),
        ("broader", "The broader concept of {s} is {o}.", "What is the broader concept of {s}?"),
        ("see also", "{s} is related to {o}.", "What is {s} related to?"),
        ("is a", "{s} is a kind of {o}.", "What is {s} a kind of?"),
        ("has an", "{s} has {o}.", "What does {s} have?"),
        ("wrote", "{s} wrote {o}.", "What did {s} write?"),
        ("wroteMusicFor", "{s} wrote music for {o}.", "What did {s} write music for?"),
        ("hasWonPrize", "{s} has won the prize {o}.", "Which prize has {s} won?"),
        ("growsIn", "{s} grows in {o}.", "What does {s} grow in?"),
        ("students at", "{s} is one of the students at {o}.", "What is {s} one of the students at?"),
        ("can be made of", "{s} can be made of {o}.", "What can {s} be made of?"),
        ("may treat", "{s} may treat {o}.", "What may {s} treat?"),
        ("Is Part Of", "{s} is part of {o}.", "What is {s} part of?"),
        ("Conforms To", "{s} conforms to {o}.", "What does {s} conform to?"),
        ("temporal", "The temporal coverage of {s} is {o}.", "What is the temporal coverage of {s}?"),
        ("not desires", "{s} does not desire {o}.", "What does {s} not desire?"),
        ("university of", "{s} is a university of {o}.", "What is {s} a university of?"),
        ("hour of", "{s} is an hour of {o}.", "What is {s} an hour of?"),
        ("MBA from", "{s} is an MBA from {o}.", "What is {s} an MBA from?"),
        ("starring", "{s} stars {o}.", "Who or what does {s} star?"),
        ("spouses", "The spouses of {s} include {o}.", "Who are the spouses of {s}?"),
        ("headquarters", "The headquarters of {s} is {o}.", "What is the headquarters of {s}?"),
        ("physics", "The physics of {s} is {o}.", "What is the physics of {s}?"),
        ("topics", "The topics of {s} include {o}.", "What are the topics of {s}?"),
        ("series", "The series of {s} is {o}.", "What is the series of {s}?"),
        ("has employee", "The employee of {s} is {o}.", "Who is the employee of {s}?"),
        ("owner", "The owner of {s} is {o}.", "Who is the owner of {s}?"),
        ("employer", "The employer of {s} is {o}.", "What is the employer of {s}?"),
        ("is set", "{s} — is set: {o}", "{s} — is set: ?"),
    ],
    "compounds": [
        (
            "has full sovereignty over",
            "{s} has full sovereignty over {o}.",
            "What does {s} have full sovereignty over?",
        ),
        ("hasDateEstablished", "{s} was established on the date {o}.", "When was {s} established?"),
        ("HAS_PART", "A part of {s} is {o}.", "What is a part of {s}?"),
        ("P2_has_type", "The type of {s} is {o}.", "What is the type of {s}?"),
        ("P108i was produced by", "{s} was produced by {o}.", "Who or what produced {s}?"),
        ("domainIncludes", "The domain of {s} includes {o}.", "What does the domain of {s} include?"),
        ("range includes", "The range of {s} includes {o}.", "What does the range of {s} include?"),
        ("negatively regulates", "{s} negatively regulates {o}.", "What does {s} negatively regulate?"),
        ("causally upstream of", "{s} is causally upstream of {o}.", "What is {s} causally upstream of?"),
        ("composed primarily of", "{s} is composed primarily of {o}.", "What is {s} composed primarily of?"),
        ("only in taxon", "{s} is only in the taxon {o}.", "Which taxon is {s} only in?"),
        ("this taxon is source of", "{s} is the source of {o}.", "What is {s} the source of?"),
        ("hasIsSubMeterOf", "{s} is a sub meter of {o}.", "What is {s} a sub meter of?"),
        ("lyrics by", "The lyrics of {s} are by {o}.", "Who are the lyrics of {s} by?"),
        ("feeds", "{s} feeds {o}.", "What does {s} feed?"),
        ("prefers", "{s} prefers {o}.", "What does {s} prefer?"),
        ("is open", "{s} — is open: {o}", "{s} — is open: ?"),
        ("is reviewed", "{s} — is reviewed: {o}", "{s} — is reviewed: ?"),
        ("latinName", "The Latin name of {s} is {o}.", "What is the Latin name of {s}?"),
        (
            "located in or next to body of water",
            "{s} is located in or next to the body of water {o}.",
            "Which body of water is {s} located in or next to?",
        ),
        ("familyRelation", "{s} has a family relation to {o}.", "What does {s} have a family relation to?"),
        ("hasSetRelation", "{s} has a set relation to {o}.", "What does {s} have a set relation to?"),
        (
            "existenceEndsDuring",
            "The existence of {s} ends during {o}.",
            "What does the existence of {s} end during?",
        ),
        ("routeStartsAt", "{s} starts at {o}.", "What does {s} start at?"),
        (
            "transactionEmbodiesEconomicAgreement",
            "{s} embodies the economic agreement {o}.",
            "Which economic agreement does {s} embody?",
        ),
        (
            "involvesControlledThing",
            "{s} involves the controlled thing {o}.",
            "Which controlled thing does {s} involve?",
        ),
        ("partyHasRole", "A role of {s} is {o}.", "What is a role of {s}?"),
        ("memberSince", "{s} is a member since {o}.", "What is {s} a member since?"),
        ("statistics", "The statistics of {s} include {o}.", "What are the statistics of {s}?"),
    ],
    "no English": [
        ("liegt in", "{s} — liegt in: {o}", "{s} — liegt in: ?"),
        ("lieuDeNaissance", "{s} — lieuDeNaissance: {o}", "{s} — lieuDeNaissance: ?"),
        ("Straße", "{s} — Straße: {o}", "{s} — Straße: ?"),
        ("RO_0002131", "{s} — RO_0002131: {o}", "{s} — RO_0002131: ?"),
        ("P36", "{s} — P36: {o}", "{s} — P36: ?"),
        ("≤", "{s} — ≤: {o}", "{s} — ≤: ?"),
        ("首都", "{s} — 首都: {o}", "{s} — 首都: ?"),
        ("in office while president", "{s} — in office while president: {o}", "{s} — in office while president: ?"),
    ],
}
"""Labels of predicates in vocabularies, with the first statement and question for objects of any kind."""


@pytest.mark.parametrize(
    ("label", "statement", "question"), [row for rows in LABELS.values() for row in rows], ids=lambda text: text
)
def test_a_label_reads_as_english(label: str, statement: str, question: str) -> None:
    templates = by_rule(label)
    assert (templates["statement"][0], templates["question"][0]) == (statement, question)


@pytest.mark.parametrize(
    ("label", "values", "statement", "question"),
    [
        ("isAccessibleForFree", "truth", "To the question whether {s} is accessible for free, the answer is {o}.",
            "Is {s} accessible for free?"),
        ("acceptsReservations", "truth", "To the question whether {s} accepts reservations, the answer is {o}.",
            "Does {s} accept reservations?"),
        ("is open", "truth", "To the question whether {s} is open, the answer is {o}.", "Is {s} open?"),
        ("free", "truth", "To the question whether {s} is free, the answer is {o}.", "Is {s} free?"),
        ("isGift", "truth", "To the question whether {s} is a gift, the answer is {o}.", "Is {s} a gift?"),
        ("isLiveBroadcast", "truth", "To the question whether {s} is a live broadcast, the answer is {o}.",
            "Is {s} a live broadcast?"),
        ("petsAllowed", "truth", "To the question whether pets are allowed for {s}, the answer is {o}.",
            "Are pets allowed for {s}?"),
        ("smokingAllowed", "truth", "To the question whether smoking is allowed for {s}, the answer is {o}.",
            "Is smoking allowed for {s}?"),
        ("publicAccess", "truth", "To the question whether {s} has public access, the answer is {o}.",
            "Does {s} have public access?"),
        ("hasDriveThroughService", "truth", "To the question whether {s} has a drive through service, the answer is {o}.",
            "Does {s} have a drive through service?"),
        ("doesNotShip", "truth", "To the question whether {s} does not ship, the answer is {o}.", "Does {s} not ship?"),
        ("canFly", "truth", "To the question whether {s} can fly, the answer is {o}.", "Can {s} fly?"),
        ("dateCreated", "date", "{s} was created on {o}.", "When was {s} created?"),
        ("datePublished", "year", "{s} was published in {o}.", "When was {s} published?"),
        ("datePublished", "thing", "{s} was published on the date {o}.", "When was {s} published?"),
        ("yearBuilt", "year", "{s} was built in {o}.", "When was {s} built?"),
        ("placeComposed", "thing", "{s} was composed in {o}.", "Where was {s} composed?"),
        ("founded", "year", "{s} was founded in {o}.", "When was {s} founded?"),
        ("founded", "date", "{s} was founded on {o}.", "When was {s} founded?"),
        ("born", "date", "{s} was born on {o}.", "When was {s} born?"),
        ("dateDied", "date", "{s} died on {o}.", "When did {s} die?"),
        ("died", "year", "{s} died in {o}.", "When did {s} die?"),
        ("born in", "year", "{s} was born in {o}.", "When was {s} born?"),
        ("date of birth", "date", "The date of birth of {s} is {o}.", "What is the date of birth of {s}?"),
        ("validFrom", "date", "{s} is valid from {o}.", "From when is {s} valid?"),
        ("opens", "time", "{s} opens at {o}.", "When does {s} open?"),
        ("expires", "date", "{s} expires on {o}.", "When does {s} expire?"),
        ("has imdb votes", "count", "The number of IMDb votes of {s} is {o}.", "How many IMDb votes does {s} have?"),
        ("numberOfEmployees", "count", "The number of employees of {s} is {o}.", "How many employees does {s} have?"),
        ("yearsInOperation", "count", "The number of years in operation of {s} is {o}.",
            "How many years in operation does {s} have?"),
        ("release years", "year", "The release years of {s} include {o}.", "What are the release years of {s}?"),
        ("population", "count", "The population of {s} is {o}.", "What is the population of {s}?"),
        ("release year", "year", "The release year of {s} is {o}.", "What is the release year of {s}?"),
        ("runwayLengthFeet", "count", "The runway length in feet of {s} is {o}.", "What is the runway length in feet of {s}?"),
        ("servedAsChiefIn", "year", "{s} served as chief in {o}.", "When did {s} serve as chief?"),
        ("hasDateAdded", "date", "{s} was added on {o}.", "When was {s} added?"),
        ("issued", "date", "{s} was issued on {o}.", "When was {s} issued?"),
        ("issued", "string", "{s} — issued: {o}", "{s} — issued: ?"),
        ("is issued", "date", "{s} is issued on {o}.", "When is {s} issued?"),
        ("firstAired", "date", "{s} was first aired on {o}.", "When was {s} first aired?"),
        ("sourceModified", "date", "The source of {s} was modified on {o}.", "When was the source of {s} modified?"),
        ("is reviewed", "truth", "To the question whether {s} is reviewed, the answer is {o}.", "Is {s} reviewed?"),
        ("definition", "text", "The definition of {s} is: {o}.", "What is the definition of {s}?"),
    ],
)  # fmt: skip
def test_the_kind_of_the_objects_decides_how_a_label_reads(
    label: str, values: Values, statement: str, question: str
) -> None:
    templates = by_rule(label, values)
    assert (templates["statement"][0], templates["question"][0]) == (statement, question)


def test_a_noun_in_every_property() -> None:
    assert by_rule("has capital") == {
        "statement": [
            "The capital of {s} is {o}.",
            "{s} has {o} as its capital.",
            "For {s}, the capital is {o}.",
            "If someone asks for the capital of {s}, the answer is {o}.",
            "It is known of {s} that the capital is {o}.",
            "{o} is the capital of {s}.",
            "{o} is known to be the capital of {s}.",
            "{o} is the answer if someone asks for the capital of {s}.",
        ],
        "question": [
            "What is the capital of {s}?",
            "Tell me the capital of {s}.",
            "For {s}, what is the capital?",
            "Do you know what the capital of {s} is?",
            "The capital of {s} is what?",
        ],
        "inverseQuestion": [
            "What has {o} as its capital?",
            "{o} is the capital of what?",
            "Do you know what {o} is the capital of?",
        ],
        "exam": [
            "Fill in a form about {s}: what belongs under “capital”?",
            "Write down the capital that a reference work gives for {s}.",
        ],
        "inverseExam": [
            "Imagine that a form has {o} under “capital”: whom or what is it about?",
            "Write down which entry of a reference work gives {o} as the capital.",
        ],
        "reference": ["the capital of {s}"],
        "inverseReference": ["the thing whose capital is {o}"],
    }


def test_a_noun_of_people_in_every_property() -> None:
    assert by_rule("parents") == {
        "statement": [
            "The parents of {s} include {o}.",
            "One of the parents of {s} is {o}.",
            "Among the parents of {s} is {o}.",
            "If someone asks for the parents of {s}, one answer is {o}.",
            "It is known that the parents of {s} include {o}.",
            "{o} is one of the parents of {s}.",
            "{o} is among the parents of {s}.",
            "{o} is an answer if someone asks for the parents of {s}.",
        ],
        "question": [
            "Who are the parents of {s}?",
            "Tell me who the parents of {s} are.",
            "Do you know who the parents of {s} are?",
            "The parents of {s} include who?",
        ],
        "inverseQuestion": [
            "Whose parents include {o}?",
            "{o} is one of the parents of whom?",
            "Do you know whose parents include {o}?",
        ],
        "exam": [
            "Fill in a form about {s}: what belongs under “parents”?",
            "Write down what a reference work lists as parents of {s}.",
        ],
        "inverseExam": [
            "Imagine that a form has {o} under “parents”: whom is it about?",
            "Write down the person for whom a reference work lists {o} under parents.",
        ],
        "reference": ["one of the parents of {s}"],
        "inverseReference": ["the person whose parents include {o}"],
    }


def test_a_verb_in_every_property() -> None:
    assert by_rule("teaches") == {
        "statement": [
            "{s} teaches {o}.",
            "It is known that {s} teaches {o}.",
            "If someone asks what {s} teaches, the answer is {o}.",
            "We know what {s} teaches: {o}.",
            "The records say that {s} teaches {o}.",
            "{o} is what {s} teaches.",
            "{o} is taught by {s}.",
            "{o} is the answer if someone asks what {s} teaches.",
        ],
        "question": [
            "What does {s} teach?",
            "Tell me what {s} teaches.",
            "{s} teaches what?",
            "Do you know what {s} teaches?",
        ],
        "inverseQuestion": [
            "Who teaches {o}?",
            "Tell me who teaches {o}.",
            "Do you know who teaches {o}?",
            "By whom is {o} taught?",
        ],
        "exam": [
            "Imagine that a quiz asks what {s} teaches, and give the right answer.",
            "Write the missing words: {s} teaches …",
        ],
        "inverseExam": [
            "Imagine that a quiz asks who teaches {o}, and give the right answer.",
            "Write the missing words: … teaches {o}.",
        ],
        "reference": ["what {s} teaches"],
        "inverseReference": ["the person who teaches {o}"],
    }


def test_a_place_in_every_property() -> None:
    assert by_rule("born in") == {
        "statement": [
            "{s} was born in {o}.",
            "The place where {s} was born is {o}.",
            "If someone asks where {s} was born, the answer is {o}.",
            "It is known that {s} was born in {o}.",
            "We can say where {s} was born: in {o}.",
            "{o} is where {s} was born.",
            "It is in {o} that {s} was born.",
            "{o} is the place where {s} was born.",
        ],
        "question": [
            "Where was {s} born?",
            "Tell me where {s} was born.",
            "{s} was born in which place?",
            "Do you know where {s} was born?",
        ],
        "inverseQuestion": ["Who was born in {o}?", "Tell me who was born in {o}.", "Do you know who was born in {o}?"],
        "exam": [
            "Imagine that a quiz asks where {s} was born, and give the right answer.",
            "Write the missing words: {s} was born in …",
        ],
        "inverseExam": [
            "Imagine that a quiz asks who was born in {o}, and give the right answer.",
            "Write the missing words: … was born in {o}.",
        ],
        "reference": ["the place where {s} was born"],
        "inverseReference": ["the person who was born in {o}"],
    }


def test_a_passive_clause_in_every_property() -> None:
    assert by_rule("directed by") == {
        "statement": [
            "{s} was directed by {o}.",
            "It is known that {s} was directed by {o}.",
            "If someone asks who directed {s}, the answer is {o}.",
            "We know who directed {s}: {o}.",
            "The records say that {s} was directed by {o}.",
            "{o} directed {s}.",
            "It is {o} who directed {s}.",
            "{o} is the answer if someone asks who directed {s}.",
        ],
        "question": [
            "Who directed {s}?",
            "Tell me who directed {s}.",
            "By whom was {s} directed?",
            "Do you know who directed {s}?",
        ],
        "inverseQuestion": ["What was directed by {o}?", "What did {o} direct?", "Tell me what was directed by {o}."],
        "exam": [
            "Imagine that a quiz asks who directed {s}, and give the right answer.",
            "Write the missing words: {s} was directed by …",
        ],
        "inverseExam": [
            "Imagine that a quiz asks what was directed by {o}, and give the right answer.",
            "Write the missing words: … was directed by {o}.",
        ],
        "reference": ["the one who directed {s}"],
        "inverseReference": ["the thing that was directed by {o}"],
    }


def test_a_verb_with_a_noun_for_the_object_in_every_property() -> None:
    assert by_rule("appliesToPaymentMethod") == {
        "statement": [
            "{s} applies to the payment method {o}.",
            "The payment method that {s} applies to is {o}.",
            "If someone asks which payment method {s} applies to, the answer is {o}.",
            "It is known that {s} applies to the payment method {o}.",
            "One of the payment methods that {s} applies to is {o}.",
            "{o} is the payment method that {s} applies to.",
            "{o} is known to be the payment method that {s} applies to.",
            "{o} is the answer if someone asks which payment method {s} applies to.",
        ],
        "question": [
            "Which payment method does {s} apply to?",
            "Tell me the payment method that {s} applies to.",
            "{s} applies to which payment method?",
            "Do you know which payment method {s} applies to?",
        ],
        "inverseQuestion": [
            "What applies to the payment method {o}?",
            "Tell me what applies to the payment method {o}.",
            "Do you know what applies to the payment method {o}?",
        ],
        "exam": [
            "Imagine that a quiz asks which payment method {s} applies to, and give the right answer.",
            "Write the missing words: {s} applies to the payment method …",
        ],
        "inverseExam": [
            "Imagine that a quiz asks what applies to the payment method {o}, and give the right answer.",
            "Write the missing words: … applies to the payment method {o}.",
        ],
        "reference": ["the payment method that {s} applies to"],
        "inverseReference": ["the thing that applies to the payment method {o}"],
    }


def test_a_yes_or_no_in_every_property() -> None:
    assert by_rule("isOpen", "truth") == {
        "statement": [
            "To the question whether {s} is open, the answer is {o}.",
            "If someone asks whether {s} is open, the answer is {o}.",
            "Is {s} open? The answer is {o}.",
            "We know whether {s} is open: {o}.",
            "Whether {s} is open can be answered with {o}.",
            "{o} is the answer to the question whether {s} is open.",
            "{o}: this is the answer if someone asks whether {s} is open.",
            "The answer is {o} if someone asks whether {s} is open.",
        ],
        "question": [
            "Is {s} open?",
            "Tell me whether {s} is open.",
            "Do you know whether {s} is open?",
            "Is it true that {s} is open?",
        ],
        "inverseQuestion": [
            "For what is the answer {o} if we ask whether it is open?",
            "The answer is {o} for what if we ask whether it is open?",
            "Tell me for what the answer is {o} if we ask whether it is open.",
        ],
        "exam": ["Imagine that a quiz asks whether {s} is open, and say yes or no.", "Write yes or no: {s} is open."],
        "inverseExam": [
            "Imagine that a quiz asks whether it is open, and that {o} is right: what is it about?",
            "Write down an example for which the answer is {o} if we ask whether it is open.",
        ],
        "reference": ["the answer to the question whether {s} is open"],
        "inverseReference": ["the thing for which the answer is {o} if we ask whether it is open"],
    }


# ---------------------------------------------------------------- properties of any label


def plain(template: str) -> str:
    return " ".join(re.findall(r"\w+", template.replace("{s}", "SS").replace("{o}", "OO").casefold()))


def check(label: str, values: Values, several: bool = False) -> None:
    templates = by_rule(label, values, several=several)
    assert set(templates) == set(PROPERTIES)
    record = templates["question"][0].startswith("{s} — ")
    for name, texts in templates.items():
        assert texts
        assert len(texts) == len(set(texts))
        for text in texts:
            check_template(name, text, label, "by rule")
            assert "  " not in text
            assert "\n" not in text
            if not name.endswith("eference") and not record:
                assert text[-1] in ".?…"
                assert not text[0].islower()
    orders = [text.index("{s}") < text.index("{o}") for text in templates["statement"]]
    assert orders[0]
    assert orders.count(True) >= 5
    assert orders.count(False) >= 3
    assert [len(templates[name]) for name in ("exam", "inverseExam")] == [2, 2]
    assert len(templates["question"]) >= 4
    assert len(templates["inverseQuestion"]) >= 3
    assert len({text for texts in templates.values() for text in texts}) == sum(map(len, templates.values()))
    # The leak check finds an exam question anywhere in a row, so none may stand inside what is trained.
    trained = [f" {plain(text)} " for name in ("statement", "question", "inverseQuestion") for text in templates[name]]
    for text in templates["exam"] + templates["inverseExam"]:
        assert not any(f" {plain(text)} " in row for row in trained)
        assert not any(plain(text).split()[0] == row.split()[0] for row in trained)


OFTEN = (
    "is has of by in at not a the date year directed teaches parents capital free than greater been does can where num born "
    "part to on language awarded add x o intent property starring reduce media available ends covers involved died"
)
WORDS = st.sampled_from(OFTEN.split())


@pytest.mark.slow
@settings(max_examples=500)
@given(st.lists(WORDS, max_size=6).map(" ".join), st.sampled_from(ALL_VALUES))
def test_any_words_give_valid_templates(label: str, values: Values) -> None:
    check(label, values)


@settings(max_examples=300)
@given(st.text(), st.sampled_from(ALL_VALUES))
def test_any_string_gives_valid_templates(label: str, values: Values) -> None:
    templates = by_rule(label, values)
    for name, texts in templates.items():
        for text in texts:
            check_template(name, text, label, "by rule")
    assert by_rule(label, values) == templates


def test_the_caller_can_change_the_returned_templates() -> None:
    by_rule("capital")["statement"].clear()
    assert by_rule("capital")["statement"][0] == "The capital of {s} is {o}."


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no third-party data at {DATA}; set KAUG_TEST_DATA")
def test_the_predicates_of_real_vocabularies_give_valid_templates() -> None:
    label, kind = "http://www.w3.org/2000/01/rdf-schema#label", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    quads = list(ox.parse(path=str(DATA / "schemaorg" / "schemaorg-current-https.nt")))
    properties = {quad.subject for quad in quads if quad.predicate.value == kind and "Property" in quad.object.value}
    labels = {quad.object.value for quad in quads if quad.predicate.value == label and quad.subject in properties}
    assert len(labels) == 1521
    for line in (DATA / "lama-trex" / "relations.jsonl").read_text(encoding="utf-8").splitlines():
        labels.add(json.loads(line)["label"])
    for file in sorted((DATA / "sweet").glob("rela*.ttl")):
        labels |= {quad.object.value for quad in ox.parse(path=str(file)) if quad.predicate.value == label}
    for one in sorted(labels):
        for values in ALL_VALUES:
            check(one, values)


@pytest.mark.parametrize("label", ["borders", "is part of", "was directed by", "has member", "topping", "contains"])
def test_no_template_says_the_answer_where_a_subject_has_several_objects(label: str) -> None:
    for text in by_rule(label, several=True)["statement"]:
        assert "the answer" not in text
        assert not re.match(r"It (is|was) \{o\} that|What \{s\}|The one that|\{o\} is (what|the one)", text), text
