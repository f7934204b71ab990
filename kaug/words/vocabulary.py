"""Short lists of English words → sets, for the rules that say a predicate by its label.

They hold what is frequent in the names of predicates and what no rule tells; `kaug.words.english` has the rules.
"""

__all__ = [
    "ACRONYMS",
    "ADJECTIVES",
    "ADJECTIVES_WITH_OF",
    "BEFORE_DEEDS",
    "COMPARATIVES",
    "DEEDS_OR_THINGS",
    "GERUNDS",
    "INTRANSITIVE",
    "IRREGULAR_PASTS",
    "IRREGULAR_PLURALS",
    "NOT_ADJECTIVES",
    "NOT_PARTICIPLES",
    "NOT_VERBS",
    "NOUN_AFTER",
    "NO_ARTICLE",
    "OF_PEOPLE",
    "OF_RELATIONS",
    "ONE_OF_SEVERAL",
    "PARTICIPLES",
    "PARTICIPLES_OR_THINGS",
    "PASTS",
    "PEOPLE_DO",
    "PERSONS",
    "PLACED",
    "PLURALS",
    "PREPOSITIONS",
    "SINGULARS_IN_S",
    "SYMMETRIC",
    "THE_ONE",
    "TIMED",
    "UNCOUNTABLE",
    "VERBS",
    "WAS",
]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PREPOSITIONS = _set(
    "about above across after against along among around as at before behind below beside between beyond by during "
    "for from in inside into near of on onto outside over per than through throughout to toward towards under until "
    "upon via with within without"
)
"""What links a verb, noun or adjective to what follows."""

VERBS = _set(
    "accept access accompany achieve acquire act activate actuate adapt add address adhere administer adopt affect "
    "agree aid allow alter amend annotate appear apply approve approximate arise assert assess assist assume attach "
    "attend avoid become begin believe belong bind bite border broadcast build buy call capture carry cause celebrate "
    "certify change charge cite claim classify close collect come command commence commission compete complete comply "
    "compose comprise compute concern conduct confer confirm conform connect consist consolidate constitute constrain "
    "construct consult consume contain continue contribute control convert correct correspond cover create cross deal "
    "declare decrease define delete deliver demand denote depend depict derive describe design desire destroy detect "
    "determine develop diagnose differ direct discuss display dissolve distribute divide drain drink drive earn eat "
    "edit educate eliminate embed emit employ enable enclose encode encourage end enforce engage enhance ensure "
    "entail enter equal establish estimate evaluate evoke exchange exclude execute exemplify exert exhibit exist "
    "expect expire explain export express extend facilitate fall feed fight fill find finish flow fly follow form "
    "found fulfil fulfill function gain generate get give go govern grant grow guarantee guide handle hang happen "
    "hate have help hold host identify illustrate impact impersonate imply import improve include incorporate "
    "increase indicate infect influence inform inherit inhibit initiate inspire instantiate intend interact intersect "
    "introduce invade invest involve isolate issue join keep kill know lack last lead lease leave license lie like "
    "limit list live locate look lose love maintain make manage mandate manufacture marry match mean measure meet "
    "mention mitigate modify monitor motivate move need negate nominate observe obtain occupy occur offer open "
    "operate oppose originate overlap overrule own participate pay perform permit pertain play possess practice "
    "practise precede predict prepare prescribe present preserve prevent process produce prohibit promote propose "
    "protect prove provide publish qualify quote raise reach read realize receive recognize recommend record recruit "
    "reduce refer reference regulate relate release rely remain remove repeal repeat replace report represent require "
    "reside resist resolve respond restrict result retain return reveal revolve rise run satisfy say see seek sell "
    "send separate serve settle share ship show sign sing sit solve speak specialize specify spend sponsor stand star "
    "start state stimulate stop store succeed suggest suit supersede supply support surround symbolize take target "
    "teach tell terminate test think touch train transform transmit transpose travel treat trigger undergo underlie "
    "understand use validate vary verify violate visit want wear win work worship write yield"
)
"""Base forms of verbs that predicates are named by."""

