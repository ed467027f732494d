"""From a context and a form of a name to words and tags."""

import re

from nerspace.datasets.languages import LANGUAGES

# Other brackets are ordinary text: "[1]".
SLOT = re.compile(r"\[(?:male|female|loc|org|\?\?\?)\]")

# A word with its inner hyphens, apostrophes, points and commas, or one other sign.
_WORD = re.compile(r"\w+(?:[-'’ʼ.,·]\w+)*|[^\w\s]")
# What grows onto the name without a space: Turkish "'dır", a bare ending.
_SUFFIX = re.compile(r"['’ʼ]?\w+")


def split_words(text: str) -> list[str]:
    """The words and punctuation signs of a text, in order; only white space is dropped."""
    return _WORD.findall(text)


def split_form(form: str, case: str, language: str) -> tuple[list[str], list[str], list[str]]:
    """A form as (preposition, name, suffix): only the middle is the entity.

    A locative or directional form brings its preposition ("in London"), in Turkish a suffix behind an apostrophe
    ("Londra'da").
    """
    words = form.split()
    if case == "nominative":
        return [], words, []
    prepositions = LANGUAGES[language].prepositions
    first = next((i for i, word in enumerate(words) if word not in prepositions), 0)
    before, name, suffix = words[:first], words[first:], []
    # Catalan and French articles use the same sign at the front of a name, so only Turkish is cut.
    if language == "tr" and (cut := name[-1].rfind("'")) > 0:
        name, suffix = [*name[:-1], name[-1][:cut]], [name[-1][cut:]]
    return before, name, suffix


def fill(template: str, form: str, case: str, kind: str, language: str) -> tuple[list[str], list[str], str]:
    """Put a form into the one slot of a template.

    Returns: words, IOB2 tags and the text. Prepositions, suffixes and punctuation glued to the slot are kept as words
    of their own and tagged O.
    """
    slot = SLOT.search(template)
    if slot is None:
        raise ValueError(f"no slot in {template!r}")
    left, right = template[: slot.start()], template[slot.end() :]
    if form.endswith(".") and right.startswith("."):
        # "Alžběta II." closes its sentence with its own point.
        right = right[1:]
    preposition, name, suffix = split_form(form, case, language)
    before = split_words(left) + preposition
    glued = _SUFFIX.match(right)
    after = suffix + ([glued.group()] if glued else []) + split_words(right[glued.end() :] if glued else right)
    words = before + name + after
    tags = ["O"] * len(before) + [f"B-{kind}"] + [f"I-{kind}"] * (len(name) - 1) + ["O"] * len(after)
    return words, tags, left + form + right
