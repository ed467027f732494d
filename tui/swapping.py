"""A name in other contexts: the sentences of every type that could hold it, and what a run's models said of them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.tui.session import Session

SWAP_COLUMNS = {
    "type": "type of name that the context was written for", "context": "context id",
    "words": "words of the sentence with this name in its slot, joined by a space",
    "predicted": "predicted tags, where the run has the table swap",
    "confidence": "lowest probability of a predicted tag", "gold": "tags of the name's own type",
    "sentence": "language/context/entity", "text": "the sentence as it is written",
}  # fmt: skip


def swap_frame(session: "Session", entity_id: str, language: str) -> "pd.DataFrame":
    """The nominative contexts of all types with this name in the slot, in one language.

    A run's table `swap` gives the predicted tags where it has the sentence; without it they are empty.
    """
    import pandas as pd

    from nerspace.datasets.filling import fill

    corpus, _ = session.parallel()
    entity = corpus.entity_by_id.get(entity_id)
    form = entity.forms.get("nominative", {}).get(language) if entity else None
    said = _said(session, entity_id)
    rows = []
    for context in corpus.contexts if entity and form else ():
        fits = context.case == "nominative" and language in context.texts
        if fits and not (context.gender and entity.gender and context.gender != entity.gender):
            words, tags, text = fill(context.texts[language], form, "nominative", entity.type, language)
            sentence = f"{language}/{context.id}/{entity_id}"
            predicted, confidence = said.get(sentence, ("", float("nan")))
            rows.append((context.type, context.id, " ".join(words), predicted, confidence, " ".join(tags), sentence,
                         text))  # fmt: skip
    return pd.DataFrame(rows, columns=list(SWAP_COLUMNS))


def _said(session: "Session", entity_id: str) -> dict[str, tuple[str, float]]:
    table = session.table("swap")
    if table is None or not {"sentence", "predicted"} <= set(table.columns):
        return {}
    own = table[table["sentence"].str.rpartition("/")[2] == entity_id].drop_duplicates("sentence")
    confidence = own["confidence"] if "confidence" in own else [float("nan")] * len(own)
    return {str(s): (str(p), float(c)) for s, p, c in zip(own["sentence"], own["predicted"], confidence, strict=True)}