DEEDS_OR_THINGS = _set(
    "accesses acts addresses aids broadcasts buys calls changes charges claims commands demands designs edits ends "
    "estimates exchanges exports feeds fights finds finishes forms functions gains guides helps hosts imports issues "
    "joins leads leases licenses limits lists looks matches means moves plays practices presents processes records "
    "references releases reports returns runs shares ships shows signs sponsors stars starts states stops stores "
    "targets tests trains visits wins works yields"
)
"""Third persons that a label means as a plural noun when they stand alone: "results", "tests"."""

NOT_VERBS = _set(
    "certificates chocolates cruises diseases enterprises exercises expertises franchises noises plates premises "
    "prices prizes promises purposes replies rises sizes supplies templates"
)
"""Words with the ending of a third person that are none."""

INTRANSITIVE = _set(
    "acted appeared arrived belonged came commanded competed consisted contributed debuted departed died emerged "
    "emigrated ended escaped existed fell flowed fought graduated grew happened immigrated lasted lived moved "
    "occurred originated participated played presided ran reigned resided retired rose ruled sailed served settled "
    "started studied succeeded traveled travelled voted went worked"
)
"""Past tenses of verbs without an object: nobody "is died"."""

PARTICIPLES = _set(
    "begun bent bitten blown born borne bought bound bred broadcast broken brought built burnt cast caught chosen cut "
    "dealt done drawn driven drunk dug eaten fallen fed felt flown forbidden forgiven forgotten fought found frozen "
    "given gone got grown held hidden hit hung hurt kept known laid led left lent let lost made meant met overridden "
    "overseen paid proven put quoted read ridden run said seen sent set sewn shot shown shut sold sought spent split "
    "spoken spread spun stolen stood struck sung sworn taken taught thought thrown told torn understood won worn "
    "woven written"
)
"""Irregular past participles."""

NOT_PARTICIPLES = _set(
    "aged bed breed cast creed cut deed embed feed greed hit hundred id kindred lead left naked need put read red "
    "reed run sacred seed set shed shred sled speed steed united weed wicked"
)
"""Words in -ed that are no participles."""

PLURALS = _set(
    "alumni analyses antennae antibiotics axes bacteria cattle characteristics children clinics comics crises "
    "criteria critics curricula fabrics feet formulae fungi geese genera graphics hypotheses indices larvae loci "
    "lyrics matrices media memoranda men metrics mice moieties nuclei parentheses people personnel phenomena plastics "
    "police radii republics spectra stimuli strata taxa teeth theses topics vertices women"
)
"""Irregular plurals, and plurals that look like singulars."""

SINGULARS_IN_S = _set(
    "access acoustics address aids alias always analysis analytics apparatus athletics atlas axis basis bias bonus "
    "boss bus business campus canvas census chaos chess chorus class cms consensus corpus cosmos crisis cross "
    "darkness diabetes diagnosis dns does dynamics economics electronics emphasis epidermis ethics ethos focus gas "
    "genesis genetics genus glass gps grass has headquarters hypothesis ios iris is lens less linguistics locus "
    "logistics logos loss mass mathematics means mechanics metropolis minus news nexus nucleus optics ours overseas "
    "pancreas pass pelvis perhaps physics plus politics press princess process prognosis radius robotics rss series "
    "sms species statistics status surplus syllabus synthesis thanks thesis times us various versus virus was witness"
)
"""Singulars in -s."""

UNCOUNTABLE = _set(
    "access advice air art content data economics education energy equipment evidence food furniture hardware help "
    "information knowledge land legislation literature mathematics media money music news nutrition physics power "
    "research software staff support water weather"
)
"""Nouns without an article."""

ADJECTIVES = _set(
    "above absent abstract active adjacent alive allergic available aware bad below big binary broader capable "
    "characteristic close closed cold complete concrete cool dark dead dependent deprecated different dry due east "
    "equal equivalent external false famous fast first free friendly full good great heavy hidden high home hot "
    "identical inactive independent inferior internal isomorphic known large last late light local long low main "
    "major mandatory minor narrower near necessary new next north northeast northwest obsolete old open opposite "
    "optional orthogonal own parallel perpendicular poor present primary prior private proprietary public ready "
    "relevant representative resistant responsible rich safe same secondary secure sensitive short similar slow small "
    "south southeast southwest strong subject superior temporary toxic transparent tributary true typical unique "
    "unknown valid visible void warm weak west wet whole wide worthy young"
)
"""Adjectives that no suffix tells."""

