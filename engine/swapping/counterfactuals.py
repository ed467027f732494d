"""Counterfactual names: the sentences of a run's test part again, each with one thing changed.

What is changed, what it is compared with, what it isolates and what that leaves open was fixed before any result was
looked at; see CHANGES. Tags change with the number of a form's words, so whole sentences are compared, never words.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nerspace.datasets import Sentence
from nerspace.datasets.scripts import scripts_in
from nerspace.engine.names.distances import tnld, transliterate
from nerspace.engine.statistics.cells import OWN

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.encoders.batching import Encoded
    from nerspace.engine.swapping.cutting import Cutter

DONOR = "donor's sentence"
# How many random strings are tried for one of the wanted distance.
TRIES = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is changed.

    Attributes:
        reference: what the changed sentence is compared with: own, the donor's sentence, or another change.
        isolates: what the difference is due to.
        limit: what it leaves open.
    """

    reference: str
    isolates: str
    limit: str


CHANGES: Mapping[str, Change] = {
    "donor's form": Change(OWN, "the form, spelling with its cutting", "the form is foreign to the sentence"),
    "donor's context": Change(OWN, "the language of the context", "the form is foreign to the sentence"),
    DONOR: Change(OWN, "form and context together: what being in this language costs", "nothing is held but the cell"),
    "+1 piece": Change(OWN, "cutting, the letters held", "a forced cut, which the model never saw"),
    "+2 pieces": Change(OWN, "cutting, the letters held", "a forced cut, which the model never saw"),
    "+4 pieces": Change(OWN, "cutting, the letters held", "a forced cut, which the model never saw"),
    "cut as donor's": Change(OWN, "cutting, into as many pieces as the donor's form", "a forced cut"),
    "donor's form, cut as own": Change(
        "donor's form", "cutting of the donor's letters in the own sentence", "a forced cut"
    ),
    "donor's sentence, cut as own": Change(
        DONOR, "cutting of the donor's letters in the donor's sentence", "a forced cut"
    ),
    "name in Latin": Change(OWN, "script of the name", "the cuts change with the script"),
    "sentence in Latin": Change(OWN, "script of everything", "text that the encoder never learned"),
    "donor's form in own script": Change(
        "donor's form", "script of the donor's form", "letter by letter, as nobody writes"
    ),
    "random letters": Change("donor's context", "what is left of the form's meaning: length and distance held",
                             "a string that is no name"),
    "another name": Change(
        OWN, "nothing but the noise of any change: another name of the type and case", "another name is not this name"
    ),
}  # fmt: skip

_CYRILLIC = {
    "shch": "щ", "sh": "ш", "ch": "ч", "zh": "ж", "kh": "х", "ts": "ц", "yu": "ю", "ya": "я", "yo": "ё", "th": "т",
    "ph": "ф", "ck": "к", "a": "а", "b": "б", "c": "к", "d": "д", "e": "е", "f": "ф", "g": "г", "h": "х", "i": "и",
    "j": "дж", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "q": "к", "r": "р", "s": "с", "t": "т",
    "u": "у", "v": "в", "w": "в", "x": "кс", "y": "и", "z": "з",
}  # fmt: skip
# Letters that a language writes otherwise.
_OWN_LETTERS = {"be": {"и": "і", "щ": "шч"}, "uk": {"и": "і", "ё": "йо"}, "bg": {"ё": "йо"}}


def to_cyrillic(form: str, language: str) -> str:
    """A form in Latin letters letter by letter in Cyrillic, case kept: Washington → Вашингтон."""
    text, found, place = transliterate(form), [], 0
    own = _OWN_LETTERS.get(language, {})
    while place < len(text):
        for size in (4, 2, 1):
            part = text[place : place + size]
            if len(part) == size and part.lower() in _CYRILLIC:
                letters = "".join(own.get(letter, letter) for letter in _CYRILLIC[part.lower()])
                found.append(letters.capitalize() if part[0].isupper() else letters)
                place += size
                break
        else:
            found.append(text[place])
            place += 1
    return "".join(found)


def random_form(form: str, other: str, generator: random.Random) -> str | None:
    """Random letters as long as `form` in its word shape, as far from `other` as `form` is; None for an equal form.

    The nearest of TRIES strings, each `other` with more and more letters replaced.
    """
    wanted, latin = tnld(form, other), transliterate(form)
    if wanted == 0 or not any(letter.isalpha() for letter in latin):
        return None
    source = transliterate(other)
    best, best_gap = latin, float("inf")
    for attempt in range(TRIES):
        kept = 1 - attempt / (TRIES - 1)
        letters = []
        for place, letter in enumerate(latin):
            if not letter.isalpha():
                letters.append(letter)
                continue
            taken = source[place] if place < len(source) and source[place].isalpha() else ""
            new = taken if taken and generator.random() < kept else generator.choice("abcdefghijklmnopqrstuvwxyz")
            letters.append(new.upper() if letter.isupper() else new.lower())
        found = "".join(letters)
        gap = abs(tnld(found, other) - wanted)
        if found not in (latin, source) and gap < best_gap:
            best, best_gap = found, gap
    return best if best != latin else None


