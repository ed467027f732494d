"""Which column of a table holds the words, the tags and the numbers of sentences, by what stands in it.

Names in a header or in `# global.columns` come first, then what the cells hold: an index counts the words of a
sentence, a tag column holds O and B-… in some spelling, of the rest the first is the words. What the user names comes
before all. Where two columns could be meant, nothing is guessed.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nerspace.datasets.lines import LONGEST_NUMBER
from nerspace.datasets.readers.sentences import is_tag
from nerspace.datasets.tagging import MOST_TYPES, is_like_marked

NEXT_STEP = "Name them, such as --columns word=2,tag=3."


def _listed_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD_NAMES = _listed_in("token tokens word words form text tok wordform word_form surface surface_form mention_token")
_TAG_NAMES = _listed_in("ner ne entity entities label labels tag tags iob iob2 bio bioes bilou annotation gold")
_NO_TAG_NAMES = _listed_in("pos upos xpos postag chunk chunks lemma feats morph ud id head deprel deps")
_SENTENCE_NAMES = _listed_in(
    "sent sentence sentences sentence_id sent_id sentenceid sentid sentence_idx sent_idx sentence_number sentence_no"
    " sentence_nr sentence_num s_id sid"
)
_ID_NAMES = _listed_in(
    "id ids idx index no nr num number uid guid pmid row_id line_id example example_id sample sample_id text_id doc"
    " doc_id docid document document_id tweet_id article_id s"
)
# What chunkers and taggers write; a column of nothing else holds no entities, or no words.
_CHUNKS = _listed_in(
    "NP VP PP ADJP ADVP SBAR PRT CONJP INTJ LST UCP NC VC PC ADJC ADVC NX VX NUM NPR NPB QP WHNP WHPP WHADVP"
)
_POS = _listed_in(
    "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X CC CD DT EX FW IN JJ JJR JJS LS MD"
    " NN NNS NNP NNPS PDT POS PRP PRP$ RB RBR RBS RP TO UH VB VBD VBG VBN VBP VBZ WDT WP WP$ WRB CONJ PRT PREP"
    " . , : ; ( ) '' `` -LRB- -RRB- HYPH NFP AFX ADD GW XX $ # \" _ -"
)
_EMPTY = frozenset(("", "_", "-", "*", "-X-", "--", "None", "nan"))
# Several tags of one word in one cell, from the outermost.
_JOINT = re.compile(r"[|/+,;&#]")
# Share of rows that may be damaged in a column that is what the others say.
_DAMAGED = 0.1
_RANGE = re.compile(r"\d+[-.]\d+")


class Doubt(ValueError):
    """The columns cannot be told; the message says why, `hint` what to do.

    tagged: some column surely holds tags.
    """

    def __init__(self, message: str, hint: str = NEXT_STEP, tagged: bool = True) -> None:
        super().__init__(message)
        self.hint = hint
        self.tagged = tagged


@dataclass(frozen=True, slots=True)
class Columns:
    """Places from 0. layers: all tag columns from the outermost, `tag` is one of them. index, sentence: −1 for none.

    header: the first row names the columns. names: of the columns, empty without names.
    """

    count: int
    word: int
    tag: int
    layers: tuple[int, ...]
    sentence: int = -1
    index: int = -1
    header: bool = False
    names: tuple[str, ...] = ()

    def told(self) -> str:
        """As the user reads it: "words: column 2, tags: column 3 of 5"."""
        parts = [f"words: {self._shown(self.word)}", f"tags: {self._shown(self.tag)} of {self.count}"]
        if len(self.layers) > 1:
            places = ", ".join(str(place + 1) for place in self.layers)
            parts.append(f"layer {self.layers.index(self.tag) + 1} of {len(self.layers)} (columns {places})")
        if self.sentence >= 0:
            parts.append(f"sentences: {self._shown(self.sentence)}")
        return ", ".join(parts)

    def _shown(self, place: int) -> str:
        return f"column {place + 1}" + (f" ({self.names[place]})" if any(self.names[place : place + 1]) else "")


def fit(cells: Sequence[str], count: int) -> Sequence[str] | None:
    """A row of `count` cells, without empty ones behind them; None for a row of another number."""
    if len(cells) == count:
        return cells
    return cells[:count] if len(cells) > count and not any(map(str.strip, cells[count:])) else None


def tags_of_cell(cell: str) -> list[str]:
    """The tags in one cell from the outermost: "B-P|B-pf" has two; a cell that is none of tags has itself."""
    parts = _JOINT.split(cell)
    return parts if len(parts) > 1 and all(map(is_like_marked, parts)) else [cell]


def find_columns(
    blocks: Sequence[Sequence[Sequence[str]]], wanted: Mapping[str, str] | None = None, layer: int = 1,
    names: Sequence[str] = (),
) -> Columns:  # fmt: skip
    """The columns of a file by its first rows.

    Args:
        blocks: the rows, parted where lines are blank.
        wanted: what the user says: role → number from 1, or name.
        layer: of nested annotation, from 1.
        names: of the columns, where the file states them elsewhere than in its first row.

    Raises:
        Doubt: no column holds tags or words, or several could be meant.
    """
    wanted = wanted or {}
    rows = [row for block in blocks for row in block]
    sizes = Counter(size for row in rows if (size := size_of(row)) > 1)
    if not sizes:
        raise Doubt("its lines have one column", "Expected a word and its tag a line.", False)
    count = max(len(names), sizes.most_common(1)[0][0])
    header = not names and _is_header(rows[0])
    if header:
        names = [cell.strip() for cell in rows[0]]
        while not names[-1]:
            names.pop()
        count = len(names)
        blocks = [blocks[0][1:], *blocks[1:]]
    elif not names and wanted and (first := _named_by(rows[0], wanted)):
        names, header, count = first, True, len(first)
        blocks = [blocks[0][1:], *blocks[1:]]
    table = _Table([[r for row in block if (r := fit(row, count)) is not None] for block in blocks], count, names)
    return table.columns(wanted, layer, header)


def size_of(row: Sequence[str]) -> int:
    """How many cells a row has, without empty ones behind them."""
    size = len(row)
    while size and not row[size - 1].strip():
        size -= 1
    return size


def _plain(name: str) -> str:
    return re.sub(r"[^\w]+", "_", name.strip().lower()).strip("_")


def _is_header(row: Sequence[str]) -> bool:
    """Whether a row names columns: one for the words, and another for the tags."""
    names = [_plain(cell) for cell in row]
    return any(name in _WORD_NAMES for name in names) and any(map(names_tags, names))


def names_words(name: str) -> bool:
    """Whether a header of that name stands over words."""
    return _plain(name) in _WORD_NAMES


def names_tags(name: str) -> bool:
    """Whether a header of that name stands over tags."""
    plain = _plain(name)
    parts = set(plain.split("_"))
    return plain not in _NO_TAG_NAMES and not parts & _NO_TAG_NAMES and bool(parts & _TAG_NAMES)


def names_sentences(name: str) -> bool:
    """Whether a header of that name stands over numbers of sentences."""
    return _plain(name) in _SENTENCE_NAMES


def _named_by(row: Sequence[str], wanted: Mapping[str, str]) -> list[str]:
    """The names in a row, if the user calls columns by them, or its cell in the tag column is none of a tag."""
    cells = [cell.strip() for cell in row]
    if any(not column.isdecimal() and column in cells for column in wanted.values()):
        return cells
    return []


class _Table:
    """The first rows of a file, looked at column by column."""

    def __init__(self, blocks: list[list[Sequence[str]]], count: int, names: Sequence[str]) -> None:
        self.blocks = [block for block in blocks if block]
        self.rows = [row for block in self.blocks for row in block]
        self.count = count
        self.names = tuple(names)
        # Rows may have more columns than a header names.
        self.plain = [_plain(name) for name in names] + [""] * (count - len(names) if names else 0)
        self.cells = [[row[place].strip() for row in self.rows] for place in range(count)]
        # Cells of a column, each once, with their numbers.
        self.counted = [Counter(cells) for cells in self.cells]

    def columns(self, wanted: Mapping[str, str], layer: int, header: bool) -> Columns:
        """Decide; see `find_columns`."""
        if not self.rows:
            raise Doubt("it has no row below its header", "Expected a word and its tag a line.")
        named = {role: self._place(column) for role, column in wanted.items()}
        layers = [named["tag"]] if "tag" in named else self._layers()
        if layer > 1 and len(layers) > 1:
            if layer > len(layers):
                raise Doubt(f"it has {len(layers)} layers of tags, not {layer}", "Choose another --layer.")
            tag = layers[layer - 1]
        else:
            tag = layers[0]
        # What a header calls a number of the sentence may count up by one, too.
        sentence = named.get("sentence", self._named_sentence(layers))
        numbering = [p for p in range(self.count) if p not in (*layers, sentence) and self._is_index(p)]
        if sentence < 0:
            find = self._grouping if self.names else self._counted_sentence
            sentence = find({*layers, *numbering})
        free = [place for place in range(self.count) if place not in (*layers, sentence)]
        word = named["word"] if "word" in named else self._word(free, numbering)
        if word == tag:
            raise Doubt(f"column {word + 1} cannot hold both words and tags")
        self._check_first_row(tag, header)
        index = next((place for place in numbering if place != word), -1)
        return Columns(self.count, word, tag, tuple(layers), sentence, index, header, self.names)

    def _place(self, column: str) -> int:
        if column.isdecimal() and len(column) <= LONGEST_NUMBER and 1 <= int(column) <= self.count:
            return int(column) - 1
        if column in self.names:
            return self.names.index(column)
        known = f": {', '.join(self.names)}" if self.names else ""
        raise Doubt(f"there is no column {column!r} among its {self.count}{known}")

    def _layers(self) -> list[int]:
        """The columns that hold tags, from the outermost."""
        found = [place for place, name in enumerate(self.plain) if names_tags(name) and self._holds_tags(place)]
        found = found or self._by_content()
        if not found:
            first = " ".join(self.rows[0])
            raise Doubt(f"no column holds tags such as O, B-PER, I-PER; its first row is {first[:60]!r}", tagged=False)
        return found if len(found) == 1 else self._by_nesting(found)

    def _holds_tags(self, place: int) -> bool:
        return self._marked(place) >= 0.5 or self._is_bare(place)

    def _by_content(self) -> list[int]:
        for least in (0.9, 0.0, 0.34):
            found = [
                place for place in range(self.count)
                if not (self.plain and self.plain[place] in _NO_TAG_NAMES)
                and (self._is_bare(place) if not least else self._marked(place) >= least)
            ]  # fmt: skip
            if found and all(place in found or self._is_index(place) for place in range(self.count)):
                # A few words that all look like tags: no file puts its tags before its only words.
                found = found[1:]
            if not found:
                continue
            telling = [place for place in found if self._kinds(place)]
            entities = [place for place in telling if not self._kinds(place) <= _CHUNKS]
            if least or len(found) == 1:
                return entities or telling or found[-1:]
            raise Doubt(f"{_listed(found)} could hold the tags")
        return []

    def _marked(self, place: int) -> float:
        return self._share(place, is_like_marked)

    def _share(self, place: int, holds: Callable[[str], bool]) -> float:
        """Share of the rows whose cell in a column is of a kind."""
        return sum(n for cell, n in self.counted[place].items() if holds(cell)) / len(self.rows)

    def _is_bare(self, place: int) -> bool:
        """Whether a column holds O and few other values that could be types."""
        kinds = self.counted[place].keys()
        if not 1 < len(kinds) <= MOST_TYPES or not kinds & {"O", "o"}:
            return False
        return self._share(place, is_tag) >= 0.9

    def _kinds(self, place: int) -> set[str]:
        """The types of a column of tags, without what marks their begin."""
        tags = {tag for cell in self.counted[place] for tag in tags_of_cell(cell)}
        return {
            re.sub(r"^[BIESLUMWbieslumw][-_]|[-_][BIESLUMW]$", "", tag) for tag in tags if tag not in ("O", "o", "")
        }

    def _by_nesting(self, places: list[int]) -> list[int]:
        """Columns of tags from the outermost: what stands in another's longer entity is inside of it."""
        spans = {place: self._spans(place) for place in places}
        inside: Counter[int] = Counter()
        for a in places:
            for b in places:
                if a == b:
                    continue
                within, across = _relation(spans[a], spans[b])
                both = spans[a] and spans[b]
                if both and a < b and 2 * len(spans[a] & spans[b]) > min(len(spans[a]), len(spans[b])):
                    raise Doubt(f"{_listed([a, b])} hold tags that mostly agree, as gold and predicted ones do")
                if across > within and across > 1:
                    raise Doubt(f"{_listed(sorted((a, b)))} hold tags that cross each other")
                inside[a] += within
        return sorted(places, key=lambda place: (inside[place], place))

    def _spans(self, place: int) -> set[tuple[int, int]]:
        spans = set()
        start = -1
        for i, cell in enumerate([*self.cells[place], "O"]):
            begins = not re.match(r"[IiEeLlMm][-_]", cell)
            if start >= 0 and begins:
                spans.add((start, i))
                start = -1
            if begins and cell not in ("O", "o") and cell not in _EMPTY:
                start = i
        return spans

    def _numbers(self, place: int) -> list[list[int]] | None:
        """The whole numbers of a column block by block; None where it holds others, but for a few damaged cells."""
        counted = self.counted[place]
        numbers = {cell: int(cell) for cell in counted if cell.isdecimal() and len(cell) <= LONGEST_NUMBER}
        ranges = sum(n for cell, n in counted.items() if cell not in numbers and _RANGE.fullmatch(cell))
        others = sum(n for cell, n in counted.items() if cell not in numbers) - ranges
        cells = len(self.rows) - ranges
        if not cells or others > _DAMAGED * cells:
            return None
        return [[numbers[cell] for row in block if (cell := row[place].strip()) in numbers] for block in self.blocks]

    def _is_index(self, place: int) -> bool:
        """Whether a column counts the words of each sentence, or all words; a few damaged rows do not matter."""
        numbers = self._numbers(place)
        if numbers is None or not any(numbers):
            return False
        first = Counter(block[0] for block in numbers if block).most_common(1)[0][0]
        pairs = [(a, b) for block in numbers for a, b in pairwise(block)]
        if not pairs:
            return self.count > 2 and len({block[0] for block in numbers if block}) == 1
        counted = sum(b == a + 1 for a, b in pairs)
        begun = sum(b == first and a > b for a, b in pairs)
        alone = sum(a == b == first for a, b in pairs)
        # 1 1 2 3 3 numbers sentences; with words of one alone among others, 1 1 2 3 1, words.
        steps = counted + begun + (alone if begun else 0)
        return counted > 0 and len(pairs) - steps <= _DAMAGED * len(pairs)

    def _named_sentence(self, taken: Collection[int]) -> int:
        """The column that a header calls a number of the sentence, −1 if it calls none so."""
        for place, name in enumerate(self.plain):
            if name in _SENTENCE_NAMES and place not in taken and self._is_filled(place):
                return place
        return -1

    def _counted_sentence(self, taken: Collection[int]) -> int:
        """The column whose values number the sentences, −1 if none does."""
        return next((place for place in range(self.count) if place not in taken and self._numbers_sentences(place)), -1)

    def _grouping(self, taken: Collection[int]) -> int:
        """The column that a header calls an id and whose values part rows that no blank line parts; −1 if none does."""
        for place, name in enumerate(self.plain):
            if name not in _ID_NAMES or place in taken or len(self.blocks) > 1:
                continue
            said = [cell for cell in self.cells[place] if cell]
            different = len(set(said))
            runs = 1 + sum(a != b for a, b in pairwise(said))
            if 1 < different < len(self.rows) and runs == different:
                return place
        return -1

    def _is_filled(self, place: int) -> bool:
        return any(self.cells[place])

    def _numbers_sentences(self, place: int) -> bool:
        if self.count < 3:
            return False
        found = [re.fullmatch(r"(\D*)(\d{1,18})", cell) for cell in self.cells[place]]
        if not all(found) or len({match[1] for match in found if match}) > 1:
            return False
        steps = {b - a for a, b in pairwise(int(match[2]) for match in found if match)}
        return steps == {0, 1}

    def _word(self, free: list[int], numbering: list[int]) -> int:
        for place in free:
            if self.plain and self.plain[place] in _WORD_NAMES:
                return place
        candidates = [p for p in free if p not in numbering and not self.counted[p].keys() <= _EMPTY] or free
        if not candidates:
            raise Doubt("no column is left for the words")
        words = [place for place in candidates if not self.counted[place].keys() <= _POS] or candidates
        first = words[0]
        others = [place for place in words[1:] if self._share_of_numbers(place) <= 0.5]
        if others and (self._numbers(first) is not None or self._share_of_numbers(first) > 0.5):
            raise Doubt(f"column {first + 1} holds numbers that count neither words nor sentences")
        kinds = {place: len(self.counted[place]) for place in words}
        if len(self.rows) >= 40 and any(kinds[place] > 4 * kinds[first] for place in others):
            raise Doubt(f"{_listed([first, max(others, key=lambda place: kinds[place])])} could hold the words")
        return first

    def _share_of_numbers(self, place: int) -> float:
        return self._share(place, str.isdecimal)

    def _check_first_row(self, tag: int, header: bool) -> None:
        """Refuse a first row that is the only one without a tag: it could be a header."""
        cells = self.cells[tag]
        if header or self.names or len(cells) < 3 or is_like_marked(cells[0]):
            return
        if all(map(is_like_marked, cells[1:])) and cells[0] not in _EMPTY and is_tag(cells[0]):
            raise Doubt(
                f"its first row is {' '.join(self.rows[0])[:60]!r}, which may be a header",
                "Take it out, or name the columns by it, such as "
                f"--columns word={self.rows[0][0].strip()},tag={cells[0]}.",
            )


def _relation(a: set[tuple[int, int]], b: set[tuple[int, int]]) -> tuple[int, int]:
    """How many spans of a lie inside a longer one of b, and how many cross one."""
    within = across = 0
    starts = sorted(b)
    place = 0
    for start, end in sorted(a):
        while place < len(starts) and starts[place][1] <= start:
            place += 1
        if place < len(starts) and starts[place][0] < end:
            other = starts[place]
            if other[0] <= start and end <= other[1]:
                within += other != (start, end)
            elif not (start <= other[0] and other[1] <= end):
                across += 1
    return within, across


def _listed(places: Sequence[int]) -> str:
    return "columns " + " and ".join(str(place + 1) for place in places)
