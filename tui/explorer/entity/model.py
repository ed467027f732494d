"""Everything that corpus and run know about one name, gathered from their tables in a worker thread."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from nerspace.datasets.records import Entity
from nerspace.engine.errors import NerspaceError
from nerspace.tui.colours import class_style, language_order
from nerspace.tui.explorer.entity.names import forms_of, given_beside, name_ids, written_as
from nerspace.tui.explorer.sentences import whole_ids
from nerspace.tui.literal import literal, shown_number
from nerspace.tui.widgets.pieces import Cut, blocks, shared_pieces
from nerspace.tui.widgets.rows import Cell, Column, Rows, SortValues

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets.synthetic import SyntheticNER
    from nerspace.tui.explorer.session import Session

PREDICTED = ["language", "verdict", "donor", "seed", "words", "confidence", "gold", "predicted", "sentence", "text"]
NEAR = ["stage", "layer", "rank", "language", "form", "cosine", "type", "entity", "floor", "floor_type", "sentence"]
ALIKE = ["entity", "type"]
_UNTESTED = (
    "W reads it now: no test sentence of this run has the name, so the run keeps no vectors and no errors of it."
)


# Of each language and model.
_MOST_MARKS = 16
_ALONE = "Tagged in one language alone: there is no other form to compare it with."
_UNTAGGED = "No test sentence of this run tags the name."
_NO_VECTORS = "This run keeps no vectors of the name; demos and nerspace extract do."


@dataclass(frozen=True, slots=True)
class EntityView:
    """What is known of one name.

    Attributes:
        forms: one row per language.
        siblings: the table of that name, None where the run holds no vectors of the name.
        predicted: its test sentences with gold and predicted tags, by every model; with what was read on demand.
        readings: the table of that name, of both, in contexts of every type; empty without a run.
        alike: the names that share its English form.
        why_no_vectors: in one line, empty where there are some.
        unit: what the n of `siblings` counts: contexts that languages share, or mentions in any sentence.
    """

    entity: str
    type: str
    case: str
    title: str
    reference: str
    forms: "pd.DataFrame"
    siblings: "pd.DataFrame | None"
    why_no_vectors: str
    predicted: "pd.DataFrame"
    readings: "pd.DataFrame"
    alike: "pd.DataFrame"
    unit: str = "context"

    def cosine(self, a: str, b: str, stage: str, layer: int) -> "pd.Series[Any] | None":
        """The row of `siblings` of two languages."""
        if self.siblings is None:
            return None
        low, high = sorted((a, b))
        frame = self.siblings
        found = frame[
            (frame["a"] == low) & (frame["b"] == high) & (frame["stage"] == stage) & (frame["layer"] == layer)
        ]
        return None if found.empty else found.iloc[0]

    def form(self, code: str) -> str:
        """The name in a language."""
        return str(self.forms.loc[self.forms["language"] == code, "form"].iloc[0])

    def spaces(self) -> list[tuple[str, int]]:
        """The stages and layers whose vectors the run holds, last layer first."""
        if self.siblings is None:
            return []
        keys = self.siblings[["stage", "layer"]].drop_duplicates().itertuples(index=False)
        return sorted(
            ((str(stage), int(layer)) for stage, layer in keys), key=lambda key: (-key[1], key[0] != "before")
        )


def read_entity(session: "Session", entity_id: str, reference: str, otherwise: str = "") -> EntityView:
    """What is known of a name.

    Args:
        reference: the language that the others are compared to, where the name has it.
        otherwise: the id of the name to show where neither corpus nor run has the first.

    Raises:
        NerspaceError: for a name that neither corpus nor run knows.
    """
    entity, own = session.entity(entity_id), _points_of(session, entity_id)
    if otherwise and entity is None and (own is None or own.empty):
        return read_entity(session, otherwise, reference)
    # A mention that stands for itself is one of its name's.
    if entity is None and own is not None and len(own) and (whole := name_ids(session, own)[0]) != entity_id:
        return read_entity(session, whole, reference)
    if (given := given_beside(session, entity_id)) != entity_id:
        return read_entity(session, given, reference)
    if entity is not None:
        kind, (case, forms) = entity.type, forms_of(entity)
    elif own is not None and len(own):
        kind, case = str(own["type"].iloc[0]), "as written"
        forms = dict(own.drop_duplicates("language")[["language", "form"]].itertuples(index=False))
    else:
        raise NerspaceError(f"Neither corpus nor run has the name {entity_id!r}.", "Find another with / here.")
    codes = language_order(list(forms))
    first = "en" if "en" in forms else next(iter(forms))
    reference = reference if reference in forms else first
    siblings, why = _from_vectors(session, entity_id, own)
    unit = "mention" if own is not None and _is_scattered(own) else "context"
    readings = _readings(session, entity_id)
    predicted = _predicted(session, entity_id, readings)
    if why == _UNTESTED and len(predicted):
        why = _ALONE if len(codes) == 1 else _NO_VECTORS
    elif why == _UNTESTED and session.is_without_contexts(entity_id):
        why = _UNTAGGED
    view = EntityView(
        entity_id, kind, case, forms[first], reference, _cut(session, entity_id, forms, codes),
        siblings, why, predicted, readings, _alike(session.parallel()[0], entity, codes), unit,
    )  # fmt: skip
    return _compared(view)


def _is_scattered(own: "pd.DataFrame") -> bool:
    """Whether the points of a name are mentions, each of which stands for itself."""
    return bool(own["entity"].nunique() > 1)


def _points_of(session: "Session", entity_id: str) -> "pd.DataFrame | None":
    """The points of a name; None in a run that has none."""
    points = session.table("points")
    if points is None:
        return None
    own = points["entity"] == entity_id
    for language, kind, form in written_as(session, entity_id):
        own |= (
            (points["language"] == language) & (points["form"] == form) & (points["type"] == (kind or points["type"]))
        )
    return points[own]


def _cut(session: "Session", entity_id: str, forms: dict[str, str], codes: Sequence[str]) -> "pd.DataFrame":
    """The rows of the table `pieces`; cut now where the run has none of these forms."""
    import pandas as pd

    from nerspace.engine.names.tokenization import count_pieces

    stored = session.table("pieces")
    known = {} if stored is None else {
        (row["language"], row["form"]): row for row in stored[stored["entity"] == entity_id].to_dict("records")
    }  # fmt: skip
    missing = [forms[code] for code in codes if (code, forms[code]) not in known]
    cut = session.cut(missing) if missing else []
    by_form = {
        form: {"pieces": " ".join(pieces), "count": count_pieces(pieces)}
        for form, pieces in zip(missing, cut, strict=True)
    }
    rows = [known.get((code, forms[code])) or by_form[forms[code]] for code in codes]
    return pd.DataFrame({
        "language": codes, "form": [forms[code] for code in codes], "pieces": [row["pieces"] for row in rows],
        "count": [row["count"] for row in rows],
    })  # fmt: skip


def _from_vectors(session: "Session", entity_id: str, own: "pd.DataFrame | None") -> "tuple[pd.DataFrame | None, str]":
    import pandas as pd

    from nerspace.engine.geometry.siblings import mention_siblings_table, siblings_table

    if session.run is None:
        return None, "No run: cosines and errors come with one; n on Training starts it (3, then n)."
    read = session.name_read(entity_id)
    if own is None or own.empty:
        if read is not None:
            return read.siblings, ""
        return None, _UNTESTED
    try:
        stored = session.vectors()
    except NerspaceError as error:
        return (None, str(error)) if read is None else (read.siblings, "")
    if _is_scattered(own):
        mentions = stored.rows["point"].isin(own["point"]).to_numpy(dtype=bool)
        found = mention_siblings_table(stored.vectors, stored.rows, entity_id, mentions)
    else:
        found = siblings_table(stored.vectors, stored.rows, str(own["entity"].iloc[0]))
    if read is None:
        return found, ""
    # What was read on demand is of more contexts, those of the test sentences among them.
    both = pd.concat([read.siblings, found], ignore_index=True)
    return both.drop_duplicates(["stage", "layer", "a", "b"]).reset_index(drop=True), ""


def _readings(session: "Session", entity_id: str) -> "pd.DataFrame":
    import pandas as pd

    from nerspace.engine.reading.tables import READINGS, readings_of_tagged, readings_of_tests

    predictions, sentences = session.table("predictions"), session.table("sentences")
    parts = []
    if predictions is not None and sentences is not None:
        parts.append(readings_of_tests(predictions, sentences, entity_id))
        parts.append(readings_of_tagged(predictions, sentences, entity_id, written_as(session, entity_id)))
    if (read := session.name_read(entity_id)) is not None:
        parts.append(read.readings)
    parts = [part for part in parts if len(part)]
    if not parts:
        return READINGS.frame()
    found = pd.concat(parts, ignore_index=True)
    return found.drop_duplicates(["donor", "seed", "sentence", "spelling"], keep="last").reset_index(drop=True)


def read_near(session: "Session", entity_id: str, language: str) -> "pd.DataFrame":
    """The nearest neighbours of the name's first test sentence in a language, last layer first; empty without one.

    Raises:
        NerspaceError: where the vectors cannot be read.
    """
    import pandas as pd

    from nerspace.engine.geometry.neighbours import nearest_table

    own = _points_of(session, entity_id)
    if own is None or not len(own := own[own["language"] == language]):
        return pd.DataFrame(columns=NEAR)
    stored = session.vectors()
    found = nearest_table(stored.vectors, stored.rows, int(own["point"].iloc[0]))
    order = found.sort_values(["layer", "stage"], ascending=[False, True], kind="stable")
    return order[NEAR].reset_index(drop=True)


def _predicted(session: "Session", entity_id: str, readings: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    found = _tested(session, entity_id)
    home = readings[(readings["context_type"] == readings["type"]) & (readings["spelling"] == readings["language"])]
    found = pd.concat([found, home.assign(wrong=(home["verdict"] != "right").astype(int))], ignore_index=True)
    found = found.drop_duplicates(["donor", "seed", "sentence"])
    if found.empty:
        return pd.DataFrame(columns=PREDICTED)
    place = {code: number for number, code in enumerate(language_order(list(found["language"].unique())))}
    found = found.sort_values(["donor", "seed", "language"], key=lambda c: c.map(place) if c.name == "language" else c)
    found = found.assign(verdict=["✗" if wrong else "✓" for wrong in found["wrong"]])
    # Of one model, which one it is can stand behind the words.
    one = len(found[["donor", "seed"]].drop_duplicates()) == 1
    order = sorted(PREDICTED, key=lambda name: one and name in ("donor", "seed"))
    return found[order].reset_index(drop=True)


def _tested(session: "Session", entity_id: str) -> "pd.DataFrame":
    """The run's own predictions of a name."""
    import pandas as pd

    predictions, sentences = session.table("predictions"), session.table("sentences")
    if predictions is None or sentences is None:
        return pd.DataFrame()
    named = sentences["entity"] == entity_id
    if (points := session.table("points")) is not None:
        own = points.loc[points["entity"].astype(str) == entity_id, "sentence"].astype(str)
        named |= sentences["sentence"].isin(set(whole_ids(own, sentences)))
    texts = sentences[named].drop_duplicates("sentence")[["sentence", "words", "text"]]
    return predictions.merge(texts, on="sentence")


