"""What the data is made of: entities, contexts and the sentences they make together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nerspace.datasets.languages import in_order

ENTITY_TYPES = ("PER", "LOC", "ORG")
CASES = ("nominative", "locative", "directional")


@dataclass(frozen=True, slots=True)
class Entity:
    """A name in several languages.

    forms: case → language → form. A locative or directional form carries its preposition or suffix; a nominative is
    the bare name. gender: m or f for persons, else empty. ambiguity: shared by entities of other types with the same
    name in some language, in English where `alike` does not tell.
    around: language → the words or signs between which the nominative stands in a sentence, ("the", "") or ("«", "»");
    no part of the name. alike: the languages in which an entity of another type reads the same. kind: what sort of its
    type it is, such as town or river; empty where the data does not tell.
    """

    id: str
    type: str
    gender: str
    ambiguity: str
    forms: Mapping[str, Mapping[str, str]]
    around: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    alike: tuple[str, ...] = ()
    kind: str = ""


def languages_of(entities: Iterable[Entity]) -> tuple[str, ...]:
    """The languages in which some entity has a form."""
    return in_order(code for entity in entities for forms in entity.forms.values() for code in forms)


@dataclass(frozen=True, slots=True)
class Context:
    """A sentence with one slot, in several languages; the slot asks for a case and, for persons, a gender.

    decisive: yes where the context alone settles the type of the name, no where it leaves it open, empty where nobody
    judged it. tense: past, present, future or other, of the main verb; empty where it is not told. fits: the kinds of
    entity that make sense in the slot; any without.
    """

    id: str
    type: str
    case: str
    gender: str
    texts: Mapping[str, str]
    decisive: str = ""
    tense: str = ""
    fits: tuple[str, ...] = ()

    def takes(self, entity: Entity) -> bool:
        """Whether type, gender and kind of the entity fit the slot, and it has a form of the slot's case."""
        return (
            (self.type, self.gender) == (entity.type, entity.gender)
            and self.case in entity.forms
            and (not self.fits or not entity.kind or entity.kind in self.fits)
        )


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with one IOB2 tag each, and where they came from.

    Two sentences with equal context and entity are parallel. In text that arrives tagged, both are empty.
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]
    text: str
    corpus: str
    split: str
    language: str
    type: str
    case: str
    context: str
    entity: str

    @property
    def cell(self) -> str:
        """What parallel sentences share: context/entity."""
        return f"{self.context}/{self.entity}"

    @property
    def id(self) -> str:
        """The id by which tables name a sentence: language/context/entity."""
        return f"{self.language}/{self.cell}"