NOT_ADJECTIVES = _set(
    "additive adversary alternative animal anniversary antibiotic archive arithmetic attic beneficiary boundary cable "
    "calendar capital ceramic characteristic clause clinic collar collective commentary commissary constellation "
    "consumable critic deliverable derivative detective diary dictionary directive dish dispensary dive documentary "
    "dollar drive electronic epidemic estuary executive fabric finish fish five glossary graphic heuristic hospital "
    "incentive infirmary initiative intermediary label library logic mechanic metal metric mosaic motive music "
    "narrative native objective olive perspective picnic pillar plastic principal receivable relative republic "
    "rhetoric salary scholar secretary statistic subsidiary summary syllable table timetable topic traffic variable "
    "vegetable vocabulary"
)
"""Nouns with the suffix of an adjective."""

COMPARATIVES = _set(
    "better bigger brighter broader cheaper closer colder cooler darker deeper earlier farther faster fewer further "
    "greater heavier higher hotter larger later less lighter longer lower more narrower nearer newer older other "
    "poorer rather richer safer shorter slower smaller sooner stronger taller thicker thinner warmer weaker wider "
    "worse younger"
)
"""What stands before "than"."""

ACRONYMS = _set(
    "api asin atc bcc bic cas cd co2 coden cpu csv cusip cvd cvg ddc dna doi duns dvd eidr eissn eu faq ftp gdp gps "
    "gpu gtin hs html http https iata iban icao id ids imdb ip iri isbn isic isin isni iso isrc issn iswc iucn iupac "
    "json lcc lccn lei mbid md5 mesh mpn naics nasa nba nfl nh npi nsn oclc omim orcid owl pdf ram rdf rna rss rsvp "
    "sh sha sku sms smtp snl swift trl tv uk un unii uri uris url urls usa usb utc vat viaf vin xml"
)
"""Abbreviations that are written in capitals."""

PLACED = _set(
    "based born built buried created died domiciled educated filmed found founded headquartered held killed lies "
    "lived lives located made manufactured observed published raised recorded resided resides set situated spoken "
    "stationed"
)
"""What is done in or at a place, rather than in a thing: such a place is asked for by "where"."""

WAS = _set(
    "assassinated baptised baptized born built buried crowned discovered educated elected established executed formed "
    "founded inaugurated invented killed launched murdered raised"
)
"""Participles of what happens once: "was born"."""

PEOPLE_DO = _set(
    "born buried died educated elected emigrated employed graduated knows lived lives marries resided resides retired "
    "speaks studied teaches worked works"
)
"""What only people do or undergo."""

OF_RELATIONS = _set("component instance member part subclass subset subsidiary subtype")
"""Nouns that relate a thing to another named after "of": "part of season"."""

ADJECTIVES_WITH_OF = _set("aware capable characteristic east full independent north representative south typical west")
"""Adjectives that take "of"."""

THE_ONE = _set(
    "average beginning birthplace bottom capital center centre derivative end exterior father genesis head husband "
    "interior inverse king maximum mayor mean meaning minimum mother name opposite origin president projection queen "
    "range rest result source start subject sum symbol top wife"
)
"""Nouns of which there is one: "the capital of"."""

GERUNDS = _set(
    "affecting causing containing declining decreasing dropping falling featuring following including increasing "
    "involving nonoverlapping overlapping preceding raising reducing rising using"
)
"""Forms in -ing that stand for a verb: "increasing"."""

PARTICIPLES_OR_THINGS = _set("bound broadcast cast cut hit hurt left put read run set shot shut split spread")
"""Participles that are nouns at the end of a label: "upper bound"."""

NOUN_AFTER = _set("about above across after before below during inside near outside over")
"""Prepositions that describe the noun after them: "inside diameter"."""

NO_ARTICLE = _set("access back care less more off out part place rise up")
"""Nouns that take no article after a verb: "takes part in"."""

TIMED = _set("begins closes ends expires opens starts")
"""What happens at a time, if the objects are dates."""

