"""Which names there are to be shown, and by which forms text that came tagged is searched for one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nerspace.datasets.readers.names_list import UNTYPED
from nerspace.datasets.records import Entity
from nerspace.datasets.spelling import folded
from nerspace.tui.explorer.data.tagged import name_id

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets.synthetic import SyntheticNER
    from nerspace.tui.explorer.session import Session


def names_of(session: "Session") -> list[tuple[str, str]]:
    """Entity ids and their English forms (else the first), those of the run's test sentences first.

    Names of the corpus come before the built-in ones.
    """
    titles = {entity.id: _title(entity) for corpus in _known(session) for entity in corpus.entities}
    tested: dict[str, str] = {}
    if (points := session.table("points")) is not None:
        ids = name_ids(session, points)
        english = points.assign(entity=ids).sort_values("language", key=lambda column: column != "en", kind="stable")
        forms = english.drop_duplicates("entity")
        written = {str(id): str(form) for id, form in zip(forms["entity"], forms["form"], strict=True)}
        tested = {id: titles.get(id, written[id]) for id in ids}
    return list({**tested, **titles}.items())


def _known(session: "Session") -> "list[SyntheticNER]":
    """What has names: those of the corpus, then the built-in ones; one where they are the same."""
    own, parallel = session.names().corpus, session.parallel()[0]
    return [own] if own is parallel else [own, parallel]


def name_ids(session: "Session", points: "pd.DataFrame") -> list[str]:
    """The name of each point: its entity, but of a mention that stands for itself the name that is written so."""
    ids = points["entity"].astype(str)
    if not session.parallel()[1]:
        return list(ids)
    given = _given(session)
    shared = points.groupby(ids)["language"].transform("nunique") > 1
    found = []
    for id, several, *about in zip(ids, shared, *(points[name] for name in ("language", "type", "form")), strict=True):
        language, kind, form = map(str, about)
        tagged = given.get((language, form)) or name_id(language, kind, form)
        found.append(id if several or session.entity(tagged) is None else tagged)
    return found


def matching_names(session: "Session", names: Sequence[tuple[str, str]], wanted: str) -> list[str]:
    """Ids of the names with a text: those written so come first, then those that begin so, then those that hold it."""
    sought = folded(wanted)
    place = {id: number for number, (id, _) in enumerate(names)}
    whole: dict[str, None] = {}
    held = set()
    for corpus in _known(session):
        named = (entity.id for entity in corpus.named(wanted))
        whole |= dict.fromkeys(sorted(named, key=lambda id: place.get(id, len(place))))
        held |= {
            entity.id
            for entity in corpus.entities
            if any(sought in folded(form) for forms in entity.forms.values() for form in forms.values())
        }
    # The name that adds least to what is typed: "was" means Washington before Washington Post.
    begun = [id for id, title in sorted(names, key=lambda name: len(name[1])) if folded(title).startswith(sought)]
    known = [id for id, title in names if id in held or sought in folded(title) or sought in folded(id)]
    return list(dict.fromkeys([*whole, *begun, *known]))


def _title(entity: Entity) -> str:
    forms = forms_of(entity)[1]
    return forms.get("en") or next(iter(forms.values()))


def forms_of(entity: Entity) -> tuple[str, dict[str, str]]:
    """The case that a name is shown in, the nominative where it has one, and its form by language."""
    case = "nominative" if "nominative" in entity.forms else next(iter(entity.forms))
    return case, dict(entity.forms[case])


def _given(session: "Session") -> dict[tuple[str, str], str]:
    """Language and form → the id of the first name that was given beside tagged text and is written so."""
    names = session.names()
    entities = [] if names.apart or not session.parallel()[1] else names.corpus.entities
    return {
        (code, form): entity.id
        for entity in reversed(entities) for forms in entity.forms.values() for code, form in forms.items()
    }  # fmt: skip


def given_beside(session: "Session", entity_id: str) -> str:
    """Of a name that text tags, where names were given beside it, the one that is written so; else the id itself."""
    entity = session.entity(entity_id)
    if entity is None or entity_id in session.names().corpus.entity_by_id:
        return entity_id
    written = {pair for forms in entity.forms.values() for pair in forms.items()}
    return _given(session).get(written.pop(), entity_id) if len(written) == 1 else entity_id


def written_as(session: "Session", entity_id: str) -> list[tuple[str, str, str]]:
    """Language, type and form of a name by which tagged text is searched for it; its type is empty where none is known.

    Text from contexts and names says itself which name each sentence holds.
    """
    entity = session.entity(entity_id)
    if entity is None or not session.parallel()[1]:
        return []
    kind = "" if entity.type == UNTYPED else entity.type
    pairs = ((code, form) for forms in entity.forms.values() for code, form in forms.items())
    return [(code, kind, form) for code, form in dict.fromkeys(pairs)]
