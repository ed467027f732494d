"""The sentences that the fine-tuned model gets wrong in one language, and one of them word by word."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.colours import type_style
from nerspace.tui.literal import literal
from nerspace.tui.widgets.modals import TextWindow
from nerspace.tui.widgets.rows import Cell, FrameRows

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.tui.explorer.session import Session

SHOWN = ["type", "form", "words", "confidence", "gold", "predicted", "sentence", "language", "wrong"]
COLUMNS = {**CATALOGUE["sentences"].meanings, **CATALOGUE["predictions"].meanings}


def whole_ids(ids: "pd.Series[str]", sentences: "pd.DataFrame") -> "pd.Series[str]":
    """The ids of the sentences that mentions stand in: of tagged text, a mention's id names the entity besides."""
    return ids.where(ids.isin(set(sentences["sentence"])), ids.str.replace(r"[^/]*$", "", regex=True))


def wrong_sentences(session: "Session", donor: str, recipient: str, seed: int | None) -> "pd.DataFrame | None":
    """Rows of the table `predictions` that are wrong in the recipient, with their words; None without predictions.

    Args:
        seed: of the model; None for all of them, the seed then being a column too.
    """
    predictions, sentences = session.table("predictions"), session.table("sentences")
    if predictions is None or sentences is None:
        return None
    chosen = predictions[
        (predictions["donor"] == donor) & (predictions["language"] == recipient)
        & (predictions["wrong"] == 1)
    ]  # fmt: skip
    if seed is not None:
        chosen = chosen[chosen["seed"] == seed]
    texts = sentences.drop_duplicates("sentence")[["sentence", "form", "words"]]
    return chosen.merge(texts, on="sentence", how="left")[SHOWN if seed is not None else [*SHOWN, "seed"]]


class WrongRows(FrameRows):
    """The same rows, the words with gold names in the color of their type and, behind a word, a wrong prediction."""

    def __init__(self, frame: "pd.DataFrame", fixed: int = 1) -> None:
        super().__init__(frame, fixed)
        self._words = list(frame.columns).index("words")
        self.columns = [
            replace(column, at_most=400, greedy=True) if column.name == "words" else column for column in self.columns
        ]

    def cells(self, index: int) -> Sequence[Cell]:
        """The values of a row, its words as a text."""
        cells = list(super().cells(index))
        words, gold, predicted = (str(self.frame[name].iloc[index]) for name in ("words", "gold", "predicted"))
        cells[self._words] = tagged_words(words, gold, predicted or gold)
        return cells


def tagged_words(words: str, gold: str, predicted: str) -> Text:
    """A sentence with its gold names in the color of their type; a wrong tag stands behind its word: Minsk‹B-PER."""
    text = Text(end="")
    for word, gold_tag, predicted_tag in zip(words.split(" "), gold.split(" "), predicted.split(" "), strict=False):
        text.append(literal(word), "" if gold_tag == "O" else type_style(gold_tag[2:]))
        if gold_tag != predicted_tag:
            text.append(f"‹{literal(predicted_tag)}", "bold color(203)")
        text.append(" ")
    return text


def word_by_word(row: "pd.Series[Any]") -> TextWindow:
    """A window with a line for every word: gold tag, predicted tag, and a mark where they differ."""
    words, gold, predicted = (str(row[name]).split(" ") for name in ("words", "gold", "predicted"))
    width = max(map(cell_len, [literal(word) for word in words]))
    text = Text()
    text.append(f"  {'word'}{' ' * (width - 2)}gold     predicted\n", "dim")
    for word, gold_tag, predicted_tag in zip(words, gold, predicted, strict=False):
        same = gold_tag == predicted_tag
        text.append("  " if same else "✗ ", "bold")
        text.append(
            literal(word) + " " * (width - cell_len(literal(word)) + 2), "" if gold_tag == "O" else "bold color(222)"
        )
        text.append(f"{literal(gold_tag):<9}", "dim" if gold_tag == "O" else "")
        text.append(f"{literal(predicted_tag)}\n", "dim" if same and predicted_tag == "O" else "" if same else "bold")
    confidence = row["confidence"]
    text.append(f"\nlowest probability of a predicted tag {confidence:z.3f} · {literal(row['sentence'])}", "dim")
    copied = "\n".join("\t".join(parts) for parts in zip(words, gold, predicted, strict=False))
    return TextWindow("sentence", text, copied)
