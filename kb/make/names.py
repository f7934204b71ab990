"""Names that CLDR lacks, or that do not fit into a sentence → the names to use."""

__all__ = ["ARTICLE", "CITY", "CITY_ZH", "CURRENCY", "LANGUAGE", "LANGUAGES", "OTHER_NAMES", "PREDICATES", "TERRITORY"]

LANGUAGES = ("en", "zh", "de", "fr", "es", "pt", "ru", "ar", "ja", "ko", "it", "hi")
"""The languages of the labels: the first is the one that sentences are made in."""


def _row(names: str) -> dict[str, str]:
    """Splits names given in the order of LANGUAGES; a dash leaves CLDR's."""
    return {
        language: name
        for language, name in zip(LANGUAGES, map(str.strip, names.split("|")), strict=True)
        if name != "-"
    }


# No parentheses, no dashes, no abbreviations; one name for one country.
TERRITORY = {
    "CD": _row(
        "Democratic Republic of the Congo|刚果民主共和国|Demokratische Republik Kongo"
        "|République démocratique du Congo|República Democrática del Congo|República Democrática do Congo"
        "|Демократическая Республика Конго|جمهورية الكونغو الديمقراطية|コンゴ民主共和国|콩고 민주 공화국"
        "|Repubblica Democratica del Congo|कांगो लोकतांत्रिक गणराज्य"
    ),
    "CG": _row(
        "Republic of the Congo|刚果共和国|Republik Kongo|République du Congo|República del Congo|República do Congo"
        "|Республика Конго|جمهورية الكونغو|コンゴ共和国|콩고 공화국|Repubblica del Congo|कांगो गणराज्य"
    ),
    "HK": _row("Hong Kong|香港|Hongkong|Hong Kong|Hong Kong|Hong Kong|Гонконг|هونغ كونغ|香港|홍콩|Hong Kong|हाँग काँग"),
    "MO": _row("Macao|澳门|Macau|Macao|Macao|Macau|Макао|ماكاو|マカオ|마카오|Macao|मकाऊ"),
    "SX": {"fr": "Sint Maarten"},
    "VC": {"en": "Saint Vincent and the Grenadines"},
    "VG": {"ru": "Британские Виргинские острова"},
    "VI": {"ru": "Американские Виргинские острова", "en": "United States Virgin Islands"},
}

ARTICLE = {"AE", "BS", "CD", "CF", "CG", "DO", "GB", "GM", "IM", "IO", "KM", "MV", "NL", "PH", "PS", "SC", "US"}
"""Countries that English puts "the" before, apart from all "… Islands"."""

OTHER_NAMES = {
    "country:AE": ("UAE",),
    "country:BN": ("Brunei Darussalam",),
    "country:CD": ("Congo-Kinshasa", "DR Congo", "DRC"),
    "country:CG": ("Congo-Brazzaville",),
    "country:CI": ("Ivory Coast",),
    "country:CN": ("People's Republic of China",),
    "country:CV": ("Cabo Verde",),
    "country:CZ": ("Czech Republic",),
    "country:DE": ("Federal Republic of Germany",),
    "country:FM": ("Federated States of Micronesia",),
    "country:GB": ("Britain", "UK", "United Kingdom of Great Britain and Northern Ireland"),
    "country:KP": ("Democratic People's Republic of Korea",),
    "country:KR": ("Republic of Korea",),
    "country:MM": ("Burma",),
    "country:NL": ("Holland",),
    "country:PS": ("Palestine",),
    "country:RU": ("Russian Federation",),
    "country:SZ": ("Swaziland",),
    "country:TL": ("East Timor",),
    "country:TR": ("Turkey",),
    "country:US": ("U.S.", "USA", "United States of America"),
    "country:VA": ("Vatican",),
    "country:VI": ("U.S. Virgin Islands",),
    "currency:CNY": ("Renminbi",),
    "currency:GBP": ("Pound Sterling", "Sterling"),
    "currency:USD": ("American Dollar", "United States Dollar"),
    "language:ber": ("Amazigh", "Tamazight"),
    "language:bn": ("Bengali",),
    "language:dv": ("Dhivehi", "Maldivian"),
    "language:fa": ("Farsi",),
    "language:gil": ("I-Kiribati",),
    "language:kl": ("Greenlandic",),
    "language:ny": ("Chewa", "Chichewa"),
    "language:rn": ("Kirundi",),
    "language:si": ("Sinhalese",),
    "language:ss": ("Swazi",),
    "language:st": ("Sesotho", "Sotho"),
    "language:swb": ("Shikomoro",),
    "language:tn": ("Setswana",),
    "language:tet": ("Tetun",),
}

# By country. Names under which the city is known today where GeoNames has another, or a bare one.
CITY = {
    "AG": ("Saint John’s", "St. John's"),
    "GD": ("Saint George’s", "St. George's"),
    "KI": ("South Tarawa", "Tarawa"),
    "LK": ("Sri Jayawardenepura Kotte", "Kotte", "Sri Jayewardenepura Kotte"),
    "MD": ("Chișinău", "Chisinau", "Kishinev"),
    "MM": ("Naypyidaw", "Nay Pyi Taw"),
    "MN": ("Ulaanbaatar", "Ulan Bator"),
    "MV": ("Malé", "Male"),
    "SM": ("City of San Marino", "San Marino"),
    "UA": ("Kyiv", "Kiev"),
    "US": ("Washington, D.C.", "Washington", "Washington DC"),
    "VU": ("Port Vila", "Port-Vila"),
    "YE": ("Sanaa", "Sana'a"),
}

