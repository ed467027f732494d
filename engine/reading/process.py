"""The process behind `Reader`: it loads a run's models once and answers what is asked of them, line by line."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nerspace.datasets import Sentence
from nerspace.datasets.filling import split_words
from nerspace.datasets.spelling import composed
from nerspace.engine.encoders.batching import Encoded
from nerspace.engine.errors import NerspaceError, UsageError
from nerspace.engine.evaluation.spans import lenient_spans
from nerspace.engine.geometry.neighbours import nearest_table
from nerspace.engine.geometry.siblings import siblings_table
from nerspace.engine.geometry.stored import StoredVectors, held_vectors, read_stored
from nerspace.engine.names.tokenization import cut_texts
from nerspace.engine.processes import answer_lines
from nerspace.engine.projection.drawing import Array
from nerspace.engine.reading.contexts import Contexts
from nerspace.engine.reading.models import RunModels, read_telling
from nerspace.engine.reading.placing import Key, Placer, place_table
from nerspace.engine.reading.tables import Placed, Said, reading_table
from nerspace.engine.runs import Run

Tell = Callable[..., None]
# Of what is typed; more is no name and no sentence.
MOST_LETTERS = 2000
_NEAR = 10


class Answers:
    """What can be asked of a run."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def _models(self) -> RunModels:
        return RunModels(self._run)

    @cached_property
    def _contexts(self) -> Contexts:
        return Contexts(self._run)

    @cached_property
    def _stored(self) -> StoredVectors | None:
        """The vectors of the run's test names at its first and last layer; None where it keeps none."""
        held = sorted({layer for _, layer in held_vectors(self._run)})
        if not held:
            return None
        parts = [read_stored(self._run, layer=layer) for layer in dict.fromkeys((held[0], held[-1]))]
        return replace(parts[0], vectors={key: X for part in parts for key, X in part.vectors.items()})

    @cached_property
    def _placers(self) -> dict[Key, Placer]:
        if self._stored is None or not {"map", "map_quality"} <= set(self._run.tables()):
            return {}
        maps, quality, found = self._run.read_table("map"), self._run.read_table("map_quality"), {}
        for (stage, layer), X in self._stored.vectors.items():
            drawn = maps[(maps["stage"] == stage) & (maps["layer"] == layer)].sort_values("point")
            how = quality[(quality["stage"] == stage) & (quality["layer"] == layer)]
            if len(how) and len(drawn) == len(X):
                known = {str(name): value for name, value in how.iloc[0].items()}
                found[stage, layer] = Placer(
                    X, drawn[["x", "y"]].to_numpy(), str(known["method"]), str(known.get("metric", "euclidean")),
                    int(known["seed"]),
                )  # fmt: skip
        return found

    @property
    def _layers(self) -> tuple[int, ...]:
        if self._stored is None:
            return (0, self._models.first.layers)
        return tuple(sorted({layer for _, layer in self._stored.vectors}))

    def answer(self, asked: dict[str, Any], tell: Tell) -> dict[str, Any]:
        """The answer to a name or a text."""
        if "text" in asked:
            return self._of_text(str(asked["text"]), tell)
        return self._of_name(str(asked["entity"]), asked.get("languages", ()), bool(asked.get("crossed")), tell)

    # -- a name in contexts

    def _of_name(self, name: str, languages: Sequence[str], crossed: bool, tell: Tell) -> dict[str, Any]:
        tell(done=0, total=0, what="loading the models")
        # Without a model nothing else matters.
        encoder = self._models.first
        entity = self._contexts.entity(name)
        placed = self._contexts.of(entity, languages, crossed)
        encoded = encoder.encode([one.sentence for one in placed])
        kept = [number for number, item in enumerate(encoded) if item.entity_pieces]
        placed, encoded = [placed[number] for number in kept], [encoded[number] for number in kept]
        if not placed:
            raise UsageError(f"The model does not reach {name} in any context.")
        home = [
            number
            for number, one in enumerate(placed)
            if one.context_type == one.sentence.type and one.spelling == one.sentence.language
        ]
        earlier = self._models.before
        total = len(placed) * len(self._models.saved) + (len(home) if earlier is not None else 0)
        done = 0
        said: list[Said] = []
        vectors: dict[Key, Array] = {}
        for model in self._models.saved:
            first = model is self._models.saved[0]
            groups = [[item.entity_pieces] for item in encoded]
            read = read_telling(
                self._models.tuned(model), encoded, groups, self._layers if first else (),
                partial(self._told, tell, done, total, f"reading with {model.name}"),
            )  # fmt: skip
            done += len(placed)
            said += [
                Said(model.id, one, tags, confidence)
                for one, tags, confidence in zip(placed, self._models.tags(model, read), read.confidence, strict=True)
            ]
            if first:
                vectors |= {("after", layer): X[home] for layer, X in read.vectors.items()}
        items = [encoded[number] for number in home]
        if earlier is not None:
            before = read_telling(
                earlier, items, [[item.entity_pieces] for item in items], self._layers,
                partial(self._told, tell, done, total, "reading before fine-tuning"),
            )  # fmt: skip
            vectors |= {("before", layer): X for layer, X in before.vectors.items()}
        siblings = self._siblings(name, [placed[number] for number in home], vectors)
        return {"readings": _plain(reading_table(said)), "siblings": _plain(siblings)}

    @staticmethod
    def _told(tell: Tell, before: int, total: int, what: str, count: int) -> None:
        tell(done=before + count, total=total, what=what)

    def _siblings(self, name: str, placed: Sequence[Placed], vectors: dict[Key, Array]) -> pd.DataFrame:
        """Among the run's other names, where it keeps their vectors."""
        points = pd.DataFrame(
            [(p.sentence.id, p.sentence.language, p.sentence.type, name, p.form) for p in placed],
            columns=["sentence", "language", "type", "entity", "form"],
        )
        keys = [(stage, layer) for layer in self._layers for stage in ("before", "after") if (stage, layer) in vectors]
        if (stored := self._stored) is not None:
            others = (stored.rows["entity"] != name).to_numpy()
            points = pd.concat([stored.rows[others][list(points.columns)], points], ignore_index=True)
            keys = [key for key in keys if key in stored.vectors]
            vectors = {key: np.concatenate([stored.vectors[key][others], vectors[key]]) for key in keys}
        found = siblings_table({key: vectors[key] for key in keys}, points, name)
        # Languages that were not asked for are those of other names alone.
        return found[found["n"] > 0].reset_index(drop=True)

    # -- what is typed

    def _of_text(self, text: str, tell: Tell) -> dict[str, Any]:
        tell(done=0, total=0, what="loading the models")
        words, marked = _words(composed(text)[:MOST_LETTERS])
        blank = ("O",) * len(words)
        sentence = Sentence(words, blank, " ".join(words), "typed", "", "", "", "", "", "")
        first = self._models.first
        [item] = first.encode([sentence])
        tagged: list[dict[str, Any]] = []
        for model in self._models.saved:
            read = read_telling(self._models.tuned(model), [item], (), (), lambda _: None)
            [tags] = self._models.tags(model, read)
            tagged.append(
                {"donor": model.id.donor, "seed": model.id.seed, "tags": tags, "certainty": read.certainty[0]}
            )
        span, how = _span(words, marked, tagged[0]["tags"])
        group = [position for word in item.pieces[span[0] : span[1]] for position in word]
        if not group:
            raise UsageError("The model has no piece for that.", "Type a name or a sentence that it can read.")
        vectors = self._vectors(item, group)
        form = " ".join(words[span[0] : span[1]])
        pieces = [cut.shown for cut in cut_texts(first.tokenizer, list(words))]
        return {
            "words": words, "pieces": pieces, "tagged": tagged, "span": span, "how": how, "form": form,
            "nearest": _plain(self._nearest(form, vectors)),
            "places": _plain(place_table(self._placers, vectors)),
        }  # fmt: skip

    def _vectors(self, item: Encoded, group: Sequence[int]) -> dict[Key, Array]:
        found: dict[Key, Array] = {}
        for stage, encoder in (("before", self._models.before), ("after", self._models.first)):
            if encoder is None:
                continue
            read = read_telling(encoder, [item], [[group]], self._layers, lambda _: None)
            found |= {(stage, layer): X[0] for layer, X in read.vectors.items()}
        return found

    def _nearest(self, form: str, vectors: dict[Key, Array]) -> pd.DataFrame:
        """The table `nearest` of what was typed, among the run's test names; its point is one behind theirs."""
        from nerspace.engine.geometry.neighbours import NEAREST

        if (stored := self._stored) is None:
            return NEAREST.frame()
        columns = ["sentence", "language", "type", "entity", "form"]
        own = pd.DataFrame([("typed", "", "", "typed", form)], columns=columns)
        points = pd.concat([stored.rows[columns], own], ignore_index=True)
        joined = {key: np.concatenate([X, vectors[key][None]]) for key, X in stored.vectors.items() if key in vectors}
        return nearest_table(joined, points, len(points) - 1, _NEAR)


