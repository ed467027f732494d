"""A small example of contexts and names of one's own, in the languages that one wants, to be written over."""

import csv
import io
from collections.abc import Iterable, Sequence

from nerspace.datasets.languages import name_of

# Id, type and pattern of every context; id, type and gender of every name.
_CONTEXTS = (
    ("city", "LOC", 0), ("where", "LOC", 1), ("here", "LOC", 3), ("who-m", "PER", 2), ("where-m", "PER", 1),
    ("here-m", "PER", 3), ("who-f", "PER", 2), ("where-f", "PER", 1), ("here-f", "PER", 3),
)  # fmt: skip
_NAMES = (
    ("paris", "LOC", ""), ("berlin", "LOC", ""), ("rome", "LOC", ""), ("einstein", "PER", "m"), ("newton", "PER", "m"),
    ("curie", "PER", "f"), ("lovelace", "PER", "f"),
)  # fmt: skip
# Four patterns, of which {} is a slot and "/" parts those for men and women; three places; four persons where they are
# written otherwise than in English.
_SAID = {
    "be": ("{} — горад.", "Дзе знаходзіцца {}?", "Хто такі {}?/Хто такая {}?", "{} тут.",
           "Парыж", "Берлін", "Рым",
           "Альберт Эйнштэйн", "Ісаак Ньютан", "Марыя Кюры", "Ада Лаўлэйс"),
    "bg": ("{} е град.", "Къде е {}?", "Кой е {}?/Коя е {}?", "{} е тук.",
           "Париж", "Берлин", "Рим",
           "Алберт Айнщайн", "Исак Нютон", "Мария Кюри", "Ада Лъвлейс"),
    "ca": ("{} és una ciutat.", "On és {}?", "Qui és {}?", "{} és aquí.",
           "París", "Berlín", "Roma"),
    "cs": ("{} je město.", "Kde je {}?", "Kdo je {}?", "{} je tady.",
           "Paříž", "Berlín", "Řím"),
    "de": ("{} ist eine Stadt.", "Wo ist {}?", "Wer ist {}?", "{} ist hier.",
           "Paris", "Berlin", "Rom"),
    "en": ("{} is a city.", "Where is {}?", "Who is {}?", "{} is here.",
           "Paris", "Berlin", "Rome"),
    "es": ("{} es una ciudad.", "¿Dónde está {}?", "¿Quién es {}?", "{} está aquí.",
           "París", "Berlín", "Roma"),
    "fi": ("{} on kaupunki.", "Missä on {}?", "Kuka on {}?", "{} on täällä.",
           "Pariisi", "Berliini", "Rooma"),
    "fr": ("{} est une ville.", "Où est {} ?", "Qui est {} ?", "{} est ici.",
           "Paris", "Berlin", "Rome"),
    "hi": ("{} एक शहर है।", "{} कहाँ है?", "{} कौन है?", "{} यहाँ है।",
           "पेरिस", "बर्लिन", "रोम",
           "अल्बर्ट आइंस्टीन", "आइज़क न्यूटन", "मैरी क्यूरी", "एडा लवलेस"),
    "hr": ("{} je grad.", "Gdje je {}?", "Tko je {}?", "{} je ovdje.",
           "Pariz", "Berlin", "Rim"),
    "hu": ("{} egy város.", "Hol van {}?", "Ki az a {}?", "{} itt van.",
           "Párizs", "Berlin", "Róma"),
    "it": ("{} è una città.", "Dov'è {}?", "Chi è {}?", "{} è qui.",
           "Parigi", "Berlino", "Roma"),
    "nl": ("{} is een stad.", "Waar is {}?", "Wie is {}?", "{} is hier.",
           "Parijs", "Berlijn", "Rome"),
    "pl": ("{} to miasto.", "Gdzie jest {}?", "Kim jest {}?", "{} jest tutaj.",
           "Paryż", "Berlin", "Rzym",
           "Albert Einstein", "Isaac Newton", "Maria Skłodowska-Curie", "Ada Lovelace"),
    "pt": ("{} é uma cidade.", "Onde está {}?", "Quem é {}?", "{} está aqui.",
           "Paris", "Berlim", "Roma"),
    "ro": ("{} este un oraș.", "Unde este {}?", "Cine este {}?", "{} este aici.",
           "Paris", "Berlin", "Roma"),
    "ru": ("{} — город.", "Где находится {}?", "Кто такой {}?/Кто такая {}?", "{} здесь.",
           "Париж", "Берлин", "Рим",
           "Альберт Эйнштейн", "Исаак Ньютон", "Мария Кюри", "Ада Лавлейс"),
    "sl": ("{} je mesto.", "Kje je {}?", "Kdo je {}?", "{} je tukaj.",
           "Pariz", "Berlin", "Rim"),
    "sv": ("{} är en stad.", "Var är {}?", "Vem är {}?", "{} är här.",
           "Paris", "Berlin", "Rom"),
    "tr": ("{} bir şehirdir.", "{} nerede?", "{} kim?", "{} burada.",
           "Paris", "Berlin", "Roma"),
    "uk": ("{} — місто.", "Де знаходиться {}?", "Хто такий {}?/Хто така {}?", "{} тут.",
           "Париж", "Берлін", "Рим",
           "Альберт Ейнштейн", "Ісаак Ньютон", "Марія Кюрі", "Ада Лавлейс"),
}  # fmt: skip
_PERSONS = ("Albert Einstein", "Isaac Newton", "Marie Curie", "Ada Lovelace")


