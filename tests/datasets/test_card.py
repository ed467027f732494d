"""Every statement of the built-in data's card is checked: one that no check knows fails, and so does a wrong figure."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache

import pytest

from nerspace import datasets
from nerspace.datasets.filling import bare_name, split_form
from nerspace.datasets.languages import LANGUAGES
from nerspace.engine.paper import published
from nerspace.engine.paper.samples import _proportional

CARD = (datasets.BUILTIN / "card.md").read_text(encoding="utf-8")
REVIEW = (datasets.BUILTIN / "REVIEW.md").read_text(encoding="utf-8")
CORPUS = datasets.load_parallel()
CONTEXTS, ENTITIES = CORPUS.contexts, CORPUS.entities
QUOTED = ("be", "bg", "ru", "uk")


def statements() -> list[str]:
    """The points of the card's lists, each on one line."""
    return [" ".join(point.split()) for point in re.findall(r"^- (.+(?:\n  .+)*)", CARD, re.MULTILINE)]


def figures(statement: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"(?<![\w.])\d[\d,]*\d|(?<![\w.])\d", statement)]


def table(first: str) -> list[list[str]]:
    """The rows of the card's table whose head begins so."""
    lines = CARD[CARD.index(f"| {first} |") :].splitlines()[2:]
    rows = lines[: next(i for i, line in enumerate([*lines, ""]) if not line.startswith("|"))]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def of_type(kind: str) -> tuple[list[datasets.Context], list[datasets.Entity]]:
    return [c for c in CONTEXTS if c.type == kind], [e for e in ENTITIES if e.type == kind]


def test_the_tables_tell_the_sizes() -> None:
    assert CARD.startswith("# Built-in parallel data\n\nWritten for nerspace, under its licence (Apache-2.0).")
    assert f"Eleven languages: {' '.join(CORPUS.languages)}." in CARD
    assert len(CORPUS.languages) == 11
    assert [(row[0], int(row[1])) for row in table("file")] == [
        ("contexts.csv", len(CONTEXTS)), ("entities.csv", sum(len(e.forms) for e in ENTITIES)),
    ]  # fmt: skip
    for kind, contexts, decisive, past, names in table("type"):
        own, entities = of_type(kind)
        assert int(decisive) == sum(c.decisive == "yes" for c in own)
        assert int(past) == sum(c.tense == "past" for c in own)
        by_slot = Counter(f"[{'male' if c.gender == 'm' else 'female'}]" if kind == "PER" else c.case for c in own)
        wanted = [len(own)] if kind == "ORG" else [len(own), *(by_slot[key] for key in (
            ("[male]", "[female]") if kind == "PER" else ("nominative", "locative", "directional")
        ))]  # fmt: skip
        assert figures(contexts) == wanted
        assert figures(names)[0] == len(entities)
        if kind == "PER":
            assert figures(names)[1] == sum(e.gender == "f" for e in entities)
        if kind == "ORG":
            assert figures(names)[1] == sum(bool(e.ambiguity) for e in entities)
    places = of_type("LOC")[1]
    assert all(tuple(e.forms) == ("nominative", "locative", "directional") for e in places)
    kinds = Counter(e.kind for e in ENTITIES if e.kind)
    told = re.search(r"\(column `kind`\): ([^.]+)\.", " ".join(CARD.split()))
    assert told
    assert dict(part.rsplit(" ", 1) for part in told[1].split(", ")) == {k: str(n) for k, n in kinds.items()}


def each_context_once(statement: str) -> None:
    split = CORPUS.split(0)
    for part, shares, size in ((split.train, published.TRAIN, 853), (split.test, published.TEST, 161)):
        cells, notes = _proportional(part, shares, size, 0, "")
        assert not notes
        assert len({context.id for context, _ in cells}) == len(cells) == size
    assert figures(statement) == [853, 161]


def sentences_possible(statement: str) -> None:
    counts = CORPUS.counts()
    wanted = [int(counts[counts["type"] == kind]["valid"].sum()) for kind in ("PER", "LOC", "ORG")]
    assert figures(statement) == wanted
    assert sum(wanted) == len(CORPUS)


def words_of_names(statement: str) -> None:
    english = {e.id: e.forms["nominative"]["en"] for e in ENTITIES}
    single = sum(e.type == "PER" and not e.ambiguity and " " not in english[e.id] for e in ENTITIES)
    several = sum(e.type == "LOC" and " " in english[e.id] for e in ENTITIES)
    assert figures(statement) == [single, several]