@dataclass(frozen=True, slots=True)
class Asked:
    """One sentence of the plan.

    Attributes:
        recipient: the language asked about.
        cell: context/entity.
        type: of the entity.
        change: own, or a key of CHANGES.
        item: what the model reads; None where the change cannot be made.
        why: why it cannot.
    """

    recipient: str
    cell: str
    type: str
    change: str
    item: "Encoded | None"
    why: str = ""


def with_form(sentence: Sentence, form: str) -> Sentence | None:
    """The sentence with another name in the place of its own; None where it has no name, or two.

    Args:
        sentence: with one tagged name.
        form: words of the new name, joined by a space.
    """
    inside = [place for place, tag in enumerate(sentence.tags) if tag != "O"]
    words = form.split()
    if not inside or not words or inside != list(range(inside[0], inside[-1] + 1)):
        return None
    if any(sentence.tags[place].startswith("B-") for place in inside[1:]):
        return None
    kind = sentence.tags[inside[0]].partition("-")[2]
    tags = (f"B-{kind}", *(f"I-{kind}" for _ in words[1:]))
    before, after = inside[0], inside[-1] + 1
    whole = (*sentence.words[:before], *words, *sentence.words[after:])
    return replace(
        sentence, words=whole, tags=(*sentence.tags[:before], *tags, *sentence.tags[after:]), text=" ".join(whole)
    )


def read_sentences(table: "pd.DataFrame", corpus: str = "") -> dict[str, Sentence]:
    """Id → sentence, of the test rows of the table `sentences`."""
    found = {}
    names = ["sentence", "language", "type", "case", "context", "entity", "words", "tags", "text"]
    for row in table[table["split"] == "test"][names].fillna("").itertuples(index=False):
        known, language, kind, case, context, entity, words, tags, text = map(str, row)
        found[known] = Sentence(
            tuple(words.split(" ")), tuple(tags.split(" ")), text, corpus, "test", language, kind, case, context, entity
        )
    return found


