"""How large a product is, what of it is sound, and what in it reads the same."""

from collections import defaultdict
from typing import TYPE_CHECKING

from nerspace.datasets.filling import SLOT
from nerspace.datasets.records import CASES, ENTITY_TYPES, Context, Entity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from nerspace.datasets.synthetic import SyntheticNER


def counts(corpus: "SyntheticNER") -> "pd.DataFrame":
    """The table `counts`, per type and case.

    contexts, names: those that exist in some language of the corpus, sound or not.
    possible: contexts × names, as the paper's Table 1 counts.
    valid: sentences that really can be made: the name's gender fits the slot, and context and name exist in every
    language of `languages`, the context with the same number of slots in each.
    languages: the languages of the corpus in which the type and case have both contexts and names; not all have a
    locative. refused: the contexts among `contexts` that are no part of the product, because their slots differ between
    languages or because they lack a language that was selected. twice: the sound contexts with more than one slot, each
    filled with the same name. duplicates: the contexts that read like an earlier one in every language.
    """
    import pandas as pd

    spoken = set(corpus.languages)
    rows = []
    for kind in ENTITY_TYPES:
        for case in CASES:
            sound = [c for c in corpus.contexts if (c.type, c.case) == (kind, case) and spoken & c.texts.keys()]
            refused = [c for c in corpus.refused if (c.type, c.case) == (kind, case) and spoken & c.texts.keys()]
            names = [e for e in corpus.entities if e.type == kind and spoken & e.forms.get(case, {}).keys()]
            if not sound and not refused:
                continue
            languages = _common([c.texts for c in sound or refused], [e.forms[case] for e in names], corpus.languages)
            full = [c for c in sound if c.texts.keys() >= set(languages)]
            rows.append(
                (
                    corpus.name, kind, case, len(sound) + len(refused), len(names),
                    (len(sound) + len(refused)) * len(names), _valid(full, names, case, languages),
                    " ".join(languages), len(refused), sum(_slots(c) > 1 for c in full),
                    _repeated(sorted(sound + refused, key=lambda c: c.id)),
                )
            )  # fmt: skip
    columns = ["corpus", "type", "case", "contexts", "names", "possible", "valid"]
    return pd.DataFrame(rows, columns=[*columns, "languages", "refused", "twice", "duplicates"])


def duplicate_table(corpus: "SyntheticNER") -> "pd.DataFrame":
    """The table `duplicates`: part, type, case, id, first, languages.

    One row for every context and every form of a name that reads like an earlier one of its type and case in at least
    one language; `first` is the earliest of them, `languages` are those in which it does.
    """
    import pandas as pd

    rows = []
    contexts: dict[tuple[str, str, str], str] = {}
    for context in sorted((*corpus.contexts, *corpus.refused), key=lambda c: c.id):
        rows += _repeats("context", context.type, context.case, context.id, context.texts, contexts)
    names: dict[tuple[str, str, str], str] = {}
    for entity in corpus.entities:
        for case, forms in entity.forms.items():
            rows += _repeats("name", entity.type, case, entity.id, forms, names)
    return pd.DataFrame(rows, columns=["part", "type", "case", "id", "first", "languages"])


def _repeats(
    part: str, kind: str, case: str, item: str, texts: "Mapping[str, str]", seen: dict[tuple[str, str, str], str]
) -> list[tuple[str, str, str, str, str, str]]:
    same: dict[str, list[str]] = defaultdict(list)
    for language, text in texts.items():
        first = seen.setdefault((kind + case, language, text.casefold()), item)
        if first != item:
            same[first].append(language)
    if not same:
        return []
    languages = " ".join(dict.fromkeys(language for found in same.values() for language in found))
    return [(part, kind, case, item, min(same), languages)]


def _common(
    contexts: "Sequence[Mapping[str, str]]", names: "Sequence[Mapping[str, str]]", languages: "Sequence[str]"
) -> list[str]:
    """The languages in which there is any context and any name; while there are no names, those of the contexts."""
    of_contexts, of_names = ({code for texts in found for code in texts} for found in (contexts, names))
    return [code for code in languages if code in of_contexts and (code in of_names or not of_names)]


def _valid(contexts: "Sequence[Context]", names: "Sequence[Entity]", case: str, languages: "Sequence[str]") -> int:
    fitting: dict[str, int] = defaultdict(int)
    for name in names:
        if name.forms[case].keys() >= set(languages):
            fitting[name.gender] += 1
    return sum(fitting[context.gender] for context in contexts)


def _slots(context: Context) -> int:
    return max(len(SLOT.findall(text)) for text in context.texts.values())


def _repeated(contexts: "Sequence[Context]") -> int:
    return len(contexts) - len({tuple(sorted(context.texts.items())) for context in contexts})