def any_name_fits(_: str) -> None:
    for context in CONTEXTS:
        same = [e for e in ENTITIES if (e.type, e.gender) == (context.type, context.gender) and context.case in e.forms]
        fitting = {e.id for e in same if not context.fits or not e.kind or e.kind in context.fits}
        assert {e.id for e in ENTITIES if context.takes(e)} == fitting


def forms_of_encyclopaedias(_: str) -> None:
    from importlib import util

    # The comparison with CLDR is in test_builtin_text.py; here that the list is there and tells reasons.
    assert util.find_spec("babel") is None or "NOT_AS_IN_CLDR" in (
        (datasets.BUILTIN.parents[1] / "tests" / "datasets" / "test_builtin_text.py").read_text(encoding="utf-8")
    )
    forms = CORPUS.entity_by_id["per-adam-mickiewicz"].forms["nominative"]
    assert (forms["ru"], forms["uk"], forms["be"]) == ("Адам Мицкевич", "Адам Міцкевич", "Адам Міцкевіч")


def natural_order(_: str) -> None:
    assert not any("," in form for e in ENTITIES for forms in e.forms.values() for form in forms.values())


def uninflected(_: str) -> None:
    for context in CONTEXTS:
        if context.case != "nominative":
            continue
        entity = next(e for e in ENTITIES if context.takes(e))
        for language in LANGUAGES:
            sentence = CORPUS.sentence_of(context, entity, language)
            name = " ".join(word for word, tag in zip(sentence.words, sentence.tags, strict=True) if tag != "O")
            assert name == entity.forms["nominative"][language]
            # Nothing may be glued to the slot: an ending would inflect the name.
            assert not re.search(r"\](?:['’]?[^\W\d_])", context.texts[language]) or language == "en", context.id


def no_gender(_: str) -> None:
    from_text = (datasets.BUILTIN.parents[1] / "tests" / "datasets" / "test_builtin_text.py").read_text(
        encoding="utf-8"
    )
    assert "def test_no_past_form_that_agrees_stands_right_behind_a_place_or_organisation" in from_text
    assert not any(c.gender for c in CONTEXTS if c.type != "PER")


def prepositions(_: str) -> None:
    for entity in ENTITIES:
        for case in ("locative", "directional"):
            for language, form in entity.forms.get(case, {}).items():
                before, name, suffix = split_form(form, case, language)
                assert name, form
                assert bool(before) != bool(suffix), form
                assert all(word == word.lower() for word in before), form
                assert (bool(suffix), suffix[:1] == suffix and suffix[0][0] == "'" if suffix else False) == (
                    (language == "tr",) * 2
                ), form


def same_cases(_: str) -> None:
    for entity in ENTITIES:
        if entity.type == "LOC":
            for language in ("bg", "ca"):
                assert entity.forms["locative"][language] == entity.forms["directional"][language], entity.id


def articles(statement: str) -> None:
    wanted = [sum(code in e.around for e in ENTITIES) for code in ("en", "es", "ca")]
    assert figures(statement) == wanted
    assert {code for e in ENTITIES for code in e.around} == {"en", "es", "ca"}
    assert CORPUS.entity_by_id["org-world-bank"].around["en"] == ("the", "")
    assert CORPUS.entity_by_id["org-everton"].around["ca"] == ("l'", "")
    assert CORPUS.entity_by_id["org-barcelona"].forms["nominative"]["ca"] == "Barcelona"


def article_words(_: str) -> None:
    bank = CORPUS.entity_by_id["org-world-bank"]
    starts = 0
    for context in CONTEXTS:
        if context.takes(bank):
            sentence = CORPUS.sentence_of(context, bank, "en")
            place = sentence.tags.index("B-ORG")
            assert sentence.words[place - 1] in ("the", "The")
            assert sentence.tags[place - 1] == "O"
            if place == 1:
                assert sentence.words[0] == "The"
                starts += 1
    assert starts > 10


def quoted_names(statement: str) -> None:
    quoted = datasets.load_parallel("builtin-quoted").entities
    assert figures(statement) == [sum(bool(e.around.get(code, ("", ""))[1]) for e in quoted) for code in QUOTED]
    assert not any(signs[1] for e in quoted for code, signs in e.around.items() if code not in QUOTED)


