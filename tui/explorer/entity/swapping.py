"""A name in other contexts: the sentences of every type that could hold it, and what models predicted there."""

from typing import TYPE_CHECKING, Any

from nerspace.engine.errors import NerspaceError

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run
    from nerspace.tui.explorer.session import Session

SWAP_COLUMNS = {
    "type": "type of name that the context was written for", "context": "context id",
    "words": "words of the sentence with this name in its slot, joined by a space",
    "predicted": "predicted tags of the name's words, where a run of nerspace swap read the sentence",
    "confidence": "lowest probability of a predicted tag within the name", "gold": "tags of the name's own type",
    "sentence": "language/context/entity", "run": "the run that read it", "text": "the sentence as it is written",
}  # fmt: skip
_PREDICTED = ["context", "predicted", "confidence"]


def swap_frame(session: "Session", entity_id: str, language: str) -> "pd.DataFrame":
    """The nominative contexts of all types with this name in the slot, in one language; those that were read first.

    The tables `swap` of the workspace's runs of this run's models give predictions; other sentences have none.
    """
    import pandas as pd

    from nerspace.datasets.filling import around_of, fill

    corpus, _ = session.parallel()
    entity = corpus.entity_by_id.get(entity_id)
    form = entity.forms.get("nominative", {}).get(language) if entity else None
    predictions = _predictions(session, entity_id, language)
    rows: list[tuple[Any, ...]] = []
    for context in corpus.contexts if entity and form else ():
        fits = context.case == "nominative" and language in context.texts
        if fits and entity and form and not (context.gender and entity.gender and context.gender != entity.gender):
            around = around_of(entity, "nominative", language)
            words, tags, text = fill(context.texts[language], form, "nominative", entity.type, language, around)
            own, confidence, run = predictions.get(context.id, ("", float("nan"), ""))
            rows.append((context.type, context.id, " ".join(words), _whole(own, tags), confidence, " ".join(tags),
                         f"{language}/{context.id}/{entity_id}", run, text))  # fmt: skip
    rows.sort(key=lambda row: not row[3])
    return pd.DataFrame(rows, columns=list(SWAP_COLUMNS))


def _whole(own: str, tags: tuple[str, ...]) -> str:
    """The tags of a sentence whose name is tagged so, or nothing where it is not known how."""
    predicted = iter(own.split(" ") if own else ())
    whole = " ".join(tag if tag == "O" else next(predicted, "O") for tag in tags)
    return whole if own else ""


def _predictions(session: "Session", entity_id: str, language: str) -> dict[str, tuple[str, float, str]]:
    """Context id → predicted tags of the name, confidence and run, the newest run first."""
    found: dict[str, tuple[str, float, str]] = {}
    for run in swap_runs(session):
        table = session.table("swap", run)
        if table is None or not {"entity", "language", "kind", *_PREDICTED} <= set(table.columns):
            continue
        own = table[
            (table["entity"] == entity_id) & (table["language"] == language) & (table["kind"] == "context")
        ].drop_duplicates("context")
        for context, predicted, confidence in own[_PREDICTED].itertuples(index=False):
            found.setdefault(str(context), (str(predicted), float(confidence), run.id))
    return found


def swap_runs(session: "Session") -> "list[Run]":
    """The runs of the workspace that swapped names with the models of the run in view, newest first."""
    from nerspace.engine.runs import list_runs

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


def foreign_model(run: "Run") -> str:
    """The model from elsewhere that a run of evaluate or swap read with; empty for another run."""
    info = run.info()
    request = info["request"]
    if info["kind"] == "swap" and not request.get("source"):
        return str(request["trained"])
    models = request.get("models") if info["kind"] == "evaluate" and not request.get("run") else None
    return str(models[0]["model"]) if models else ""


def start_swap(session: "Session", name: str) -> "Run":
    """Start a run that puts the name into contexts of all types and reads them with the model of the run in view.

    A run that read with a model from elsewhere lends that.

    Raises:
        UsageError: where that run has no model.
    """
    from nerspace.engine import runs
    from nerspace.engine.errors import UsageError
    from nerspace.engine.requests.swapping import make_swap_request
    from nerspace.engine.runs import jobs

    if session.run is None:
        raise UsageError("There is no run.", "Start one: nerspace demo.")
    if foreign := foreign_model(session.run):
        _, elsewhere = session.parallel()
        data = "builtin" if elsewhere else session.corpus_name
        request = make_swap_request(None, model=foreign, data=data, names=(name,), contexts=30)
    else:
        request = make_swap_request(session.run, names=(name,), contexts=30)
    run = runs.create(session.workspace, "swap", request, 0)
    jobs.start(run)
    return run