def example(languages: Sequence[str]) -> dict[str, str]:
    """The files of an example, name → text: contexts.csv and entities.csv, each with comments that explain it.

    A language that the example is not written in has the English text, and a comment says so.

    Args:
        languages: codes.
    """
    strange = [code for code in languages if code not in _SAID]
    todo = [
        f"{name_of(code)} ({code}) is not written yet: its cells hold the English text. Translate them."
        for code in strange
    ]
    said = {code: _said(code) for code in languages}
    contexts = [
        (name, kind, "nominative", _gender(name), *(_context(said[code], name, pattern) for code in languages))
        for name, kind, pattern in _CONTEXTS
    ]
    names = [
        (name, kind, "nominative", gender, "", *(said[code][4 + place] for code in languages))
        for place, (name, kind, gender) in enumerate(_NAMES)
    ]
    return {
        "contexts.csv": _table(
            [
                "Contexts: a sentence with one slot a row, a column for each language. Lines with # are comments.",
                "type is LOC, ORG or PER. The slot is [loc], [org], or [male] or [female] with gender m or f.",
                "case is nominative; locative or directional where the names bring their preposition or ending.",
                "The more contexts and names, the better: a fifth of both is kept for testing.",
                *todo,
            ],
            ("id", "type", "case", "gender", *languages), contexts,
        ),
        "entities.csv": _table(
            [
                "Names: one name a row, a column for each language. Every name is put into every context that fits it.",
                "A name in another case has a row of its own with the same id. ambiguity may stay empty.",
                *todo,
            ],
            ("id", "type", "case", "gender", "ambiguity", *languages), names,
        ),
    }  # fmt: skip


def _said(code: str) -> Sequence[str]:
    """Patterns and names of a language, of English where it is not written."""
    said = _SAID.get(code, _SAID["en"])
    return said if len(said) > 7 else (*said, *_PERSONS)


def _gender(name: str) -> str:
    return name[-1] if name[-2:] in ("-m", "-f") else ""


def _context(said: Sequence[str], name: str, pattern: int) -> str:
    gender = _gender(name)
    slot = {"": "[loc]", "m": "[male]", "f": "[female]"}[gender]
    return said[pattern].split("/")[-1 if gender == "f" else 0].replace("{}", slot)


def _table(comments: Iterable[str], header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    for comment in comments:
        buffer.write(f"# {comment}\n")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()