def unquoted(_: str) -> None:
    marks = set("«»„“”")
    assert not any(marks & set(form) for e in ENTITIES for forms in e.forms.values() for form in forms.values())
    assert not any(marks & set("".join(signs)) for e in ENTITIES for signs in e.around.values())
    quoted = datasets.load_parallel("builtin-quoted").entities
    assert [e.forms for e in quoted] == [e.forms for e in ENTITIES]


def ambiguous(statement: str) -> None:
    types: dict[str, set[str]] = defaultdict(set)
    for entity in ENTITIES:
        if entity.ambiguity:
            types[entity.ambiguity].add(entity.type)
    counted = Counter(" ".join(sorted(found)) for found in types.values())
    assert "LOC PER" in counted
    assert set(counted) <= {"LOC PER", "LOC ORG", "ORG PER", "LOC ORG PER"}
    wanted = [counted[key] for key in ("LOC PER", "LOC ORG", "ORG PER", "LOC ORG PER") if counted[key]]
    assert figures(statement) == wanted
    assert types["washington"] == {"PER", "LOC"}
    assert types["chelsea"] == {"PER", "LOC", "ORG"}


def alike(_: str) -> None:
    club = CORPUS.entity_by_id["org-sevilla"]
    assert "es" in club.alike
    assert "en" not in club.alike


def judged(_: str) -> None:
    assert {c.decisive for c in CONTEXTS} == {"yes", "no"}
    assert {c.tense for c in CONTEXTS} <= {"past", "present", "future", "other"}


MARKS = {
    "be": "«»„“", "bg": "„“’‘", "ca": "«»“”", "cs": "„“‚‘", "en": "“”‘’", "es": "«»“”", "pl": "„”«»", "ru": "«»„“",
    "sl": "»«›‹", "tr": "“”‘’", "uk": "«»„“",
}  # fmt: skip


def marks(_: str) -> None:
    for context in CONTEXTS:
        for language, text in context.texts.items():
            used = set(text) & set('«»„“”‚‘’‹›"ʼ`´')
            assert used <= set(MARKS[language]), (context.id, language, used)
            # Between letters an apostrophe is straight.
            assert not re.search(r"\w[’ʼ]\w", text), (context.id, language)


def foreign_letters(_: str) -> None:
    munich, shafak = (CORPUS.entity_by_id[name].forms["nominative"] for name in ("loc-munich", "per-elif-shafak"))
    assert munich["sl"] == "München"
    assert "Şafak" in shafak["cs"]


def ukraine(_: str) -> None:
    forms = CORPUS.entity_by_id["loc-ukraine"].forms
    assert (forms["locative"]["ru"], forms["directional"]["ru"]) == ("в Украине", "в Украину")


@cache
def giveaways() -> "dict[str, list[float]]":
    from nerspace.engine.statistics.giveaways import giveaways_table

    found = giveaways_table(CORPUS)
    plain = found[found["features"] != "words"]
    return {
        "above": [100 * plain[plain["features"] == "together"]["above"].max()],
        "balanced": [
            100 * plain["balanced"].max(), 100 * found[found["features"] == "words"]["balanced"].max(),
            100 * found["balanced_floor"].max(),
        ],
    }  # fmt: skip


def above_majority(statement: str) -> None:
    [told] = figures(statement)
    assert told - 1 < giveaways()["above"][0] <= told <= 15


def evenly(statement: str) -> None:
    most, most_words, floor = (n for n in figures(statement) if n != 100)
    values = giveaways()["balanced"]
    assert most - 1 < values[0] <= most
    assert most_words - 1 < values[1] <= most_words
    assert floor == round(values[2])


def cells_stand_for_themselves(_: str) -> None:
    for name in ("contexts.csv", "entities.csv"):
        with (datasets.BUILTIN / name).open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        assert header[-11:] == list(LANGUAGES)
        assert {len(row) for row in rows} == {len(header)}
        # One row in each line; the columns before the texts need no quotes.
        lines = (datasets.BUILTIN / name).read_text(encoding="utf-8").splitlines()
        assert len(lines) == len(rows) + 1
        assert all(
            line.split(",", len(header) - 11)[:-1] == row[:-11] for line, row in zip(lines[1:], rows, strict=True)
        )
    assert all(bare_name(form, "be") == (form, ("", "")) for form in ("Мінск", "Вільнюс"))


