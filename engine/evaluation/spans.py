"""From tags to entities, strictly and leniently, and which predicted entity matches which gold one."""

from collections.abc import Iterable, Sequence

Span = tuple[str, int, int]
# A predicted entity beside a gold one; one of the two may be missing.
Pair = tuple[Span | None, Span | None]


def entity_spans(tags: Sequence[str]) -> set[Span]:
    """Entities as (type, start, stop) under strict IOB2: one begins with B-, an I- that continues nothing is none."""
    spans: set[Span] = set()
    kind, start = "", 0
    for position, tag in enumerate([*tags, "O"]):
        if kind and tag != f"I-{kind}":
            spans.add((kind, start, position))
            kind = ""
        if tag.startswith("B-"):
            kind, start = tag[2:], position
    return spans


def lenient_spans(tags: Sequence[str]) -> set[Span]:
    """Entities as (type, start, stop) as conlleval and seqeval's default read them: an I- may begin one.

    Tags of other schemes (E-, S-) are read too; a tag without a type has the type "_".

    Source: seqeval 1.2, get_entities.
    """
    spans: set[Span] = set()
    before, kind, start = "O", "", 0
    for position, tag in enumerate([*tags, "O"]):
        prefix, label = tag[:1], tag[1:].split("-", maxsplit=1)[-1] or "_"
        changed = kind != label
        if before not in "O." and (before in "ES" or prefix in "BSO" or changed):
            spans.add((kind, start, position))
        if prefix not in "O." and (prefix in "BS" or before in "ESO" or changed):
            start = position
        before, kind = prefix, label
    return spans


def match_spans(gold: Iterable[Span], predicted: Iterable[Span]) -> list[Pair]:
    """Each gold entity beside the predicted one that matches it, in the order of the text.

    Only entities that share a word match, and each matches once. Where several could, equal boundaries come first, then
    equal types, then more shared words, then the earlier one. What is left over stands alone: a missed gold entity,
    or a spurious predicted one.
    """
    gold_spans, predicted_spans = sorted(gold, key=_position), sorted(predicted, key=_position)
    candidates = []
    first = 0
    for i, a in enumerate(gold_spans):
        while first < len(predicted_spans) and predicted_spans[first][2] <= a[1]:
            first += 1
        for j in range(first, len(predicted_spans)):
            b = predicted_spans[j]
            if b[1] >= a[2]:
                break
            shared = min(a[2], b[2]) - max(a[1], b[1])
            candidates.append((a[1:] != b[1:], a[0] != b[0], -shared, i, j))
    taken: dict[int, int] = {}
    used: set[int] = set()
    for *_, i, j in sorted(candidates):
        if i not in taken and j not in used:
            taken[i] = j
            used.add(j)
    pairs: list[Pair] = [(span, predicted_spans[taken[i]] if i in taken else None) for i, span in enumerate(gold_spans)]
    pairs += [(None, span) for j, span in enumerate(predicted_spans) if j not in used]
    return sorted(pairs, key=lambda pair: _position(pair[0] or pair[1] or ("", 0, 0)))


def _position(span: Span) -> tuple[int, int, str]:
    return span[1], span[2], span[0]
