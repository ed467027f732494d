"""Whether an encoder suits, by its files alone: neither torch nor transformers is imported, no weight is read."""

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nerspace.engine.encoders.configuration import read_configuration, shape_in
from nerspace.engine.encoders.sources import has_tokenizer
from nerspace.engine.errors import ModelError

_HINT = "Choose an encoder such as FacebookAI/xlm-roberta-base, or builtin."
# Families that transformers tags with, but whose hidden states are not one for each piece of the sentence.
_NOT_ENCODERS = {"t5", "mt5", "umt5", "longt5", "t5gemma", "t5gemma2"}
_SHORTENING = {"funnel"}


def check_kind(name: str, folder: str | Path) -> None:
    """Refuse a model that cannot tag words or gives no vector for each piece.

    Args:
        name: what to call it.
        folder: holds its config.json.

    Raises:
        ModelError: for such a model.
    """
    found = read_configuration(folder)
    kind = str(found.get("model_type", ""))
    if found.get("is_encoder_decoder") or kind in _NOT_ENCODERS:
        problem = "has a decoder behind its encoder; nerspace reads words with encoders"
    elif kind in _SHORTENING:
        problem = "shortens what it reads, so that a piece has no vector of its own"
    elif (known := _taggers()) and kind not in known:
        problem = "is of a kind that transformers cannot tag words with"
    else:
        return
    raise ModelError(f"The model {name!r} ({kind or 'no model_type'}) {problem}.", _HINT)


def check_files(name: str, folder: str | Path) -> None:
    """As `check_kind`; refuse also a missing tokenizer and one with more pieces than the model has vectors for.

    Raises:
        ModelError: for such a model.
    """
    check_kind(name, folder)
    if not has_tokenizer(Path(folder)):
        raise ModelError(f"The encoder {name!r} comes without a tokenizer.", _HINT)
    pieces, vocabulary = _pieces(Path(folder)), shape_in(folder).vocabulary
    if pieces is not None and vocabulary is not None:
        check_vocabulary(name, pieces, vocabulary)


def check_vocabulary(name: str, pieces: int, vocabulary: int) -> None:
    """Refuse a tokenizer that knows more pieces than the embedding table has rows.

    Raises:
        ModelError: for such a tokenizer.
    """
    if pieces > vocabulary:
        raise ModelError(
            f"The tokenizer of {name!r} has {pieces:,} pieces, but the model has vectors for {vocabulary:,}.",
            "Take the tokenizer that the model was trained with, or resize the model's embeddings.",
        )


@cache
def _taggers() -> frozenset[str]:
    """The kinds of models that transformers tags words with; none where this version does not list them as known."""
    package = find_spec("transformers")
    for folder in (package.submodule_search_locations if package else None) or ():
        file = Path(folder) / "models" / "auto" / "modeling_auto.py"
        try:
            _, _, behind = file.read_text(encoding="utf-8").partition("MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES = ")
        except OSError:
            continue
        return frozenset(re.findall(r'^\s+\("([^"]+)", "', behind.partition("\n)")[0], re.MULTILINE))
    return frozenset()


def _pieces(folder: Path) -> int | None:
    """One more than the greatest number of a piece; None where the files do not say it without being converted."""
    try:
        if (folder / "tokenizer.json").is_file():
            found = _json(folder / "tokenizer.json")
            numbers: list[int] = [
                _greatest(found["model"]["vocab"]),
                *(token["id"] for token in found.get("added_tokens", ())),
            ]
        elif (folder / "vocab.json").is_file():
            numbers = [_greatest(_json(folder / "vocab.json"))]
        elif (folder / "vocab.txt").is_file():
            # Not splitlines: a piece may hold a separator of another kind.
            numbers = [(folder / "vocab.txt").read_bytes().rstrip(b"\r\n").count(b"\n")]
        else:
            return None
        if (folder / "added_tokens.json").is_file():
            numbers.append(_greatest(_json(folder / "added_tokens.json")))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        # Whoever loads the tokenizer says what is wrong with it.
        return None
    return max(numbers) + 1


def _greatest(vocabulary: dict[str, int] | list[Any]) -> int:
    """The greatest number in a vocabulary: pieces with their numbers, or one behind the other."""
    return max(vocabulary.values(), default=-1) if isinstance(vocabulary, dict) else len(vocabulary) - 1


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
