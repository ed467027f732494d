"""Sentences as text that others read: CoNLL, JSON lines, CSV. What is written reads back as the same words and tags."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from nerspace.datasets.errors import UsageError
from nerspace.datasets.naming import SPLITS
from nerspace.datasets.records import Sentence
from nerspace.datasets.tagging import spans_of

COLUMNS = ("id", "corpus", "split", "language", "type", "case", "context", "entity", "text", "words", "tags")


def write(sentences: Iterable[Sentence], form: str) -> Iterator[str]:
    """Parts of a text, one after another as they are needed; each ends its last line.

    Args:
        sentences: what is written.
        form: conll, jsonl or csv.

    Raises:
        UsageError: another form.
    """
    if form not in FORMS:
        raise UsageError(f"Unknown format {form!r}.", f"Choose from {', '.join(FORMS)}.")
    return FORMS[form](sentences)


def conll(sentences: Iterable[Sentence]) -> Iterator[str]:
    """A comment block, a line of token TAB tag for each word, and a blank line, for each sentence.

    A sentence that begins with the word -DOCSTART- would read back as a mark of a document.
    """
    for number, sentence in enumerate(sentences, start=1):
        lines = [f"# id = {_id(sentence, number)}", f"# text = {_line(sentence.text)}", f"# lang = {sentence.language}"]
        lines += [f"{word}\t{tag}" for word, tag in zip(sentence.words, sentence.tags, strict=True)]
        yield "\n".join(lines) + "\n\n"


def jsonl(sentences: Iterable[Sentence]) -> Iterator[str]:
    """An object a line: id, text, words, tags, spans, language, split, type, case, context, entity, corpus.

    spans: [start, end, type], in characters of the text; absent where the text does not hold the words in order.
    """
    for number, sentence in enumerate(sentences, start=1):
        spans = _character_spans(sentence)
        record = {
            "id": _id(sentence, number),
            "text": sentence.text,
            "words": sentence.words,
            "tags": sentence.tags,
            **({} if spans is None else {"spans": spans}),
            "language": sentence.language,
            "split": sentence.split,
            "type": sentence.type,
            "case": sentence.case,
            "context": sentence.context,
            "entity": sentence.entity,
            "corpus": sentence.corpus,
        }
        yield json.dumps(record, ensure_ascii=False) + "\n"


def table(sentences: Iterable[Sentence]) -> Iterator[str]:
    """CSV with a header of COLUMNS.

    Words and tags are joined by spaces; the rare space inside a word becomes a no-break space.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, s in enumerate(sentences, start=1):
        words = " ".join("\u00a0".join(word.split(" ")) for word in s.words)
        writer.writerow(
            (_id(s, number), s.corpus, s.split, s.language, s.type, s.case, s.context, s.entity, s.text, words,
             " ".join(s.tags))
        )  # fmt: skip
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    if rest := buffer.getvalue():
        yield rest


FORMS: dict[str, Callable[[Iterable[Sentence]], Iterator[str]]] = {"conll": conll, "jsonl": jsonl, "csv": table}


# Endings of file names and the form that they stand for; those of `readers.conll` are CoNLL too.
_ENDINGS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".conll": "conll", ".txt": "conll", ".tsv": "conll",
            ".iob2": "conll", ".iob": "conll", ".bio": "conll", ".ner": "conll"}  # fmt: skip


def form_of(path: Path) -> str:
    """The form that the ending of a file's name stands for; conll where it has none.

    Raises:
        UsageError: the ending stands for another format.
    """
    ending = path.suffix.lower()
    if ending and ending not in _ENDINGS and ending[1:] not in SPLITS:
        raise UsageError(
            f"No format is known for the ending {ending}.",
            f"Choose from {', '.join(FORMS)} with --format, or name the file so.",
        )
    return _ENDINGS.get(ending, "conll")


def _id(sentence: Sentence, number: int) -> str:
    """Parallel sentences have equal ids but for the language; sentences that arrived tagged have their number."""
    if sentence.context and sentence.entity:
        return f"{sentence.context}/{sentence.entity}/{sentence.language}"
    return str(number)


def _line(text: str) -> str:
    return " ".join(text.split())


def _character_spans(sentence: Sentence) -> list[tuple[int, int, str]] | None:
    edges = []
    position = 0
    for word in sentence.words:
        start = sentence.text.find(word, position)
        if start < 0 or sentence.text[position:start].strip():
            return None
        position = start + len(word)
        edges.append((start, position))
    if sentence.text[position:].strip():
        return None
    return [(edges[first][0], edges[end - 1][1], kind) for first, end, kind in spans_of(sentence.tags)]
