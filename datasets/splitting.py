"""Cutting a corpus into train and test so that nothing reads the same on both sides."""

import random
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from nerspace.datasets.filling import split_form
from nerspace.datasets.records import Context, Entity
from nerspace.datasets.spelling import folded

Item = TypeVar("Item")


def cut(
    items: Sequence[Item], texts: Callable[[Item], Iterable[Hashable]], stratum: Callable[[Item], Hashable],
    seed: int, share: float, held: Callable[[Item], bool] | None = None,
) -> tuple[list[Item], list[Item]]:  # fmt: skip
    """Train and test parts; items that share a text fall on the same side.

    Args:
        items: what is cut.
        texts: what an item reads like.
        stratum: the group of which the test part holds a share; groups of equal text are drawn in random order into
            every stratum that is not yet full.
        seed: of the draw.
        share: of every stratum, rounded but one of two at least, or less where no group fits.
        held: says which items the test part holds whatever is drawn, with all that reads like them; the share is then
            that of the others.

    Returns:
        The items of either part, in their order.
    """
    groups = grouped(items, texts)
    chosen = {place for group in groups if held and any(held(items[one]) for one in group) for place in group}
    groups = [group for group in groups if group[0] not in chosen]
    drawn = Counter(stratum(item) for place, item in enumerate(items) if place not in chosen)
    left = {key: max(round(share * size), int(size > 1)) for key, size in drawn.items()}
    random.Random(seed).shuffle(groups)  # noqa: S311 - a reproducible draw, no secret
    for group in groups:
        needs = Counter(stratum(items[place]) for place in group)
        if all(left[key] >= need for key, need in needs.items()):
            chosen.update(group)
            for key, need in needs.items():
                left[key] -= need
    sides: tuple[list[Item], list[Item]] = ([], [])
    for place, item in enumerate(items):
        sides[place in chosen].append(item)
    return sides


def grouped(items: Sequence[Item], texts: Callable[[Item], Iterable[Hashable]]) -> list[list[int]]:
    """Places of items joined wherever they share a text, by union and find; in order of first appearance."""
    parent = list(range(len(items)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    seen: dict[Hashable, int] = {}
    for i, item in enumerate(items):
        for text in texts(item):
            parent[root(i)] = root(seen.setdefault(text, i))
    groups: dict[int, list[int]] = {}
    for i in range(len(items)):
        groups.setdefault(root(i), []).append(i)
    return list(groups.values())


def context_texts(context: Context) -> Iterator[str]:
    """What a context reads like in every language, whatever its letter case."""
    return (folded(text) for text in context.texts.values())


def entity_texts(entity: Entity) -> Iterator[str]:
    """What a name reads like in every language and case, without preposition, suffix and letter case.

    The language does not matter: "Valencia" is one name in English and in Catalan.
    """
    for case, forms in entity.forms.items():
        for language, form in forms.items():
            yield folded(" ".join(split_form(form, case, language)[1]))
