import warnings
from itertools import combinations
from statistics import mean
from unicodedata import normalize

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unidecode import unidecode

from nerspace.datasets.languages import LANGUAGES
from nerspace.datasets.records import Entity
from nerspace.engine.names import distances
from nerspace.engine.names.distances import scripts_of, scripts_table, spellings_table, tnld, tnld_table, transliterate
from nerspace.engine.tables.index import table_spec

FORMS = {
    "be": "Вашынгтон", "bg": "Вашингтон", "ca": "Washington", "cs": "Washington", "en": "Washington",
    "es": "Washington", "pl": "Waszyngton", "ru": "Вашингтон", "sl": "Washington", "tr": "Vaşington", "uk": "Вашингтон",
}  # fmt: skip


def entity(kind: str, number: int = 1, **forms: str) -> Entity:
    return Entity(f"e{number}", kind, "", "", {"nominative": forms, "locative": {"en": "in Nowhere", "ru": "в Нигде"}})


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("Вашингтон", "Washington", 0.1),
        ("Vaşington", "Washington", 0.2),
        ("Вашынгтон", "Вашингтон", 0.1),
        ("Washington", "Washington", 0.0),
        ("", "", 0.0),
        ("", "abcd", 1.0),
        ("abc", "xyz", 1.0),
        ("Abc", "abc", 1 / 3),
        ("  Рим ", "Rim", 0.0),
        ("Київ", "Kiyiv", 0.0),
    ],
)
def test_tnld_by_hand(a: str, b: str, expected: float) -> None:
    assert tnld(a, b) == pytest.approx(expected)


def test_transliteration_is_latin_stripped_and_keeps_case() -> None:
    assert transliterate(" Вашингтон ") == "Vashington"
    assert transliterate("ŁÓDŹ") == "LODZ"


