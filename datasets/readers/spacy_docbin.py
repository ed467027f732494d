"""Reads spaCy's binary `.spacy` files (DocBin) without spaCy: zlib around msgpack, words as hashes of their text.

Needs the small extra `spacy`, which is msgpack alone. Nothing in such a file can run; its size is bounded before it is
unpacked.
"""

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from nerspace.datasets.errors import DataError
from nerspace.datasets.lines import read_whole
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.sentences import RawFile, RawSentence

NAME = "spaCy DocBin"
EXTRA = "Install it with: pip install 'nerspace[spacy]'."
NOT_ANNOTATED = "a text without annotation of entities"
LARGEST_FILE = 200_000_000
LARGEST_CONTENT = 2_000_000_000
# Numbers of spaCy's attributes.
_ORTH, _ENT_IOB, _ENT_TYPE, _SENT_START = 65, 77, 78, 80
_MISSING, _INSIDE, _OUTSIDE = 0, 1, 2
# Texts whose key is a number of spaCy's own list of symbols, from 64 and from 380.
_SYMBOLS = {
    64: "ID ORTH LOWER NORM SHAPE PREFIX SUFFIX LENGTH CLUSTER LEMMA POS TAG DEP ENT_IOB ENT_TYPE HEAD SENT_START SPACY"
    " PROB LANG ADJ ADP ADV AUX CONJ CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X EOL SPACE",
    380: "PERSON NORP FACILITY ORG GPE LOC PRODUCT EVENT WORK_OF_ART LANGUAGE LAW DATE TIME PERCENT MONEY QUANTITY"
    " ORDINAL CARDINAL acomp advcl advmod agent amod appos attr aux auxpass cc ccomp complm conj cop csubj csubjpass"
    " dep det dobj expl hmod hyph infmod intj iobj mark meta neg nmod nn npadvmod nsubj nsubjpass num number oprd obj"
    " obl parataxis partmod pcomp pobj poss possessive preconj prep prt punct quantmod relcl rcmod root xcomp acl"
    " ENT_KB_ID MORPH ENT_ID IDX _",
}
_WORD = 0xFFFFFFFFFFFFFFFF


def recognises(source: Source) -> bool:
    """Whether this is a .spacy file."""
    return source.suffix == ".spacy"


def read(source: Source) -> RawFile:
    """The sentences of the documents of a file; `line` is the document's number.

    Raises:
        DataError: without the extra, or for a damaged file.
    """
    raw = RawFile(source.path, source.shown, sure=True, unit="document")
    packed = read_whole(source.path, LARGEST_FILE)
    try:
        import msgpack
    except ImportError as error:
        raise DataError(f"{source.path} needs the extra spacy.", EXTRA) from error
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(packed, LARGEST_CONTENT)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise ValueError("it is cut off, or unpacks to more than 2 GB")
        message = msgpack.unpackb(content, strict_map_key=False)
        for number, document in enumerate(_documents(message), start=1):
            _add(raw, number, *document)
    # What unpacks foreign bytes may raise anything.
    except Exception as error:
        why = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise DataError(f"{source.path} is no .spacy file that is read here: {why}.", "Expected a DocBin.") from error
    if not raw.sentences and not raw.dropped:
        raise DataError(f"{source.path} holds no sentence.", "Expected documents with entities.")
    raw.columns = "entities of the documents"
    return raw


def _documents(message: Any) -> Iterator[tuple[list[str], list[str], list[int]]]:
    """Words, tags and the places where sentences start, document by document."""
    attributes = [int(number) for number in message["attrs"]]
    if not {_ORTH, _ENT_IOB, _ENT_TYPE} <= set(attributes):
        raise ValueError("it keeps no entities")
    texts = {hash_of(text): text for text in message["strings"]} | {0: ""}
    for first, symbols in _SYMBOLS.items():
        texts |= dict(enumerate(symbols.split(), start=first))
    lengths = np.frombuffer(message["lengths"], dtype="<i4")
    table = np.frombuffer(message["tokens"], dtype="<u8").reshape(-1, len(attributes))
    if (lengths < 0).any() or lengths.sum() != len(table):
        raise ValueError("its words are not as many as it says")
    columns = {number: table[:, place].tolist() for place, number in enumerate(attributes)}
    first = 0
    for length in lengths.tolist():
        part = slice(first, first + length)
        words = [texts[key] for key in columns[_ORTH][part]]
        marks = zip(columns[_ENT_IOB][part], columns[_ENT_TYPE][part], strict=True)
        tags = [_tag(mark, texts[kind]) for mark, kind in marks]
        marked = columns.get(_SENT_START, [0] * len(table))[part]
        yield words, tags, [place for place, start in enumerate(marked) if start == 1 and place]
        first += length


def _tag(mark: int, kind: str) -> str:
    if mark in (_MISSING, _OUTSIDE) or not kind:
        return "" if mark == _MISSING else "O"
    return f"{'I' if mark == _INSIDE else 'B'}-{kind}"


def _add(raw: RawFile, number: int, words: list[str], tags: list[str], starts: list[int]) -> None:
    if words and not any(tags):
        raw.aside.add(NOT_ANNOTATED)
        raw.drop(number, NOT_ANNOTATED, " ".join(words))
        return
    for start, end in zip([0, *starts], [*starts, len(words)], strict=True):
        # spaCy keeps double spaces and line ends as words; what was not annotated inside of a document is no entity.
        kept = [(word, tag or "O") for word, tag in zip(words[start:end], tags[start:end], strict=True) if word.strip()]
        if kept:
            raw.sentences.append(RawSentence(number, [word for word, _ in kept], [tag for _, tag in kept]))


def hash_of(text: str) -> int:
    """spaCy's key of a text: MurmurHash64A of its UTF-8 with seed 1. Source: Appleby, MurmurHash2, public domain."""
    data, m = text.encode("utf-8", "surrogatepass"), 0xC6A4A7935BD1E995
    h = 1 ^ (len(data) * m & _WORD)
    whole = len(data) // 8 * 8
    for place in range(0, whole, 8):
        k = int.from_bytes(data[place : place + 8], "little") * m & _WORD
        k = (k ^ k >> 47) * m & _WORD
        h = (h ^ k) * m & _WORD
    if rest := data[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * m & _WORD
    h = (h ^ h >> 47) * m & _WORD
    return h ^ h >> 47
