"""From a context and a form of a name to words and tags."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from nerspace.datasets.languages import articles_of, family_of, prepositions_of, quotes_of
from nerspace.datasets.records import Entity

# Other brackets are ordinary text: "[1]".
SLOT = re.compile(r"\[(?:male|female|loc|org|\?\?\?)\]")

Filled = tuple[tuple[str, ...], tuple[str, ...], str]

# Vowels of Indic scripts, accents that stand alone, and joiners are no \w, but parts of words: है is one.
_BLOCKS = (range(0x300, 0x2000), range(0x20D0, 0x2100), range(0x302A, 0x309B), range(0xA66F, 0xAC00))
_MARKS = "".join(chr(code) for block in _BLOCKS for code in block if unicodedata.category(chr(code))[0] == "M")
_LETTER = rf"[\w{_MARKS}\u200c\u200d]"
# A word with its inner hyphens, apostrophes, points and commas, or one other sign.
_WORD = re.compile(rf"\w{_LETTER}*(?:[-'’ʼ.,·]{_LETTER}+)*|[^\w\s]")
# What grows onto the name without a space: Turkish "'dır", a bare ending.
_SUFFIX = re.compile(rf"['’ʼ]?{_LETTER}+")


def split_words(text: str) -> list[str]:
    """The words and punctuation signs of a text, in order; only white space is dropped."""
    return _WORD.findall(text)


@lru_cache(maxsize=16_384)
def split_form(form: str, case: str, language: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """A form as (preposition, name, suffix): only the middle is the entity.

    A locative or directional form brings its preposition ("in London"), in Turkish a suffix behind an apostrophe
    ("Londra'da").
    """
    words = tuple(form.split())
    if case == "nominative":
        return (), words, ()
    prepositions = prepositions_of(language)
    first = next((i for i, word in enumerate(words) if word not in prepositions), 0)
    # "W Polsce" stands for "w Polsce"; but a Romance name may itself begin with a capital article: "La Habana".
    if not first and len(words) > 1 and family_of(language) != "Romance" and words[0].lower() in prepositions:
        first = 1
    before, name = words[:first], words[first:]
    if elided := _elided(name[0], language) if name else "":
        return (*before, elided), (name[0][len(elided) :], *name[1:]), ()
    # Only Turkish endings stand behind an apostrophe: "d'Arc", "N'Djamena".
    if language == "tr":
        for i in reversed(range(len(name))):
            if (cut := name[i].rfind("'")) > 0:
                return before, (*name[:i], name[i][:cut]), (name[i][cut:], *name[i + 1 :])
            if not name[i].islower():
                break
    return before, name, ()


def bare_name(form: str, language: str) -> tuple[str, tuple[str, str]]:
    """A nominative as a native writes it in a sentence, as (name, what stands before and after it).

    An article in lower case ("the World Bank", "l'Everton") or the quotation marks of the language («Барселона») are
    no part of the name; a capital article is ("La Habana").
    """
    opening, closing = quotes_of(language)
    if opening and form.startswith(opening) and form.endswith(closing) and len(form) > 2:
        return form[1:-1], (opening, closing)
    if elided := _elided(form, language):
        return form[len(elided) :], (elided, "")
    article, _, name = form.partition(" ")
    if name and article in articles_of(language):
        return name, (article, "")
    return form, ("", "")


def dressed(name: str, around: tuple[str, str]) -> str:
    """A name with what stands around it in a sentence; what `bare_name` takes apart."""
    opening, closing = around
    return f"{opening}{' ' if opening.isalpha() else ''}{name}{closing}"


def around_of(entity: Entity, case: str, language: str) -> tuple[str, str]:
    """What stands around a form of an entity; only a nominative stands between anything."""
    return entity.around.get(language, ("", "")) if case == "nominative" else ("", "")


def _elided(form: str, language: str) -> str:
    """The elided article in lower case at the front of a form: Catalan "l'" of "l'Havana"."""
    elided = (article for article in articles_of(language) if article.endswith("'"))
    return next((article for article in elided if form.startswith(article) and len(form) > len(article)), "")


@dataclass(frozen=True, slots=True)
class _Gap:
    """What follows a slot: its text and its words, the first of them perhaps glued to the slot."""

    text: str
    words: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Template:
    """A template cut at its slots; `pointless` are the gaps without their leading point.

    starts: for every slot, whether a sentence begins there. quoted: for every slot, whether it stands in quotation
    marks of its own.
    """

    head: _Gap
    gaps: tuple[_Gap, ...]
    pointless: tuple[_Gap, ...]
    starts: tuple[bool, ...]
    quoted: tuple[bool, ...]


def _gap(text: str, behind_slot: bool) -> _Gap:
    glued = _SUFFIX.match(text) if behind_slot else None
    words = [glued.group(), *split_words(text[glued.end() :])] if glued else split_words(text)
    return _Gap(text, tuple(words), ("O",) * len(words))


# Bounded, and larger than any known file of contexts, so that a walk through a whole product cuts each of them once.
@lru_cache(maxsize=8_192)
def _cut(template: str) -> _Template:
    head, *rest = SLOT.split(template)
    if not rest:
        raise ValueError(f"no slot in {template!r}")
    gaps = tuple(_gap(text, True) for text in rest)
    shorter = (text.removeprefix(".") for text in rest)
    before = [head, *rest[:-1]]
    return _Template(
        _gap(head, False), gaps, tuple(_gap(text, True) for text in shorter),
        tuple(_starts_sentence(text, place == 0) for place, text in enumerate(before)),
        tuple(text[-1:] in _OPENING and after[:1] in _CLOSING for text, after in zip(before, rest, strict=True)),
    )  # fmt: skip


def _starts_sentence(before: str, first: bool) -> bool:
    """Whether what follows this text begins a sentence, if only one that is quoted."""
    left = before.rstrip(" ¿¡—–-([" + _QUOTES)
    if not left:
        return first
    within = before[len(left) :]
    return left[-1] in ".!?…" or (left[-1] == ":" and any(sign in _QUOTES for sign in within))


_QUOTES = '«»„“”"‘’'
_OPENING, _CLOSING = frozenset('«„“”»"'), frozenset('»“”«"')


def fill(
    template: str, form: str, case: str, kind: str, language: str, around: tuple[str, str] = ("", "")
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Put a form into every slot of a template.

    Args:
        template: a text with slots.
        form: of the name in that case.
        case: of the form.
        kind: the type in the tags.
        language: of both.
        around: an article or quotation marks that stand about the form; marks are left out where the slot has its own.

    Returns:
        Words, IOB2 tags and the text. Articles, prepositions, suffixes and punctuation glued to the slot are kept as
        words of their own and tagged O; an article or preposition that begins a sentence is capitalised.
    """
    cut = _cut(template)
    preposition, name, suffix = split_form(form, case, language)
    # "Alžběta II." closes its sentence with its own point.
    gaps = cut.pointless if form.endswith(".") else cut.gaps
    marks = (f"B-{kind}",) + (f"I-{kind}",) * (len(name) - 1)
    bare = preposition + name + suffix, ("O",) * len(preposition) + marks + ("O",) * len(suffix), form
    simple = not any(around)
    words, tags, text = cut.head.words, cut.head.tags, cut.head.text
    for gap, starts, quoted in zip(gaps, cut.starts, cut.quoted, strict=True):
        if simple and not (starts and preposition):
            filled = bare
        else:
            filled = _dressed(bare, ("", "") if quoted and around[1] else around, starts)
        words, tags, text = words + filled[0] + gap.words, tags + filled[1] + gap.tags, text + filled[2] + gap.text
    return words, tags, text


def _dressed(bare: Filled, around: tuple[str, str], starts: bool) -> Filled:
    """Words, tags and text of a form between article or quotation marks; its first word, if no name, capitalised."""
    (opening, closing), (words, tags, text) = around, bare
    if opening:
        words, tags = (opening, *words), ("O", *tags)
    if closing:
        words, tags = (*words, closing), (*tags, "O")
    text = dressed(text, around)
    if starts and tags[0] == "O":
        words, text = (_capital(words[0]), *words[1:]), _capital(text)
    return words, tags, text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
