"""A name in other contexts: the sentences of every type that could hold it, and what models predicted there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from nerspace.engine.errors import NerspaceError
from nerspace.engine.reading.tables import CONTEXT, RIGHT, UNREAD, WRONG, verdict_of
from nerspace.tui.explorer.sentences import WrongRows
from nerspace.tui.widgets.rows import Cell

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run
    from nerspace.tui.explorer.session import Session

SWAP_COLUMNS = {
    "verdict": "right: all tags; context: the name got the type of a context of another type; wrong; unread: no model "
    "has read the sentence", "type": "type of name that the context was written for", "context": "context id",
    "words": "words of the sentence with this name in its slot, joined by a space",
    "predicted": "predicted tags, where a model has read the sentence",
    "confidence": "lowest probability of a predicted tag", "gold": "tags of the name's own type",
    "donor": "language that the model was trained on", "seed": "seed of its training",
    "sentence": "language/context/entity", "run": "the run that read it; now for what was read on demand",
    "text": "the sentence as it is written",
}  # fmt: skip
_PREDICTED = ["context", "predicted", "confidence"]
# A sign, a word and a color for each: no two of them look alike, whatever the terminal knows.
_SHOWN = {
    RIGHT: ("✓ right", "color(108)"), WRONG: ("✗ wrong", "bold color(203)"),
    CONTEXT: ("→ context", "bold color(215)"), UNREAD: ("· not read", "dim"),
}  # fmt: skip
_ORDER = [WRONG, CONTEXT, RIGHT, UNREAD]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a model said of a context: the tags of the whole sentence, or of the name alone."""

    tags: str
    confidence: float
    donor: str
    seed: int | None
    run: str
    whole: bool


class ContextRows(WrongRows):
    """Contexts with a verdict that is a sign, a word and a color; what nobody has read has no tag and no color."""

    def __init__(self, frame: "pd.DataFrame") -> None:
        super().__init__(frame, fixed=2)

    def cells(self, index: int) -> Sequence[Cell]:
        """The values of a row."""
        cells = list(super().cells(index))
        verdict = str(self.frame["verdict"].iloc[index])
        said, style = _SHOWN[verdict]
        # A table draws the styles of parts alone, not that of a whole text.
        cells[0] = Text(end="").append(said, style)
        if verdict == UNREAD:
            cells[self._words] = str(cells[self._words])
        return cells


def swap_frame(session: "Session", entity_id: str, language: str) -> "pd.DataFrame":
    """The nominative contexts of all types with this name in the slot, in one language; those that were read first.

    What was read on demand counts before the run's own predictions, and these before the tables `swap` of the
    workspace's runs of this run's models; a sentence that several models read has a row for each.
    """
    import pandas as pd

    from nerspace.datasets.filling import around_of, fill

    corpus, _ = session.parallel()
    entity = corpus.entity_by_id.get(entity_id)
    form = entity.forms.get("nominative", {}).get(language) if entity else None
    answers = _answers(session, entity_id, language)
    rows: list[tuple[Any, ...]] = []
    for context in corpus.contexts if entity and form else ():
        fits = context.case == "nominative" and language in context.texts
        if fits and entity and form and not (context.gender and entity.gender and context.gender != entity.gender):
            around = around_of(entity, "nominative", language)
            words, tags, text = fill(context.texts[language], form, "nominative", entity.type, language, around)
            sentence = f"{language}/{context.id}/{entity_id}"
            for one in answers.get(context.id, [_Answer("", float("nan"), "", None, "", True)]):
                said = one.tags if one.whole else _whole(one.tags, tags)
                verdict = verdict_of(tags, said.split(" "), context.type) if said else UNREAD
                rows.append((verdict, context.type, context.id, " ".join(words), said, one.confidence, " ".join(tags),
                             one.donor, one.seed, sentence, one.run, text))  # fmt: skip
    rows.sort(key=lambda row: _ORDER.index(row[0]))
    return pd.DataFrame(rows, columns=list(SWAP_COLUMNS)).astype({"seed": "Int64"})


def _whole(own: str, tags: tuple[str, ...]) -> str:
    """The tags of a sentence whose name is tagged so."""
    predicted = iter(own.split(" "))
    return " ".join(tag if tag == "O" else next(predicted, "O") for tag in tags)


def _answers(session: "Session", entity_id: str, language: str) -> dict[str, list[_Answer]]:
    """Context id → what is known, of every model where several read it."""
    found: dict[str, list[_Answer]] = {}
    for context, answer in _known(session, entity_id, language):
        held = found.setdefault(context, [])
        if not held or (answer.run == held[0].run and (answer.donor, answer.seed) not in _models(held)):
            held.append(answer)
    return found


def _models(answers: Sequence[_Answer]) -> set[tuple[str, int | None]]:
    return {(answer.donor, answer.seed) for answer in answers}


def _known(session: "Session", entity_id: str, language: str) -> Iterator[tuple[str, _Answer]]:
    from nerspace.engine.reading.tables import readings_of_tests

    names = ["context", "predicted", "confidence", "donor", "seed", "language", "spelling"]
    parts = []
    if (read := session.name_read(entity_id)) is not None:
        parts.append(("now", read.readings))
    predictions, sentences = session.table("predictions"), session.table("sentences")
    if session.run is not None and predictions is not None and sentences is not None:
        parts.append((session.run.id, readings_of_tests(predictions, sentences, entity_id)))
    for run, table in parts:
        own = table[(table["language"] == language) & (table["spelling"] == language)]
        for context, tags, confidence, donor, seed, *_ in own[names].itertuples(index=False):
            yield str(context), _Answer(str(tags), float(confidence), str(donor), int(seed), run, True)
    for swap in swap_runs(session):
        swapped = session.table("swap", swap)
        if swapped is None or not {"entity", "language", "kind", *_PREDICTED} <= set(swapped.columns):
            continue
        own = swapped[
            (swapped["entity"] == entity_id) & (swapped["language"] == language) & (swapped["kind"] == "context")
        ].drop_duplicates("context")
        for context, tags, confidence in own[_PREDICTED].itertuples(index=False):
            yield str(context), _Answer(str(tags), float(confidence), "", None, swap.id, False)


def swap_runs(session: "Session") -> "list[Run]":
    """The runs of the workspace that swapped names with the models of the run in view, newest first."""
    from nerspace.engine.runs import list_runs
    from nerspace.engine.runs.models import foreign_model

    found = []
    foreign = foreign_model(session.run) if session.run else ""
    for run in list_runs(session.workspace) if session.run else ():
        try:
            info = run.info()
        except NerspaceError:
            continue
        asked = info["request"] if info.get("kind") == "swap" else {}
        is_foreign = bool(foreign) and not asked.get("source") and asked.get("trained") == foreign
        if session.run is not None and (asked.get("source") == session.run.id or is_foreign or run == session.run):
            found.append(run)
    return found


def start_counterfactuals(session: "Session") -> "Run":
    """Start a run that reads the test sentences of the run in view again with one thing changed in each name.

    Raises:
        UsageError: where that run has no model, or kept no parallel test sentences.
    """
    from nerspace.engine import runs
    from nerspace.engine.errors import UsageError
    from nerspace.engine.requests.swapping import make_swap_request
    from nerspace.engine.runs import jobs

    if session.run is None:
        raise UsageError("There is no run.", "n on Training starts one (3, then n).")
    run = runs.create(session.workspace, "swap", make_swap_request(session.run, counterfactual=True), 0)
    jobs.start(run)
    return run