def _words(text: str) -> tuple[tuple[str, ...], tuple[int, int] | None]:
    """The words of a text, and which of them stand in square brackets."""
    before, opening, rest = text.partition("[")
    inside, closing, after = rest.partition("]")
    if not (opening and closing and inside.strip()):
        words = tuple(split_words(text))
        if not words:
            raise UsageError("There is nothing to read.", "Type a name or a sentence, in any language.")
        return words, None
    parts = [split_words(part) for part in (before, inside, after)]
    start = len(parts[0])
    return tuple(word for part in parts for word in part), (start, start + len(parts[1]))


def _span(
    words: Sequence[str], marked: tuple[int, int] | None, tags: Sequence[str]
) -> tuple[tuple[int, int], str]:  # fmt: skip
    """The words whose vector is taken, and why these: marked, found by the first model, or all there are."""
    if marked is not None and marked[0] < marked[1]:
        return marked, "in brackets"
    found = sorted((start, stop) for _, start, stop in lenient_spans(tags))
    if found:
        return found[0], "the first name that the model finds"
    return (0, len(words)), "all words: the model finds no name"


def _plain(frame: pd.DataFrame) -> list[list[Any]]:
    """The rows of a table as JSON has them; a gap is null."""
    values = frame.astype(object).where(frame.notna(), None)
    return [[value.item() if isinstance(value, np.generic) else value for value in row] for row in values.to_numpy()]


def main() -> None:
    """Answer for the run whose folder is the argument."""
    answers = Answers(Run(Path(sys.argv[1])))

    def answer(asked: dict[str, Any], tell: Tell) -> dict[str, Any]:
        try:
            return answers.answer(asked, tell)
        except MemoryError as error:
            raise NerspaceError("There is too little memory for the models.", "Close other programs.") from error

    answer_lines(answer, "The models of the run")


if __name__ == "__main__":
    main()