def levenshtein(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


NAMES = st.text("abWшьЖ çŁі", max_size=8)


@given(NAMES, NAMES)
def test_tnld_is_levenshtein_over_the_longer_length(a: str, b: str) -> None:
    first, second = transliterate(a), transliterate(b)
    longest = max(len(first), len(second))
    expected = levenshtein(first, second) / longest if longest else 0.0
    assert tnld(a, b) == pytest.approx(expected)
    assert tnld(b, a) == tnld(a, b)


def test_table_is_the_mean_over_entities_by_type_and_subset() -> None:
    entities = [
        entity("LOC", 1, **FORMS),
        entity("LOC", 2, en="Rome", es="Roma", ru="Рим", tr="Roma"),
        entity("PER", 3, en="Ada", es="Ada", ru="Ада"),
        entity("PER", 4, en="Bach", ru=""),
    ]
    table = tnld_table(entities)
    assert list(table.columns) == list(table_spec("tnld").columns)
    expected = []
    for a, b in combinations(sorted(LANGUAGES), 2):
        for kind in ("PER", "LOC", "all"):
            for subset in ("all", "different"):
                pairs = [
                    (forms[a], forms[b])
                    for forms in (e.forms["nominative"] for e in entities if kind in (e.type, "all"))
                    if forms.get(a) and forms.get(b) and (subset == "all" or forms[a] != forms[b])
                ]
                value = mean(tnld(*pair) for pair in pairs) if pairs else None
                expected.append((a, b, kind, subset, len(pairs), value))
    columns = ["a", "b", "type", "subset", "n", "tnld"]
    pd.testing.assert_frame_equal(table[columns], pd.DataFrame(expected, columns=columns))


def test_identical_strings_are_left_out_of_the_subset_different() -> None:
    table = tnld_table(
        [entity("LOC", 1, en="Madrid", es="Madrid"), entity("LOC", 2, en="Rome", es="Roma")], ["en", "es"]
    )
    rows = table[table["type"] == "all"].set_index("subset")
    assert rows["n"].to_dict() == {"all": 2, "different": 1}
    assert rows["tnld"].to_dict() == pytest.approx({"all": 0.125, "different": 0.25})


def test_forms_that_differ_only_in_script_count_as_different() -> None:
    table = tnld_table([entity("LOC", en="Rim", ru="Рим")], ["en", "ru"])
    assert table.loc[table["subset"] == "different", ["n", "tnld"]].to_numpy().tolist() == [[1, 0], [1, 0]]


def test_no_common_entity_is_an_empty_value_with_n_zero() -> None:
    table = tnld_table([entity("LOC", en="Rome")], ["ru", "en"])
    assert table[["a", "b"]].drop_duplicates().to_numpy().tolist() == [["en", "ru"]]
    assert table["n"].tolist() == [0, 0, 0, 0]
    assert table["tnld"].isna().all()
    assert tnld_table([], ["en", "ru"])["n"].tolist() == [0, 0]
    assert len(tnld_table([entity("LOC", en="Rome")], ["en"])) == 0


@given(st.text(max_size=12))
def test_transliteration_is_unidecodes(text: str) -> None:
    with warnings.catch_warnings():
        # Unidecode warns of half a surrogate pair.
        warnings.simplefilter("ignore")
        # A compatibility ideograph is its plain one in NFC, which Unidecode may read otherwise.
        assert transliterate(text) == unidecode(normalize("NFC", text)).strip()


def test_the_scripts_of_a_pair_are_told() -> None:
    assert (scripts_of("be", "ru"), scripts_of("en", "be"), scripts_of("en", "tr")) == ("Cyrillic", "across", "Latin")
    assert (scripts_of("en", "el"), scripts_of("hi", "mr"), scripts_of("zh", "zh-Hant")) == (
        "across",
        "Devanagari",
        "Han",
    )
    assert scripts_of("en", "xx") == ""


def test_the_chance_floor_is_the_distance_of_strangers() -> None:
    names = ["Ada", "Berlin", "Rom", "Washington", "Ulm"]
    table = tnld_table([entity("LOC", i, en=name, es=name) for i, name in enumerate(names)], ["en", "es"])
    expected = mean(tnld(a, b) for a in names for b in names if a != b)
    # 20 draws of 20 ordered pairs of strangers.
    assert table["chance"].tolist() == pytest.approx([expected] * 4, abs=0.12)
    assert table.loc[0, "tnld"] == 0 < table.loc[0, "chance"]
    many = tnld_table([entity("LOC", i, en=names[i % 5] + str(i), es=names[i % 5]) for i in range(400)], ["en", "es"])
    assert many.loc[0, "chance"] == tnld_table([entity("LOC", i, en=names[i % 5] + str(i), es=names[i % 5])
                                                for i in range(400)], ["en", "es"]).loc[0, "chance"]  # fmt: skip
    assert tnld_table([entity("LOC", en="Rome", es="Roma")], ["en", "es"])["chance"].isna().all()


def test_within_and_across_scripts_are_means_over_pairs_of_forms() -> None:
    entities = [entity("LOC", 1, **FORMS), entity("LOC", 2, en="Rome", es="Roma", ru="Рим"), entity("PER", 3, be="Ян")]
    pairs = tnld_table(entities)
    table = scripts_table(pairs)
    assert list(table.columns) == list(table_spec("tnld_scripts").columns)
    single = spellings_table(entities)
    for row in table.itertuples():
        part = single if row.scripts == "all" else single[single["scripts"] == row.scripts]
        part = part if row.type == "all" else part[part["type"] == row.type]
        part = part if row.subset == "all" else part[part["same"] == 0]
        assert row.n == len(part)
        assert row.tnld == pytest.approx(part["tnld"].mean())
        means = part.groupby(["a", "b"])["tnld"].mean()
        assert (row.pairs, row.low, row.high) == (len(means), pytest.approx(means.min()), pytest.approx(means.max()))
    assert list(table["scripts"].unique()) == ["Cyrillic", "Latin", "across", "all"]
    assert len(scripts_table(tnld_table([]))) == 0


def test_spellings_are_told_name_by_name() -> None:
    table = spellings_table([entity("LOC", 1, ru="Рим", en="Rome", es="")], ["ru", "es", "en"])
    assert list(table.columns) == list(table_spec("spellings").columns)
    assert table.to_numpy().tolist() == [["e1", "en", "ru", "LOC", "Rome", "Рим", "Rome", "Rim", 0.5, 0, "across"]]
    assert len(spellings_table([])) == 0


def test_each_form_is_transliterated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(distances, "transliterate", lambda text: seen.append(text) or transliterate(text))
    tnld_table([entity("LOC", 1, **FORMS), entity("LOC", 2, **FORMS)])
    assert sorted(seen) == sorted(set(FORMS.values()))