class Plan:
    """The changed sentences of one donor; `cutter` and `limit` are those of its encoder, `cells` and `changes` all."""

    def __init__(
        self, sentences: Mapping[str, Sentence], donor: str, recipients: Sequence[str], seed: int, cutter: "Cutter",
        limit: int, cells: Collection[str] | None = None, changes: Collection[str] | None = None,
    ) -> None:  # fmt: skip
        self._by_cell: dict[tuple[str, str], Sentence] = {(s.language, s.cell): s for s in sentences.values()}
        self._donor, self._recipients, self._seed, self._cutter, self._limit = donor, recipients, seed, cutter, limit
        self._kinds = _Kinds(list(sentences.values()))
        self._cells = None if cells is None else set(cells)
        self._changes = (OWN, *(change for change in CHANGES if changes is None or change in changes))
        self._scripts = scripts_in((sentence.language, sentence.text) for sentence in sentences.values())

    def texts(self) -> dict[tuple[str, str, str], Sentence | str]:
        """(recipient, cell, change) → the sentence that it needs with the tokenizer's own cut, or why there is none."""
        found: dict[tuple[str, str, str], Sentence | str] = {}
        for (language, cell), own in self._by_cell.items():
            theirs = self._by_cell.get((self._donor, cell))
            if language == self._donor or language not in self._recipients or theirs is None:
                continue
            if self._cells is not None and cell not in self._cells:
                continue
            for change, made in self._changed(own, theirs):
                # Cuts are made of these two, also where they are not asked for themselves.
                if change in self._changes or change in (DONOR, "donor's form"):
                    found[language, cell, change] = made
        return found

    def _changed(self, own: Sentence, theirs: Sentence) -> Iterator[tuple[str, Sentence | str]]:
        form, other = _form(own), _form(theirs)
        generator = random.Random(f"{self._seed}/{own.id}")  # noqa: S311 - a reproducible draw, no secret
        same = "the form is the donor's" if form == other else ""
        yield OWN, own
        yield DONOR, theirs
        yield "donor's form", same or _made(own, other)
        yield "donor's context", same or _made(theirs, form)
        latin = transliterate(form)
        yield "name in Latin", "already in Latin letters" if latin == form else _made(own, latin)
        whole = [transliterate(word) or word for word in own.words]
        yield (
            "sentence in Latin",
            (
                "already in Latin letters"
                if whole == list(own.words)
                else replace(own, words=tuple(whole), text=" ".join(whole))
            ),
        )
        script, other_script = (self._scripts[sentence.language] for sentence in (own, theirs))
        if script == other_script:
            yield "donor's form in own script", "one script"
        elif script == "Cyrillic":
            yield "donor's form in own script", _made(own, to_cyrillic(other, own.language))
        elif script == "Latin":
            yield "donor's form in own script", _made(own, transliterate(other))
        else:
            yield "donor's form in own script", "no letters for this script are known"
        strange = random_form(form, other, generator)
        yield "random letters", "the form is as the donor's" if strange is None else _made(theirs, strange)
        names = self._kinds.others(own)
        yield "another name", _made(own, generator.choice(names)) if names else "no other name of its kind"

    def asked(self, encoded: Mapping[tuple[str, str, str], "Encoded | str"]) -> Iterator[Asked]:
        """All that is read: the texts, and the cuts that are made of them.

        Args:
            encoded: `texts`, encoded.
        """
        cells = dict.fromkeys((recipient, cell) for recipient, cell, _ in encoded)
        for recipient, cell in cells:
            kind = self._by_cell[recipient, cell].type
            for change in self._changes:
                item = encoded.get((recipient, cell, change))
                if item is None:
                    item = self._cut(change, {name: encoded[recipient, cell, name] for name in
                                              (OWN, DONOR, "donor's form")})  # fmt: skip
                if isinstance(item, str):
                    yield Asked(recipient, cell, kind, change, None, item)
                elif not item.entity_pieces:
                    yield Asked(recipient, cell, kind, change, None, "the model does not reach the name")
                else:
                    yield Asked(recipient, cell, kind, change, item)

    def _cut(self, change: str, whole: Mapping[str, "Encoded | str"]) -> "Encoded | str":
        extra = {"+1 piece": 1, "+2 pieces": 2, "+4 pieces": 4}.get(change)
        own, theirs = whole[OWN], whole[DONOR]
        if isinstance(own, str) or isinstance(theirs, str):
            return "no sentence"
        if extra is not None:
            found = self._cutter.cut(own, extra=extra)
        else:
            start = {"cut as donor's": own, "donor's form, cut as own": whole["donor's form"]}.get(change, theirs)
            if isinstance(start, str):
                return start
            wanted = self._pieces(theirs if change == "cut as donor's" else own)
            if wanted == self._pieces(start):
                return "as many pieces already"
            found = self._cutter.cut(start, exactly=wanted)
        if found is None:
            return "no cut into so many pieces"
        return found if len(found.ids) <= self._limit else "longer than the model reads"

    def _pieces(self, item: "Encoded") -> int:
        return pieces_of(item, self._cutter)


def pieces_of(item: "Encoded", cutter: "Cutter") -> int:
    """How many pieces the name of a sentence has."""
    inside = [place for place, tag in enumerate(item.sentence.tags) if tag != "O"]
    return cutter.count([[item.ids[position] for position in item.pieces[place]] for place in inside])


def _made(sentence: Sentence, form: str) -> Sentence | str:
    return with_form(sentence, form) or "the sentence has not one name alone"


def _form(sentence: Sentence) -> str:
    return " ".join(word for word, tag in zip(sentence.words, sentence.tags, strict=True) if tag != "O")


Kind = tuple[str, str, str, str]


class _Kinds:
    """Names that may stand for one another: of one language, type, case and gender.

    The table of sentences says no gender, but a context shows one, so that names that share contexts share it.
    """

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        self._above: dict[str, str] = {}
        for sentence in sentences:
            a, b = (
                self._first(f"{sentence.type} {side}") for side in (f"c {sentence.context}", f"e {sentence.entity}")
            )
            self._above[a] = b
        found: dict[Kind, set[str]] = defaultdict(set)
        for sentence in sentences:
            found[self._of(sentence)].add(_form(sentence))
        self._forms = {kind: sorted(forms) for kind, forms in found.items()}

    def _first(self, node: str) -> str:
        while (above := self._above.setdefault(node, node)) != node:
            node = above
        return node

    def _of(self, sentence: Sentence) -> Kind:
        return sentence.language, sentence.type, sentence.case, self._first(f"{sentence.type} c {sentence.context}")

    def others(self, sentence: Sentence) -> list[str]:
        """The forms that may stand in a sentence beside its own, in a fixed order."""
        own = _form(sentence)
        return [form for form in self._forms[self._of(sentence)] if form != own]
