"""Languages by their codes: eleven with rows of their own, and every other that ISO 639 or BCP 47 knows.

What only we know of a language (its prepositions, its family) is a row; names, scripts and the validity of codes come
from langcodes with CLDR's data, which is loaded when a code that has no row is first asked for.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from nerspace.datasets.errors import UsageError


@dataclass(frozen=True, slots=True)
class Language:
    """A language.

    code: as BCP 47 writes it, ISO 639-1 where there is one. script: of its letters, in English. family: branch of
    Indo-European, or the family itself; empty where no row says it. prepositions: the lower-case words, articles among
    them, that a locative or directional form may begin with; they are no part of the name (Spanish "en la India", but
    "en La Habana"). articles: those that may stand before a bare name in lower case, the elided one with its
    apostrophe. quotes: the signs between which this language's orthography puts the names of firms, media and clubs,
    where it does.
    """

    code: str
    name: str
    script: str
    family: str
    prepositions: frozenset[str]
    articles: tuple[str, ...] = ()
    quotes: tuple[str, str] = ("", "")


def _row(
    code: str, name: str, script: str, family: str, prepositions: str = "", articles: str = "", quotes: str = ""
) -> Language:
    signs = (quotes[:1], quotes[1:])
    return Language(code, name, script, family, frozenset(prepositions.split()), tuple(articles.split()), signs)


LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        _row("be", "Belarusian", "Cyrillic", "East Slavic", "у ў ва на да", quotes="«»"),
        _row("bg", "Bulgarian", "Cyrillic", "South Slavic", "в във на до за към", quotes="„“"),
        _row("ca", "Catalan", "Latin", "Romance", "a en al als la el les els cap fins", "el la els les l'"),
        _row("cs", "Czech", "Latin", "West Slavic", "v ve na do u k ke"),
        _row("en", "English", "Latin", "Germanic", "in on at to the", "the"),
        _row("es", "Spanish", "Latin", "Romance", "a en al la el los las hacia", "el la los las"),
        _row("pl", "Polish", "Latin", "West Slavic", "w we na do nad"),
        _row("ru", "Russian", "Cyrillic", "East Slavic", "в во на", quotes="«»"),
        _row("sl", "Slovene", "Latin", "South Slavic", "v na ob k h"),
        _row("tr", "Turkish", "Latin", "Turkic"),
        _row("uk", "Ukrainian", "Cyrillic", "East Slavic", "у в на до", quotes="«»"),
    )
}

# Language of a text of which nothing states it: ISO 639-2.
UNKNOWN = "und"
# Codes that Wikipedia used before BCP 47 had one, and those of CoNLL-2002's files.
_OLD = {
    "be-x-old": "be-tarask", "zh-min-nan": "nan", "zh-classical": "lzh", "zh-yue": "yue", "simple": "en-simple",
    "bat-smg": "sgs", "fiu-vro": "vro", "roa-rup": "rup", "cbk-zam": "cbk", "map-bms": "jv-x-bms",
    "roa-tara": "nap-x-tara", "esp": "es", "ned": "nl",
}  # fmt: skip
_TAG = re.compile(r"[a-z]{2,8}(?:[-_][a-z0-9]{1,8})*", re.IGNORECASE)
# Scripts whose name in CLDR tells how they are written, not which they are.
_SCRIPTS = {"Hans": "Han", "Hant": "Han", "Jpan": "Japanese", "Kore": "Korean"}


@cache
def code_of(text: str) -> str:
    """The code of a language as BCP 47 writes it: "eng" is en, "be-x-old" is be-tarask; empty if there is none."""
    plain = text.strip().replace("_", "-")
    if (code := plain.lower()) in LANGUAGES:
        return code
    if code in _OLD:
        return _OLD[code]
    if not _TAG.fullmatch(plain):
        return ""
    import langcodes

    try:
        tag = langcodes.standardize_tag(plain)
        known = langcodes.Language.get(tag).is_valid()
    except ValueError:
        return ""
    return tag if known and not tag.startswith("und") else ""


def data_code(text: str) -> str:
    """The code that data gives its sentences: as `code_of` has it, or the text itself in lower case."""
    return code_of(text) or text.strip().lower()


@cache
def find_language(text: str) -> str:
    """The code of a language that is written as a code or by its English name; empty if it is neither.

    As the heading of a column "BY" and "UA" are Belarusian and Ukrainian, which are no codes of any language.
    """
    plain = " ".join(text.replace("_", " ").split())
    if code := {"by": "be", "ua": "uk"}.get(plain.lower()) or code_of(text):
        return code
    named = {language.name.lower(): language.code for language in LANGUAGES.values()}
    if plain.lower() in named:
        return named[plain.lower()]
    if not plain.replace(" ", "").isalpha() or len(plain) < 4:
        return ""
    import langcodes

    try:
        tag = langcodes.find(plain).to_tag()
    except LookupError:
        return ""
    # There is a language called Label; a heading of that name is a heading.
    return tag if len(tag.partition("-")[0]) == 2 else ""


@cache
def language_of(code: str) -> Language | None:
    """What is known of a language; None for a code that no one knows.

    A variety (be-tarask) has the family of its language.
    """
    if code in LANGUAGES:
        return LANGUAGES[code]
    if not (tag := code_of(code)):
        return None
    import langcodes
    from langcodes.data_dicts import DEFAULT_SCRIPTS, LIKELY_SUBTAGS

    found = langcodes.Language.get(tag)
    base = LANGUAGES.get(str(found.language))
    likely = str(found.maximize().script or "")
    # Of a language that CLDR does not know, langcodes says what is likely of any language.
    if (
        likely == "Latn"
        and not found.script
        and not (found.language in LIKELY_SUBTAGS or found.language in DEFAULT_SCRIPTS)
    ):
        likely = ""
    script = _SCRIPTS.get(likely) or (langcodes.Language.make(script=likely).script_name() if likely else "")
    variety = found.variants or found.private
    name = found.language_name() if variety else found.display_name()
    shown = f"{name} ({', '.join(found.variants or [str(found.private)])})" if variety else name
    if base is not None:
        # CLDR says Slovenian.
        shown = shown.replace(langcodes.Language.get(base.code).language_name(), base.name)
        return replace(base, code=code, name=shown, script=script or base.script)
    return Language(code, shown, script, "", frozenset())


def in_order(codes: Iterable[str]) -> tuple[str, ...]:
    """Codes, each once: our eleven by the alphabet, then others as they come."""
    found = dict.fromkeys(codes)
    return (*(code for code in LANGUAGES if code in found), *(code for code in found if code not in LANGUAGES))


def name_of(code: str) -> str:
    """The English name of a language, or the code itself."""
    found = language_of(code)
    return found.name if found else code


def script_of(code: str) -> str:
    """The script a language is most likely written in; one of its own for a language that is not known."""
    found = language_of(code)
    return found.script if found and found.script else f"script of {code}"


def family_of(code: str) -> str:
    """The family of a language, or its name where no row states one; so that languages of no row stand apart."""
    found = language_of(code)
    return (found.family or found.name) if found else code


def prepositions_of(code: str) -> frozenset[str]:
    """The words that a form of a case may begin with; none for a language without a row."""
    found = language_of(code)
    return found.prepositions if found else frozenset()


def articles_of(code: str) -> tuple[str, ...]:
    """The articles that may stand before a bare name; none for a language without a row."""
    found = language_of(code)
    return found.articles if found else ()


def quotes_of(code: str) -> tuple[str, str]:
    """The signs between which names of firms, media and clubs stand; empty where no row states them."""
    found = language_of(code)
    return found.quotes if found else ("", "")


def parse_languages(text: str | None) -> tuple[str, ...]:
    """Language codes from a comma-separated text, in its order; none for None or "all", which leaves it to the data.

    Raises:
        UsageError: a code that no language has.
    """
    if text is None or text.strip() in ("", "all"):
        return ()
    found: dict[str, None] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        if not (code := UNKNOWN if part.lower() == UNKNOWN else code_of(part)):
            raise UsageError(
                f"Unknown language {part!r}.",
                f"Choose from {', '.join(LANGUAGES)}, any other code of ISO 639 or BCP 47 that the data has, or all.",
            )
        found[code] = None
    return tuple(found)
