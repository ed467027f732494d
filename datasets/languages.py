"""The languages nerspace knows. A new language is a new row."""

from dataclasses import dataclass

from nerspace.datasets.errors import UsageError


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the parallel data.

    code: ISO 639-1. script: Latin or Cyrillic. family: branch of Indo-European, or the family itself.
    prepositions: the lower-case words, articles among them, that a locative or directional form may begin with; they
    are no part of the name (Spanish "en la India", but "en La Habana").
    """

    code: str
    name: str
    script: str
    family: str
    prepositions: frozenset[str]


def _row(code: str, name: str, script: str, family: str, prepositions: str = "") -> Language:
    return Language(code, name, script, family, frozenset(prepositions.split()))


LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        _row("be", "Belarusian", "Cyrillic", "East Slavic", "у ў ва на да"),
        _row("bg", "Bulgarian", "Cyrillic", "South Slavic", "в във на до за към"),
        _row("ca", "Catalan", "Latin", "Romance", "a en al als la el les els cap fins"),
        _row("cs", "Czech", "Latin", "West Slavic", "v ve na do"),
        _row("en", "English", "Latin", "Germanic", "in on at to"),
        _row("es", "Spanish", "Latin", "Romance", "a en al la el hacia"),
        _row("pl", "Polish", "Latin", "West Slavic", "w we na do"),
        _row("ru", "Russian", "Cyrillic", "East Slavic", "в во на"),
        _row("sl", "Slovene", "Latin", "South Slavic", "v na"),
        _row("tr", "Turkish", "Latin", "Turkic"),
        _row("uk", "Ukrainian", "Cyrillic", "East Slavic", "у в на до"),
    )
}


def script_of(code: str) -> str:
    """The script a language is written in; one of its own for a language that is not known."""
    return LANGUAGES[code].script if code in LANGUAGES else f"script of {code}"


def parse_languages(text: str | None) -> tuple[str, ...]:
    """Language codes from a comma-separated text, in its order; none for None or "all", which leaves it to the data.

    Raises:
        UsageError: a code that is not known.
    """
    if text is None or text.strip() in ("", "all"):
        return ()
    codes = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    for code in codes:
        if code not in LANGUAGES:
            raise UsageError(f"Unknown language {code!r}.", f"Choose from {', '.join(LANGUAGES)}, or all.")
    return codes
