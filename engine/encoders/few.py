"""The tokenizer of the built-in encoder for a few texts: with the pieces alone that stand in them, so that it is quick.

Reading all 250,000 pieces takes longer than everything else of a command that cuts one name. A Unigram model looks at
no piece but those that are part of the text, so that a model of these cuts it as the whole one does, under other
numbers. They are found in an index, which is made beside the encoder's folder on first use:

    builtin-….pieces     SQLite: every piece with its score, and the tokenizer without pieces
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.engine.encoders.builtin import builtin_folder
from nerspace.engine.encoders.loading import BUILTIN, load_tokenizer, plain
from nerspace.engine.files import whole_file

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# What is asked of a tokenizer to learn its kind, see `names.tokenization`.
_ALWAYS = ("a", "a a", "ж")
# So many pieces are looked up at once.
_AT_ONCE = 500


def tokenizer_of(name: str, texts: Sequence[str]) -> "Tokenizer":
    """A tokenizer that cuts these texts, and what stands in them, as that of an encoder does.

    Its pieces have other numbers. Only of the built-in encoder it is less than the whole tokenizer.

    Args:
        name: of the encoder, see `load_tokenizer`.
        texts: that will be cut.

    Raises:
        ModelError: for a name that leads to no tokenizer.
    """
    if name != BUILTIN:
        return load_tokenizer(name)
    folder = builtin_folder()
    try:
        return _built(_index(folder), [*_ALWAYS, *texts])
    except (OSError, sqlite3.Error, ValueError, KeyError, IndexError):
        # An index that cannot be written or read costs a second, not the answer.
        return load_tokenizer(name)


def _index(folder: Path) -> Path:
    """The index beside an encoder's folder, made where it is not there."""
    path = folder.with_name(f"{folder.name}.pieces")
    if not path.is_file():
        with whole_file(path) as handle:
            handle.write(_index_of(json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))))
    return path


def _index_of(tokenizer: dict[str, Any]) -> bytes:
    model = tokenizer["model"]
    pieces: list[tuple[str, float]] = [(piece, score) for piece, score in model["vocab"]]
    special = [added["content"] for added in sorted(tokenizer["added_tokens"], key=lambda added: added["id"])]
    # The worst score sets that of what is unknown.
    worst = min(pieces, key=lambda one: one[1])[0]
    scores = dict(pieces)
    model["vocab"] = [[piece, scores[piece]] for piece in dict.fromkeys([*special, worst])]
    model["unk_id"] = special.index(pieces[model["unk_id"]][0])
    for added in tokenizer["added_tokens"]:
        added["id"] = special.index(added["content"])
    longest = max(len(piece) for piece, _ in pieces)
    with closing(sqlite3.connect(":memory:")) as base:
        base.execute("CREATE TABLE pieces (piece TEXT PRIMARY KEY, score REAL NOT NULL) WITHOUT ROWID")
        base.execute("CREATE TABLE rest (tokenizer TEXT NOT NULL, longest INTEGER NOT NULL)")
        base.executemany("INSERT INTO pieces VALUES (?, ?)", sorted(scores.items()))
        base.execute("INSERT INTO rest VALUES (?, ?)", (json.dumps(tokenizer, ensure_ascii=False), longest))
        base.commit()
        return base.serialize()


def _built(index: Path, texts: Iterable[str]) -> "Tokenizer":
    from tokenizers import Tokenizer, models

    with closing(sqlite3.connect(f"{index.as_uri()}?mode=ro&immutable=1", uri=True)) as base:
        rest, longest = base.execute("SELECT tokenizer, longest FROM rest").fetchone()
        tokenizer = Tokenizer.from_str(rest)
        first = json.loads(rest)["model"]
        vocabulary: dict[str, float] = {piece: float(score) for piece, score in first["vocab"]}
        wanted = sorted({part for text in texts for part in _parts(tokenizer, text, longest)} - set(vocabulary))
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            places = ", ".join("?" * len(some))
            vocabulary |= base.execute(f"SELECT piece, score FROM pieces WHERE piece IN ({places})", some)  # noqa: S608
    tokenizer.model = models.Unigram(list(vocabulary.items()), first["unk_id"], False)
    return plain(tokenizer)


def _parts(tokenizer: "Tokenizer", text: str, longest: int) -> Iterator[str]:
    """Every part of a text that may be a piece."""
    normal = tokenizer.normalizer.normalize_str(text)
    for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal):
        for start in range(len(word)):
            for stop in range(start + 1, min(start + longest, len(word)) + 1):
                yield word[start:stop]
