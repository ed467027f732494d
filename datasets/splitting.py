"""Cutting contexts and names into train and test so that nothing reads the same on both sides."""

import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from nerspace.datasets.filling import split_form
from nerspace.datasets.records import Context, Entity

Item = TypeVar("Item", Context, Entity)


def draw_part(
    items: Sequence[Item], texts: Callable[[Item], Iterable[Hashable]], stratum: Callable[[Item], Hashable],
    seed: int, share: float,
) -> set[str]:  # fmt: skip
    """Ids of the test part: groups of equal text are drawn in random order into every stratum that is not yet full."""
    wanted: dict[Hashable, int] = defaultdict(int)
    for item in items:
        wanted[stratum(item)] += 1
    wanted = {key: round(share * size) for key, size in wanted.items()}
    groups = grouped(items, texts)
    random.Random(seed).shuffle(groups)  # noqa: S311 - a reproducible draw, no secret
    chosen: set[str] = set()
    for group in groups:
        needs: dict[Hashable, int] = defaultdict(int)
        for item in group:
            needs[stratum(item)] += 1
        if all(wanted[key] >= need for key, need in needs.items()):
            chosen.update(item.id for item in group)
            for key, need in needs.items():
                wanted[key] -= need
    return chosen


def grouped(items: Sequence[Item], texts: Callable[[Item], Iterable[Hashable]]) -> list[list[Item]]:
    """Items joined wherever they share a text, by union and find; in order of first appearance."""
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
    groups: dict[int, list[Item]] = {}
    for i, item in enumerate(items):
        groups.setdefault(root(i), []).append(item)
    return list(groups.values())


def context_texts(context: Context) -> Iterator[str]:
    """What a context reads like in every language, whatever its letter case."""
    return (text.casefold() for text in context.texts.values())


def entity_texts(entity: Entity) -> Iterator[str]:
    """What a name reads like in every language and case, without preposition, suffix and letter case.

    The language does not matter: "Valencia" is one name in English and in Catalan.
    """
    for case, forms in entity.forms.items():
        for language, form in forms.items():
            yield " ".join(split_form(form, case, language)[1]).casefold()
