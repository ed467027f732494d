"""How large a product is, and what of it is sound."""

from collections import Counter
from typing import TYPE_CHECKING

from nerspace.datasets.filling import SLOT
from nerspace.datasets.records import CASES, ENTITY_TYPES, Context, Entity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


def count_table(
    name: str, languages: "Sequence[str]", contexts: "Sequence[Context]", refused: "Sequence[Context]",
    entities: "Sequence[Entity]",
) -> "pd.DataFrame":  # fmt: skip
    """The table `counts` of a product, per type and case.

    contexts, names: those that exist in some language of the corpus, sound or not.
    possible: contexts × names, as the paper's Table 1 counts.
    valid: sentences that really can be made: gender and kind of the name fit the slot, and context and name exist in
    every language of `languages`, the context with the same number of slots in each.
    languages: the languages of the corpus in which the type and case have both contexts and names; not all have a
    locative. refused: the contexts among `contexts` that are no part of the product, because their slots differ between
    languages or because they lack a language that was selected. twice: the sound contexts with more than one slot, each
    filled with the same name. duplicates: the contexts that read like an earlier one in every language.

    Args:
        name: of the corpus.
        languages: of the corpus.
        contexts: that make cells in it where a name fits.
        refused: contexts that make none, but count as possible.
        entities: its names.

    Returns:
        One row for every type and case that has a context, or of names alone for every type: corpus, type, case,
        contexts, names, possible, valid, languages, refused, twice, duplicates.
    """
    import pandas as pd

    spoken = set(languages)
    rows = []
    for kind in ENTITY_TYPES:
        for case in CASES:
            sound = [c for c in contexts if (c.type, c.case) == (kind, case) and spoken & c.texts.keys()]
            left_out = [c for c in refused if (c.type, c.case) == (kind, case) and spoken & c.texts.keys()]
            names = [e for e in entities if e.type == kind and spoken & e.forms.get(case, {}).keys()]
            if not sound and not left_out:
                continue
            common = _common([c.texts for c in sound or left_out], [e.forms[case] for e in names], languages)
            full = [c for c in sound if c.texts.keys() >= set(common)]
            n = len(sound) + len(left_out)
            rows.append(
                (
                    name, kind, case, n, len(names), n * len(names), _valid(full, names, case, common),
                    " ".join(common), len(left_out), sum(_slots(c) > 1 for c in full),
                    _repeated(sorted(sound + left_out, key=lambda c: c.id)),
                )
            )  # fmt: skip
    if not contexts and not refused:
        # A list of names: nothing is possible without a context.
        for kind in dict.fromkeys(entity.type for entity in entities):
            names = [entity for entity in entities if entity.type == kind and "nominative" in entity.forms]
            codes = [code for code in languages if any(code in entity.forms["nominative"] for entity in names)]
            rows.append((name, kind, "nominative", 0, len(names), 0, 0, " ".join(codes), 0, 0, 0))
    columns = ["corpus", "type", "case", "contexts", "names", "possible", "valid"]
    return pd.DataFrame(rows, columns=[*columns, "languages", "refused", "twice", "duplicates"])


def _common(
    contexts: "Sequence[Mapping[str, str]]", names: "Sequence[Mapping[str, str]]", languages: "Sequence[str]"
) -> list[str]:
    """The languages in which there is any context and any name; while there are no names, those of the contexts."""
    of_contexts, of_names = ({code for texts in found for code in texts} for found in (contexts, names))
    return [code for code in languages if code in of_contexts and (code in of_names or not of_names)]


def _valid(contexts: "Sequence[Context]", names: "Sequence[Entity]", case: str, languages: "Sequence[str]") -> int:
    fitting = Counter((name.gender, name.kind) for name in names if name.forms[case].keys() >= set(languages))
    return sum(
        number
        for context in contexts
        for (gender, kind), number in fitting.items()
        if gender == context.gender and (not context.fits or not kind or kind in context.fits)
    )


def _slots(context: Context) -> int:
    return max(len(SLOT.findall(text)) for text in context.texts.values())


def _repeated(contexts: "Sequence[Context]") -> int:
    return len(contexts) - len({tuple(sorted(context.texts.items())) for context in contexts})
