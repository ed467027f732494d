"""Words with one tag each: {"words" or "tokens": [...], "tags", "ner_tags", "labels" or "ner": [...]}.

Tags that are numbers stand for the names in "tag_names" of the same record, in `--tag-names`, or in a file beside the
data that tells them (see `tag_names`). "text", "lang" or "language" and "split" are optional.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nerspace.datasets.readers.records.form import Place, Refused, first_list, sentence
from nerspace.datasets.readers.sentences import EMPTY_WORD, NO_TAG, NOT_A_TAG, RawSentence, is_tag

NAME = "words with tags"
WORDS = ("words", "tokens")
TAGS = ("tags", "ner_tags", "labels", "ner")

UNEQUAL = "not as many tags as words"
NUMBERS = "tags that are numbers, which --tag-names O,B-PER,… or tag_names must name"


def recognises(record: Any) -> bool:
    """Whether there is a list of words and one of tags."""
    if not isinstance(record, dict):
        return False
    words = first_list(record, WORDS)
    # Tokens may be objects with positions of their own.
    return words is not None and not any(isinstance(word, dict) for word in words) and _tags(record) is not None


def read(record: Any, place: Place) -> Iterator[RawSentence]:
    """The sentence of a record.

    Raises:
        Refused: it is none.
    """
    text = record.get("text", "")
    if not isinstance(text, str):
        raise Refused("a text that is no text")
    names = record.get("tag_names")
    words, tags = check_words(first_list(record, WORDS) or [], _tags(record) or [], names, place.tag_names)
    # A text that does not hold these words belongs to another tokenisation.
    yield sentence(record, place, words, tags, text if "".join(text.split()) == "".join("".join(words).split()) else "")


def _tags(record: dict[str, Any]) -> list[Any] | None:
    """The tags of a record; spans may be called labels, too."""
    return next(
        (value for key in TAGS if isinstance(value := record.get(key), list) and value
         and not any(isinstance(tag, list | dict) for tag in value)),
        None,
    )  # fmt: skip


def check_words(
    words: Sequence[Any], tags: Sequence[Any], names: Any = None, others: Callable[[], Sequence[str]] = tuple
) -> tuple[list[str], list[str]]:
    """Words and tags as texts.

    Args:
        words: of one sentence, as they stand in the file.
        tags: one for each word, texts or numbers.
        names: what tags that are numbers stand for.
        others: finds these names where `names` is nothing.

    Raises:
        Refused: with a phrase that says why not.
    """
    if len(words) != len(tags):
        raise Refused(UNEQUAL)
    if not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise Refused(EMPTY_WORD)
    if any(isinstance(tag, int) for tag in tags):
        known = others() if names is None else names
        tags = [_name_of(tag, known) for tag in tags]
    if not all(isinstance(tag, str) for tag in tags):
        raise Refused(NO_TAG)
    if not all(map(is_tag, tags)):
        raise Refused(NOT_A_TAG)
    return list(words), list(tags)


def _name_of(tag: Any, names: Any) -> str:
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
        raise Refused(NUMBERS)
    if isinstance(tag, bool) or not isinstance(tag, int) or not 0 <= tag < len(names):
        raise Refused(NOT_A_TAG)
    return str(names[tag])