def _alike(corpus: "SyntheticNER", entity: Entity | None, codes: Sequence[str]) -> "pd.DataFrame":
    import pandas as pd

    partners = [
        other
        for other in corpus.entities
        if entity is not None and entity.ambiguity and other.ambiguity == entity.ambiguity and other.id != entity.id
    ]
    rows = [(other.id, other.type, *(forms_of(other)[1].get(code, "") for code in codes)) for other in partners]
    return pd.DataFrame(rows, columns=[*ALIKE, *codes])


def _compared(view: EntityView) -> EntityView:
    """With what depends on the reference: TNLD and cosines to it, and the verdicts of every model."""
    from dataclasses import replace

    from nerspace.engine.names.distances import tnld

    forms = view.forms.copy()
    about = dict(zip(forms["language"], forms["form"], strict=True))[view.reference]
    forms["tnld"] = [tnld(about, form) for form in forms["form"]]
    spaces = view.spaces()
    last = spaces[0][1] if spaces else 0
    cosines = {
        f"{stage} {layer}": [_cosine(view, code, stage, layer) for code in forms["language"]] for stage, layer in spaces
    }
    marks: dict[str, list[str]] = {}
    for (donor, seed), group in view.predicted.groupby(["donor", "seed"], sort=False):
        own = {code: _marks(list(part["verdict"])) for code, part in group.groupby("language")}
        marks[f"{donor}" if seed == 0 else f"{donor}·{seed}"] = [own.get(code, "") for code in forms["language"]]
    # What is looked for first stands where a narrow screen shows it: the last layer and the verdicts.
    shown = sorted(cosines, key=lambda name: not name.endswith(f" {last}"))
    for name in shown[:2]:
        forms[name] = cosines[name]
    for name, column in marks.items():
        forms[name] = column
    for name in shown[2:]:
        forms[name] = cosines[name]
    return replace(view, forms=forms)


