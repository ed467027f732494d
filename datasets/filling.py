"""From a context and a form of a name to words and tags."""

import re
from dataclasses import dataclass
from functools import lru_cache

from nerspace.datasets.languages import family_of, prepositions_of

# Other brackets are ordinary text: "[1]".
SLOT = re.compile(r"\[(?:male|female|loc|org|\?\?\?)\]")

# A word with its inner hyphens, apostrophes, points and commas, or one other sign.
_WORD = re.compile(r"\w+(?:[-'’ʼ.,·]\w+)*|[^\w\s]")
# What grows onto the name without a space: Turkish "'dır", a bare ending.
_SUFFIX = re.compile(r"['’ʼ]?\w+")


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
    # Catalan and French articles use the same sign at the front of a name, so only Turkish is cut.
    if language == "tr":
        for i in reversed(range(len(name))):
            if (cut := name[i].rfind("'")) > 0:
                return before, (*name[:i], name[i][:cut]), (name[i][cut:], *name[i + 1 :])
            if not name[i].islower():
                break
    return before, name, ()


@dataclass(frozen=True, slots=True)
class _Gap:
    """What follows a slot: its text and its words, the first of them perhaps glued to the slot."""

    text: str
    words: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Template:
    """A template cut at its slots; `pointless` are the gaps without their leading point."""

    head: _Gap
    gaps: tuple[_Gap, ...]
    pointless: tuple[_Gap, ...]


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
    return _Template(_gap(head, False), gaps, tuple(_gap(text, True) for text in shorter))


def fill(template: str, form: str, case: str, kind: str, language: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Put a form into every slot of a template.

    Returns: words, IOB2 tags and the text. Prepositions, suffixes and punctuation glued to the slot are kept as words
    of their own and tagged O.
    """
    cut = _cut(template)
    preposition, name, suffix = split_form(form, case, language)
    # "Alžběta II." closes its sentence with its own point.
    gaps = cut.pointless if form.endswith(".") else cut.gaps
    filled = preposition + name + suffix
    marks = ("O",) * len(preposition) + (f"B-{kind}",) + (f"I-{kind}",) * (len(name) - 1) + ("O",) * len(suffix)
    words, tags, text = cut.head.words, cut.head.tags, cut.head.text
    for gap in gaps:
        words, tags, text = words + filled + gap.words, tags + marks + gap.tags, text + form + gap.text
    return words, tags, text
