"""From the tags that files have to IOB2 with the types PER, LOC and ORG.

A scheme is a property of a whole file, never of one sentence: in IOB1 an entity begins with I-, in IOB2 that is an
error.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

# What is plainly one of our three types; any other type is kept as it is written.
TYPES = {
    "PERSON": "PER", "PERS": "PER", "PEOPLE": "PER", "PSN": "PER",
    "LOCATION": "LOC", "PLACE": "LOC", "GPE": "LOC", "GPELOC": "LOC", "GEOLOC": "LOC", "GEO": "LOC",
    "ORGANIZATION": "ORG", "ORGANISATION": "ORG", "ORGANIZATIONS": "ORG", "COMPANY": "ORG", "CORPORATION": "ORG",
}  # fmt: skip

# Halves of characters, which JSON can write, are no letters of a type.
_TYPE = r"([^\s\ud800-\udfff]+)"
_PREFIXED = re.compile(rf"([BIESLUMW])-{_TYPE}")
# Other spellings, which only a whole file can tell from bare types such as "e-mail": b-per, B_PER; PER-B, person_B.
_PREFIX_SPELLING = re.compile(rf"([BIESLUMW])[-_]{_TYPE}", re.IGNORECASE)
_SUFFIX_SPELLING = re.compile(rf"{_TYPE}[-_]([BIESLUMWbi])")
_BARE = re.compile(r"[^\W\d_](?:[\w/&.+-]*\w)?")
_OUTSIDE = frozenset({"O", "o"})
# What tables write into empty cells.
_MISSING = frozenset({"", "nan", "none", "null", "na", "n/a", "_"})
# A file of prose has as many last words as lines; the finest tag set in use has 66 types.
MOST_TYPES = 200


class TagError(ValueError):
    """Tags that do not follow one another; the message is a phrase that can be counted."""


# A corpus has millions of tags, and few different ones.
@lru_cache(maxsize=16_384)
def split_tag(tag: str) -> tuple[str, str]:
    """A tag as (prefix, label): ("O", ""), ("B", "PER"), or ("", "PER") for a bare label.

    Raises:
        TagError: it is none.
    """
    if tag in _OUTSIDE:
        return "O", ""
    if tag.lower() in _MISSING:
        raise TagError("a word without a tag")
    if found := _PREFIXED.fullmatch(tag):
        return found[1], found[2]
    if _BARE.fullmatch(tag):
        return "", tag
    raise TagError("not a tag")


def is_marked(tag: str) -> bool:
    """Whether this can only be a tag: O, or a label with a prefix."""
    return tag in _OUTSIDE or _PREFIXED.fullmatch(tag) is not None


def is_like_marked(tag: str) -> bool:
    """Whether this is O, or has a prefix or suffix in any spelling."""
    if "-" in tag or "_" in tag:
        return bool(_PREFIX_SPELLING.fullmatch(tag) or _SUFFIX_SPELLING.fullmatch(tag))
    return tag in _OUTSIDE


def respell(tags: Iterable[str]) -> dict[str, str]:
    """What the different tags of one file, or the labels of one model, are in the spelling O, B-PER or PER.

    Prefixes may be small and parted by an underscore (b-per, B_PER), or stand at the end (PER-B, person_I). Such
    spellings count only where all tags share them and one begins or goes on an entity, for else they are bare types.

    Raises:
        TagError: some tags are spelt one way and some another.
    """
    tags = set(tags)
    types = [tag for tag in tags if tag not in _OUTSIDE and tag.lower() not in _MISSING]
    plain = [tag for tag in types if _PREFIXED.fullmatch(tag)]
    if len(plain) < len(types):
        for pattern, first, last in ((_PREFIX_SPELLING, 1, 2), (_SUFFIX_SPELLING, 2, 1)):
            found = [match for tag in types if (match := pattern.fullmatch(tag))]
            prefixes = {match[first].upper() for match in found}
            if not prefixes & {"B", "I"}:
                continue
            if len(found) == len(types) and (first == 1 or not plain):
                spelt = {match[0]: f"{match[first].upper()}-{match[last]}" for match in found}
                return {tag: spelt.get(tag, tag) for tag in tags}
            others = [match[0] for match in found if match[0] not in plain and match[first].upper() in "BI"]
            if plain and others:
                raise TagError(f"tags spelt in two ways, {min(plain)} and {min(others)}")
    return {tag: tag for tag in tags}


def type_of(label: str) -> str:
    """PER, LOC or ORG where the label plainly means it, else the label itself."""
    key = label.upper()
    return key if key in ("PER", "LOC", "ORG") else TYPES.get(key.replace("-", "").replace("_", ""), label)


def find_scheme(sentences: Iterable[Sequence[str]]) -> str:
    """The scheme that the tags of one file are written in.

    A file that breaks the rules of IOB1 and of IOB2 is taken as IOB2: B- inside it says that entities begin so.

    Args:
        sentences: the tags of each sentence of the file.

    Returns:
        IOB2: an entity begins with B-, goes on with I-; I- behind O begins one too, as conlleval and seqeval count.
        IOB1: an entity begins with I-; B- only parts two of one type that touch.
        BIOES: B- I- E- for longer entities, S- for single words; as BILOU with L- and U-.
        bare first: an entity begins with its bare type, goes on with I-.
        bare: every word of an entity has its bare type.
    """
    prefixes: Counter[str] = Counter()
    begun_by_i = lone_b = False
    for tags in sentences:
        before = ("O", "")
        for tag in tags:
            if tag == "O":
                before = ("O", "")
                continue
            try:
                now = split_tag(tag)
            except TagError:
                now = ("O", "")
            prefixes[now[0]] += 1
            follows = before[0] != "O" and before[1] == now[1]
            begun_by_i |= now[0] == "I" and not follows
            lone_b |= now[0] == "B" and not follows
            before = now
    # A bare label among more entities that begin with B- is no tag, but a cell of another column.
    if prefixes[""] > prefixes["B"] + prefixes["S"] + prefixes["U"]:
        return "bare first" if prefixes.keys() & set("BI") else "bare"
    if prefixes.keys() & set("ESLUMW"):
        return "BIOES"
    return "IOB1" if begun_by_i and not lone_b else "IOB2"


def to_iob2(tags: Sequence[str], scheme: str, name: Callable[[str], str] = type_of) -> tuple[str, ...]:
    """The tags of one sentence in IOB2 with our types.

    Args:
        tags: as they stand in the file.
        scheme: of the file, as `find_scheme` names it.
        name: the type that a label is read as, or O.

    Raises:
        TagError: where a tag cannot stand behind the one before it.
    """
    found = [one_iob2(before, tag, scheme) for before, tag in pairwise(("O", *tags))]
    check_end(tags, scheme)
    return renamed(found, name)


def one_iob2(before: str, tag: str, scheme: str) -> str:
    """A tag in IOB2 with its own label, by the tag before it; O stands before the first.

    Raises:
        TagError: where it cannot stand there.
    """
    now = split_tag(tag)
    start = _starts(split_tag(before), now, scheme)
    return "O" if now[0] == "O" else f"{'B' if start else 'I'}-{now[1]}"


def check_end(tags: Sequence[str], scheme: str) -> None:
    """See that the last entity of a sentence has its end.

    Raises:
        TagError: it has none.
    """
    if scheme == "BIOES" and tags and _open(split_tag(tags[-1])):
        raise TagError("an entity without its end")


def renamed(tags: Sequence[str], name: Callable[[str], str]) -> tuple[str, ...]:
    """Tags in IOB2 whose types have other names, or O for none; an entity stays one where two types become one."""
    found = []
    for tag in tags:
        if tag == "O":
            found.append(tag)
            continue
        kind = name(tag[2:])
        found.append("O" if kind == "O" else f"{tag[0]}-{kind}")
    return tuple(found)


def _open(tag: tuple[str, str]) -> bool:
    return tag[0] in ("B", "I", "M")


def _starts(before: tuple[str, str], now: tuple[str, str], scheme: str) -> bool:
    """Whether an entity starts at `now`."""
    prefix, label = now
    follows = before[0] != "O" and before[1] == label
    if not prefix and scheme in ("IOB1", "IOB2", "BIOES"):
        raise TagError("not a tag")
    if scheme == "BIOES":
        return _starts_bioes(before, now)
    if prefix == "O":
        return False
    if scheme == "bare":
        return not follows
    if scheme == "IOB1":
        return prefix == "B" or not follows
    if scheme == "IOB2" and prefix == "I" and before[0] == "O":
        return True
    if prefix == "I" and not follows:
        raise TagError("I- does not follow its entity")
    if scheme == "bare first" and prefix not in ("", "I", "B"):
        raise TagError("not a tag")
    return prefix != "I"


def _starts_bioes(before: tuple[str, str], now: tuple[str, str]) -> bool:
    prefix, label = now
    inside = prefix in ("I", "M", "E", "L")
    if _open(before) and not (inside and before[1] == label):
        raise TagError("an entity without its end")
    if inside and not _open(before):
        raise TagError("I- does not follow its entity")
    return not inside and prefix != "O"


def types_in(tags: Iterable[str]) -> list[str]:
    """The type of every entity of a sentence in IOB2, in order."""
    return [tag[2:] for tag in tags if tag != "O" and tag.startswith("B-")]


def kind_of(tags: Iterable[str]) -> str:
    """The only entity type of a sentence, "mixed" for several, empty for none."""
    types = types_in(tags)
    return "" if not types else types[0] if len(set(types)) == 1 else "mixed"


def spans_of(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """The entities of a sentence in IOB2: first word, word after the last, type."""
    spans = []
    start = -1
    for i, tag in enumerate([*tags, "O"]):
        if start >= 0 and not tag.startswith("I-"):
            spans.append((start, i, tags[start][2:]))
            start = -1
        if tag.startswith("B-"):
            start = i
    return spans