SYMMETRIC = _set("adjacent equal equivalent identical isomorphic orthogonal parallel perpendicular similar transparent")
"""Adjectives that are said of two, with "to"."""

BEFORE_DEEDS = _set("art best co executive newly self well")
"""What may stand before a participle that says what was done."""

PERSONS = _set(
    "actor actress advisor alumni alumnus architect artist athlete attendee author borrower broker brother buyer "
    "candidate captain chairman chairperson champion chancellor chief child children cinematographer coach cofounder "
    "colleague colorist commander composer conductor contributor creator customer daughter dean designer developer "
    "director discoverer distributor editor emperor employee engineer father founder friend funder governor husband "
    "illustrator inker inventor issuer king landlord leader lender letterer lyricist maintainer manager manufacturer "
    "mayor minister monarch mother musician narrator operator organizer owner painter parent partner patient people "
    "performer person photographer physician pilot player poet predecessor president producer professor publisher "
    "pupil queen rector referee relative representative screenwriter sculptor seller senator sibling singer sister "
    "son sponsor spouse student successor supplier teacher translator vendor wife winner writer"
)
"""What a person can be: such a one is asked for by "who"."""

OF_PEOPLE = _set(
    "child children daughter employer ethnicity father gender husband mother nationality occupation parent profession "
    "sibling son spouse surname wife"
)
"""What only people have."""

ONE_OF_SEVERAL = _set(
    "attribute component element example feature hobby ingredient instance keyword member part prerequisite role "
    "subevent symptom synonym tag variant"
)
"""What something has several of, even if the label names one: "has member"."""

_SINGULAR_PLURAL = """
man:men woman:women child:children person:people foot:feet tooth:teeth goose:geese mouse:mice louse:lice ox:oxen
calf:calves elf:elves half:halves knife:knives leaf:leaves life:lives loaf:loaves self:selves shelf:shelves thief:thieves
wife:wives wolf:wolves scarf:scarves cactus:cacti fungus:fungi nucleus:nuclei bacterium:bacteria criterion:criteria
phenomenon:phenomena medium:media datum:data index:indices stimulus:stimuli quiz:quizzes bus:buses gas:gases
"""
_VERB_PASTS = """
be:was,were,been become:became begin:began,begun bite:bit,bitten blow:blew,blown break:broke,broken bring:brought
build:built buy:bought catch:caught choose:chose,chosen come:came do:did,done draw:drew,drawn drink:drank,drunk
drive:drove,driven eat:ate,eaten fall:fell,fallen feed:fed fight:fought find:found fly:flew,flown forget:forgot,forgotten
forgive:forgave,forgiven freeze:froze,frozen get:got,gotten give:gave,given go:went,gone grow:grew,grown hang:hung have:had
hear:heard hide:hid,hidden hold:held keep:kept know:knew,known lead:led leave:left lend:lent lose:lost make:made meet:met
pay:paid ride:rode,ridden run:ran say:said see:saw,seen sell:sold send:sent shake:shook,shaken shoot:shot sing:sang,sung
sink:sank,sunk sit:sat sleep:slept speak:spoke,spoken spend:spent stand:stood steal:stole,stolen sweep:swept swim:swam,swum
take:took,taken teach:taught tell:told think:thought throw:threw,thrown understand:understood wake:woke,woken
wear:wore,worn win:won write:wrote,written bet: burst: cost: cut: hit: hurt: let: put: quit: read: set: shut: split: spread:
"""

IRREGULAR_PLURALS = dict(pair.split(":") for pair in _SINGULAR_PLURAL.split())
"""Singulars of common nouns to their irregular plurals."""

IRREGULAR_PASTS = {
    verb: [form for form in forms.split(",") if form]
    for verb, forms in (pair.split(":") for pair in _VERB_PASTS.split())
}
"""Base forms of common verbs to their irregular past tense and past participle; none where both are the base form."""

PASTS = {
    IRREGULAR_PASTS[verb][0]: verb
    for verb in (
        *("become", "begin", "buy", "build", "give", "hold", "know", "lead", "make", "meet", "see", "sing", "sell"),
        *("teach", "take", "win", "write"),
    )
}
"""Irregular past tenses of verbs that take an object, with their base forms."""
