"""Which contexts a name is read in: test contexts of a run, those of the name's own type first."""

import random
from collections.abc import Sequence

from nerspace import datasets
from nerspace.datasets import Context, Entity, Sentence, TaggedCorpus
from nerspace.datasets.filling import around_of, fill
from nerspace.datasets.records import ENTITY_TYPES
from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.reading.tables import Placed
from nerspace.engine.requests.base import BUILTIN
from nerspace.engine.requests.training import NONE, Request
from nerspace.engine.runs import Run
from nerspace.engine.sampling import split_of

# Contexts of the name's own type, and of every other.
OWN, OTHERS = 8, 4


class Contexts:
    """The test contexts of a run; a run on tagged sentences takes those of the built-in data, none of which it knows.

    Attributes:
        languages: that a name can be read in.
    """

    def __init__(self, run: Run) -> None:
        request = _request_of(run)
        corpus = datasets.load(request.data, reading=request.reading)
        if isinstance(corpus, TaggedCorpus):
            corpus = datasets.load_parallel(BUILTIN)
        known = [code for code in request.languages or corpus.languages if code in corpus.languages]
        self.languages = tuple(known or corpus.languages)
        self._corpus = corpus.select(languages=self.languages)
        self._test = split_of(self._corpus, request).test
        self._seed = request.seed
        self._own = _contexts_of(run)

    def entity(self, name: str) -> Entity:
        """The name of an id.

        Raises:
            UsageError: where the run's data has none.
        """
        if (entity := self._corpus.entity_by_id.get(name)) is None:
            raise UsageError(f"The data of the run has no name {name!r}.", "o opens another run, c on Data other data.")
        return entity

    def of(self, entity: Entity, languages: Sequence[str] = (), crossed: bool = False) -> list[Placed]:
        """The name in its contexts, the same ones in every language.

        Args:
            entity: the name.
            languages: all that the name has a nominative in, where empty.
            crossed: in contexts of its own type with the forms of the other languages too.

        Raises:
            UsageError: for a name without a form in these languages, or where no context takes it.
        """
        forms = entity.forms.get("nominative", {})
        spoken = [code for code in languages or self.languages if code in forms and code in self.languages]
        if not spoken:
            raise UsageError(f"{entity.id} has no nominative in {', '.join(languages or self.languages)}.")
        placed = [
            self._placed(entity, context, code, code)
            for kind in [entity.type, *(kind for kind in ENTITY_TYPES if kind != entity.type)]
            for context in self._chosen(entity, kind)
            for code in spoken
        ]
        if crossed:
            placed += [
                self._placed(entity, context, code, other)
                for context in self._chosen(entity, entity.type)
                for code in spoken
                for other in spoken
                if other != code
            ]
        if not placed:
            raise UsageError(f"No test context of the run takes {entity.id}.", "Larger data has more contexts.")
        return placed

    def _chosen(self, entity: Entity, kind: str) -> list[Context]:
        """Contexts of a type in random order; those that the run tested the name in come first."""
        fitting = [
            context
            for context in self._test.contexts
            if context.type == kind and context.case == "nominative" and set(self.languages) <= context.texts.keys()
            and not (context.gender and entity.gender and context.gender != entity.gender)
            and (kind != entity.type or context.takes(entity))
        ]  # fmt: skip
        random.Random(f"{self._seed}/{entity.id}/{kind}").shuffle(fitting)  # noqa: S311 - a reproducible draw
        tested = self._own.get(entity.id, set())
        fitting.sort(key=lambda context: context.id not in tested)
        return fitting[: OWN if kind == entity.type else OTHERS]

    def _placed(self, entity: Entity, context: Context, code: str, spelling: str) -> Placed:
        form = entity.forms["nominative"][spelling]
        kind = self._corpus.renames.get(entity.type, entity.type)
        around = around_of(entity, "nominative", code)
        words, tags, text = fill(context.texts[code], form, "nominative", kind, code, around)
        sentence = Sentence(
            words, tags, text, self._corpus.name, "test", code, kind, "nominative", context.id, entity.id
        )
        return Placed(sentence, self._corpus.renames.get(context.type, context.type), spelling, form)


def _request_of(run: Run) -> Request:
    """What decides the data of a run and how it is cut; a run that trained nothing may say less."""
    try:
        return Request.read(run.info()["request"])
    except DataError:
        return Request(hold_out=NONE)


def _contexts_of(run: Run) -> dict[str, set[str]]:
    """Entity → contexts that the run tested it in."""
    found: dict[str, set[str]] = {}
    if "sentences" in run.tables():
        table = run.read_table("sentences")
        tested = table[table["split"] == "test"][["entity", "context"]].dropna()
        for entity, context in tested.itertuples(index=False):
            found.setdefault(str(entity), set()).add(str(context))
    return found
