"""The sentences of the paper's experiment: training, test, and the contexts of ambiguous names."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nerspace import datasets
from nerspace.datasets import Context, Entity, Sentence, SyntheticNER
from nerspace.datasets.records import ENTITY_TYPES
from nerspace.engine.errors import DataError
from nerspace.engine.paper import published
from nerspace.engine.requests.paper import PaperRequest, Sizes

Cell = tuple[Context, Entity]


@dataclass(frozen=True, slots=True)
class PaperSample:
    """What is trained on and read.

    Attributes:
        corpus: the whole.
        train: cells, the same for every language.
        test: likewise.
        named: (name, cell), test contexts of names that read the same in two types: those that settle the type, then
        those that leave it open.
        border: (name, cell), test contexts of organisations with a place in their name.
        notes: what is not as in the paper, one line each.
    """

    corpus: SyntheticNER
    train: Sequence[Cell]
    test: Sequence[Cell]
    named: Sequence[tuple[str, Cell]]
    border: Sequence[tuple[str, Cell]]
    notes: Sequence[str]

    def sentences(self, cells: Sequence[Cell], languages: Sequence[str]) -> list[Sentence]:
        """The sentences of cells, language by language."""
        return [self.corpus.sentence_of(context, entity, code) for code in languages for context, entity in cells]


def load_corpus(data: str, fill: bool) -> tuple[SyntheticNER, list[str]]:
    """The data, and a line for each type that has names but no context: it gets the built-in contexts, or is missing.

    Raises:
        DataError: data without the paper's donor language.
    """
    corpus = datasets.load_parallel(data)
    if published.DONOR not in corpus.languages:
        raise DataError(f"{corpus.name} has no {published.DONOR}.", "The paper trains on English.")
    present = {context.type for context in corpus.contexts}
    missing = [kind for kind in ENTITY_TYPES if kind not in present and any(e.type == kind for e in corpus.entities)]
    notes = []
    for kind in missing:
        names = sum(entity.type == kind for entity in corpus.entities)
        notes.append(
            f"{corpus.name} has {names:,} {kind} names and no {kind} context: "
            + ("the built-in contexts are put in their place." if fill else f"{kind} is left out.")
        )
    if not missing or not fill:
        return corpus, notes
    lent = [
        Context(f"builtin-{c.id}", c.type, c.case, c.gender, c.texts)
        for c in datasets.load_parallel("builtin").contexts
        if c.type in missing
    ]
    filled = SyntheticNER(
        corpus.name, [*corpus.contexts, *lent], corpus.entities, corpus.languages, refused=corpus.refused,
        dropped=corpus.dropped, files=corpus.files,
    )  # fmt: skip
    return filled, notes


def ambiguous_names(corpus: SyntheticNER) -> dict[str, list[Entity]]:
    """Names that are entities of several types in English, whatever their letter case, in order of the alphabet.

    Data that tells in which languages a name reads like another is believed.
    """
    found: dict[str, list[Entity]] = defaultdict(list)
    for entity in corpus.entities:
        form = entity.forms.get("nominative", {}).get(published.DONOR)
        if entity.alike and published.DONOR not in entity.alike:
            continue
        if form or entity.ambiguity:
            found[entity.ambiguity or str(form).casefold()].append(entity)
    return {name: found[name] for name in sorted(found) if len({entity.type for entity in found[name]}) > 1}


def border_names(corpus: SyntheticNER) -> dict[str, list[Entity]]:
    """Organisations of two words in English, one of which is a place of the data, and those that the paper names.

    One with an article, such as the Washington Post, is called after a place and no club of it.
    """
    places = {
        entity.forms.get("nominative", {}).get(published.DONOR) for entity in corpus.entities if entity.type == "LOC"
    }
    found = {}
    for entity in corpus.entities:
        form = entity.forms.get("nominative", {}).get(published.DONOR, "")
        words = form.split()
        called = (
            len(words) == 2 and not places.isdisjoint(words) and not entity.around.get(published.DONOR, ("", ""))[0]
        )
        if entity.type == "ORG" and not entity.ambiguity and (called or form in published.BORDER):
            found[form.casefold()] = [entity]
    return {name: found[name] for name in sorted(found)}


def draw_paper_sample(request: PaperRequest) -> PaperSample:
    """The sample of a request; the seed decides split and draw.

    Raises:
        DataError: the data has too little.
    """
    corpus, notes = load_corpus(request.data, request.fill)
    split = corpus.split(request.seed)
    names = ambiguous_names(corpus)
    border = border_names(corpus)
    held_out = {entity.id for entities in (*names.values(), *border.values()) for entity in entities}
    train_part = _without(split.train, held_out)
    # So few sentences teach no model a type that is a tenth of them.
    types = dict.fromkeys(published.TRAIN, 1) if request.scale == "small" else published.TRAIN
    train, train_notes = _proportional(train_part, types, request.sizes.train, request.seed, "training")
    test, test_notes = _proportional(split.test, published.TEST, request.sizes.test, request.seed, "test")
    named = list(_named_cells(split.test, names, request.sizes, request.seed))
    lying = list(_named_cells(split.test, border, request.sizes, request.seed, settled=True))
    notes += train_notes + test_notes
    if short := _short_of_contexts(named, request.sizes.contexts):
        notes.append(short)
    return PaperSample(corpus, train, test, named, lying, notes)


def _short_of_contexts(named: Sequence[tuple[str, Cell]], requested: int) -> str:
    """A line where names in several types have fewer test contexts than were requested."""
    held = Counter((name, entity.type) for name, (context, entity) in named if context.decisive != "no")
    if not held:
        return "No name of the data reads the same in two types."
    if min(held.values()) >= requested:
        return ""
    few, many = min(held.values()), max(held.values())
    return f"{requested} test contexts a name and type were asked for, the data has {few} to {many}."


def _without(corpus: SyntheticNER, entities: set[str]) -> SyntheticNER:
    others = [entity for entity in corpus.entities if entity.id not in entities]
    return SyntheticNER(corpus.name, corpus.contexts, others, corpus.languages, corpus.part)


def _proportional(
    corpus: SyntheticNER, shares: Mapping[str, int], size: int, seed: int, what: str
) -> tuple[list[Cell], list[str]]:
    """Cells by type in the given proportions, in random order, and a line where the data has fewer.

    Raises:
        DataError: there is none.
    """
    wanted = _quotas({kind: shares[kind] for kind in shares if _has(corpus, kind)}, size)
    cells: list[Cell] = []
    for kind, count in wanted.items():
        part = corpus.select(types=[kind])
        # Each context once with one name, as the paper does, where that is enough.
        indices = part.sample_numbers(count, seed=seed, once=True)
        if len(indices) < count:
            indices = part.sample_numbers(count, seed=seed)
        cells += [part.cell(index) for index in indices]
    if not cells:
        raise DataError(f"The {corpus.part} part of {corpus.name} is empty.", "Choose larger data.")
    random.Random(seed).shuffle(cells)  # noqa: S311 - a reproducible order, no secret
    if len(cells) == size:
        return cells, []
    held = Counter(entity.type for _, entity in cells)
    counted = ", ".join(f"{kind} {held[kind]:,} of {count:,}" for kind, count in wanted.items())
    return cells, [f"{size:,} {what} sentences were asked for, the data has {len(cells):,}: {counted}."]


def _has(corpus: SyntheticNER, kind: str) -> bool:
    return any(context.type == kind for context in corpus.contexts) and any(e.type == kind for e in corpus.entities)


def _quotas(shares: Mapping[str, int], size: int) -> dict[str, int]:
    """`size` cut in the proportions of the shares, by largest remainders."""
    total = sum(shares.values())
    exact = {kind: size * share / total for kind, share in shares.items()}
    quotas = {kind: int(value) for kind, value in exact.items()}
    for kind in sorted(exact, key=lambda kind: quotas[kind] - exact[kind])[: size - sum(quotas.values())]:
        quotas[kind] += 1
    return quotas


def _named_cells(
    test: SyntheticNER, names: Mapping[str, list[Entity]], sizes: Sizes, seed: int, settled: bool = False
) -> Iterator[tuple[str, Cell]]:
    """Up to `contexts` nominative test contexts that settle the type, and as many that leave it open, for every type of
    every ambiguous name; a context that nobody judged is taken to settle it. settled: those that settle it alone.
    """
    spoken = set(test.languages)
    for name, entities in names.items():
        for entity in entities:
            if not spoken <= entity.forms.get("nominative", {}).keys():
                continue
            fitting = [
                context
                for context in test.contexts
                if context.case == "nominative" and context.takes(entity) and spoken <= context.texts.keys()
            ]
            for is_open in (False,) if settled else (False, True):
                of_kind = [context for context in fitting if (context.decisive == "no") == is_open]
                chosen = random.Random(seed).sample(of_kind, min(sizes.contexts, len(of_kind)))  # noqa: S311
                yield from ((name, (context, entity)) for context in chosen)