# Chinese names of capitals that give no time zone its name, and so are not in CLDR.
_CAPITALS_ZH = """
    AD:安道尔城 AE:阿布扎比 AG:圣约翰 AI:瓦利 AU:堪培拉 AW:奥拉涅斯塔德 BB:布里奇敦 BH:麦纳麦 BI:基特加
    BL:古斯塔维亚 BM:哈密尔顿 BN:斯里巴加湾市 BO:苏克雷 BR:巴西利亚 BZ:贝尔莫潘 CA:渥太华 CC:西岛 CH:伯尔尼
    CI:亚穆苏克罗 CK:阿瓦鲁阿 CM:雅温得 CN:北京 CR:圣何塞 CV:普拉亚 CW:威廉斯塔德 CX:飞鱼湾 DM:罗索 EC:基多 FJ:苏瓦
    FM:帕利基尔 FO:托尔斯港 GD:圣乔治 GG:圣彼得港 GP:巴斯特尔 GQ:和平城 GT:危地马拉城 GU:阿加尼亚 GY:乔治敦
    IM:道格拉斯 IN:新德里 JE:圣赫利尔 JM:金斯敦 KM:莫罗尼 KN:巴斯特尔 KW:科威特城 KY:乔治敦 KZ:阿斯塔纳 LC:卡斯特里
    LK:斯里贾亚瓦德纳普拉科特 MA:拉巴特 MM:内比都 MQ:法兰西堡 MS:普利茅斯 MT:瓦莱塔 MU:路易港 MV:马累 MW:利隆圭
    NF:金斯敦 NG:阿布贾 NR:亚伦 NU:阿洛菲 NZ:惠灵顿 PA:巴拿马城 PF:帕皮提 PK:伊斯兰堡 PM:圣皮埃尔 PN:亚当斯敦
    PR:圣胡安 PS:东耶路撒冷 PW:恩吉鲁穆德 QA:多哈 RE:圣但尼 SB:霍尼亚拉 SC:维多利亚 SH:詹姆斯敦 SV:圣萨尔瓦多
    SX:菲利普斯堡 TC:科伯恩城 TO:努库阿洛法 TR:安卡拉 TZ:多多马 US:华盛顿 VA:梵蒂冈城 VC:金斯敦 VG:罗德城
    VI:夏洛特阿马利亚 VN:河内 VU:维拉港 WF:马塔乌图 XK:普里什蒂纳 YE:萨那 YT:马穆楚 ZA:比勒陀利亚
"""
CITY_ZH = dict(pair.split(":") for pair in _CAPITALS_ZH.split())

CURRENCY = {
    "FKP": {"ja": "フォークランド諸島 ポンド"},
    "GYD": {"en": "Guyanese Dollar"},
    "KGS": {"en": "Kyrgyzstani Som"},
    "XAF": {"de": "Zentralafrikanischer CFA-Franc", "fr": "franc CFA d’Afrique centrale"},
    "XCG": _row(
        "-|加勒比盾|Karibischer Gulden|-|-|florim caribenho|карибский гульден|غيلدر كاريبي|カリブ・ギルダー|카리브 길더"
        "|fiorino caraibico|कैरिबियाई गिल्डर"
    ),
    "XOF": {"de": "Westafrikanischer CFA-Franc", "fr": "franc CFA d’Afrique de l’Ouest"},
    "XPF": {"hi": "सीएफ़पी फ़्रैंक"},
    "ZWG": _row(
        "-|津巴布韦金币|Simbabwe-Gold|or zimbabwéen|oro zimbabuense|ouro zimbabuano|зимбабвийский золотой|ذهب زيمبابوي"
        "|ジンバブエ・ゴールド|짐바브웨 골드|oro zimbabwese|ज़िम्बाब्वे गोल्ड"
    ),
}

LANGUAGE = {
    "ber": _row(
        "Berber|柏柏尔语|Berberisch|berbère|bereber|berbere|берберский|الأمازيغية|ベルベル語|베르베르어|berbero|बर्बर"
    ),
    "cnr": _row(
        "Montenegrin|黑山语|Montenegrinisch|monténégrin|montenegrino|montenegrino|черногорский|المونتينيغرية"
        "|モンテネグロ語|몬테네그로어|montenegrino|मोंटेनेग्रिन"
    ),
    "crs": {"en": "Seychellois Creole"},
    "hif": {
        "zh": "斐济印地语",
        "es": "hindi de Fiyi",
        "pt": "hindi de Fiji",
        "ru": "фиджийский хинди",
        "hi": "फ़िजी हिंदी",
    },
    "na": {"en": "Nauruan"},  # CLDR has "Nauru", which is the country
    "tvl": {"en": "Tuvaluan"},  # likewise
}

# label en, label zh, domain, range
PREDICATES = {
    "geo:capital": ("capital", "首都", "geo:Country", "geo:City"),
    "geo:continent": ("continent", "所在大洲", "geo:Country", "geo:Continent"),
    "geo:borders": ("borders", "接壤", "geo:Country", "geo:Country"),
    "geo:currency": ("currency", "货币", "geo:Country", "geo:Currency"),
    "geo:language": ("official language", "官方语言", "geo:Country", "geo:Language"),
    "geo:area": ("area", "面积", "geo:Country", "xsd:decimal"),
    "geo:population": ("population", "人口", "geo:Country", "xsd:integer"),
}