def _marks(verdicts: Sequence[str]) -> str:
    """A sign for each sentence, or how many are wrong where there are too many to be counted by eye."""
    wrong = sum(verdict == "✗" for verdict in verdicts)
    return "".join(verdicts) if len(verdicts) <= _MOST_MARKS else f"✗ {wrong} of {len(verdicts):,}"


def _cosine(view: EntityView, code: str, stage: str, layer: int) -> float:
    row = view.cosine(code, view.reference, stage, layer)
    return float("nan") if row is None else float(row["cosine"])


def _heading(name: str) -> str:
    """Short, so that a narrow screen holds more columns."""
    known = {"count": "n", "tnld": "TNLD"}
    return known.get(name) or literal(name).replace("before ", "bef ").replace("after ", "aft ")


class FormRows(Rows):
    """The forms of a name: language, form, pieces as blocks, their number, TNLD, cosines, verdicts."""

    def __init__(self, view: EntityView, plain: bool) -> None:
        self.frame = view.forms
        self.plain = plain
        self.view = view
        cuts = [
            Cut(code, form, tuple(pieces.split(" ")), None)
            for code, form, pieces in self.frame[["language", "form", "pieces"]].itertuples(index=False)
        ]
        self._cuts, self._shared = cuts, shared_pieces(cuts)
        rest = list(self.frame.columns[3:])
        self.columns: Sequence[Column] = (
            Column("", fixed=True), Column("form", fixed=True, at_most=20), Column("pieces", at_most=48),
            *(Column(_heading(name), right=name in ("count", "tnld") or self.frame[name].dtype.kind == "f")
              for name in rest),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.frame)

    def cells(self, index: int) -> Sequence[Cell]:
        """Pieces in the colors that they have in all languages; the reference has no distance to itself."""
        row, cut = self.frame.iloc[index], self._cuts[index]
        here = cut.language == self.view.reference
        pieces = Text(" ", end="").join(blocks(cut.pieces, self._shared, self.plain))
        values = [row[name] for name in self.frame.columns[3:]]
        rest = ["·" if here and isinstance(v, float) else f"{v:z.2f}" if isinstance(v, float) and v == v
                else shown_number(v) for v in values]  # fmt: skip
        return [Text(cut.language, class_style(cut.language), end=""), literal(cut.form), pieces, *rest]

    def raw(self, numbers: Sequence[int]) -> "pd.DataFrame":
        """The same, raw, with the name and the language it is compared to."""
        frame = self.frame.iloc[list(numbers)].assign(reference=self.view.reference)
        frame.insert(0, "entity", self.view.entity)
        return frame

    def same(self, other: Rows) -> bool:
        """Whether they are of the same forms."""
        return isinstance(other, FormRows) and other.frame is self.frame

    def key(self, index: int) -> Hashable:
        """The language of the form."""
        return self._cuts[index].language

    def sort_values(self, place: int) -> SortValues:
        """The column."""
        return self.frame.iloc[:, place]