def reviewed(_: str) -> None:
    languages, kinds = (
        [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")][
            2:
        ]
        for part in re.split(r"^## ", REVIEW, flags=re.MULTILINE)[:2]
    )
    assert [row[0] for row in languages] == list(LANGUAGES)
    numbers = [[int(cell) for cell in row[1:]] for row in languages]
    assert all(
        n == sum(by_severity) == sum(became) for n, *rest in numbers for by_severity, became in [(rest[:3], rest[3:])]
    )
    assert sum(row[0] for row in numbers) == sum(int(row[1]) for row in kinds) == 452
    assert "## Decided otherwise, one by one" in REVIEW
    assert "## Open doubts" in REVIEW


def native_reader(_: str) -> None:
    assert "native reader" in REVIEW
    # Cells that a second reader read: of the first text, of the later contexts and of the later forms of names.
    later_contexts, later_forms = len(CONTEXTS) - 182, 931
    assert "9,064 cells" in REVIEW
    assert f"the {later_contexts} later contexts whole" in REVIEW
    assert all(f"| {code} | {later_contexts} |" in REVIEW for code in LANGUAGES)
    assert f"The {later_forms} forms of the {len(ENTITIES) - 391} names that came later were read again" in REVIEW


def test_the_readme_tells_the_same_sizes() -> None:
    readme = " ".join((datasets.BUILTIN.parents[1] / "README.md").read_text(encoding="utf-8").split())
    assert f"built-in data ({len(CONTEXTS):,} contexts and {len(ENTITIES):,} names in eleven languages)" in readme


CHECKS: dict[str, Callable[[str], None]] = {
    "A tenth of the paper's experiment": each_context_once,
    "The data makes": sentences_possible,
    "persons have one word": words_of_names,
    "Any name of a type fits": any_name_fits,
    "Forms are those of each language's own encyclopaedia": forms_of_encyclopaedias,
    "Names stand in natural order": natural_order,
    "In nominative contexts the form stays uninflected": uninflected,
    "LOC and ORG contexts show no gender": no_gender,
    'Locative ("in London")': prepositions,
    "Bulgarian and Catalan locative and directional": same_cases,
    "A nominative is written as it stands": articles,
    "The article is a word of its own": article_words,
    "Firms, media and clubs stand in quotation marks": quoted_names,
    "The data called `builtin` leaves these marks out": unquoted,
    "Names of different types that read the same": ambiguous,
    "`alike` says in which languages": alike,
    "`decisive` says whether a context alone": judged,
    "Apostrophes are the straight": marks,
    "Slovene, Czech and Turkish keep foreign letters": foreign_letters,
    'Russian says "в Украине"': ukraine,
    "Word endings, length, place in the sentence": above_majority,
    "Where all types count alike": evenly,
    "Every cell stands for itself": cells_stand_for_themselves,
    "`REVIEW.md` says what readers found": reviewed,
    "The text was written from knowledge": native_reader,
}
SLOW = {"Word endings, length, place in the sentence", "Where all types count alike"}


@pytest.mark.parametrize(
    "beginning", [pytest.param(key, marks=pytest.mark.slow if key in SLOW else ()) for key in CHECKS]
)
def test_a_statement_is_true(beginning: str) -> None:
    [statement] = [statement for statement in statements() if beginning in statement]
    CHECKS[beginning](statement)


def test_no_statement_is_left_unchecked() -> None:
    assert [s for s in statements() if not any(beginning in s for beginning in CHECKS)] == []
    assert len(statements()) == len(CHECKS)
    # Whatever stands outside lists and tables is known here.
    rest = re.sub(r"^- .+(?:\n  .+)*", "", CARD, flags=re.MULTILINE)
    rest = re.sub(r"^\|.*$", "", rest, flags=re.MULTILINE)
    rest = re.sub(r"Kinds of places and organisations \(column `kind`\): [^.]+\.", "", rest)
    assert " ".join(rest.split()) == (
        "# Built-in parallel data Written for nerspace, under its licence (Apache-2.0). Eleven languages: "
        f"{' '.join(CORPUS.languages)}. Sizes Conventions What gives a type away How to correct a cell"
    )
