"""The built-in parallel data keeps what its card promises."""

import re
import unicodedata
from collections import Counter

import pytest

from nerspace import datasets
from nerspace.datasets.filling import SLOT, split_words
from nerspace.datasets.languages import LANGUAGES

LETTERS = {
    "be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя",
    "bg": "абвгдежзийклмнопрстуфхцчшщъьюяѝ",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "ca": "abcdefghijklmnopqrstuvwxyzàçèéíïòóúü·",
    "cs": "aábcčdďeéěfghiíjklmnňoópqrřsštťuúůvwxyýzž",
    "en": "abcdefghijklmnopqrstuvwxyzé",
    "es": "aábcdeéfghiíjklmnñoópqrstuúüvwxyzªº",
    "pl": "aąbcćdeęfghijklłmnńoóprqsśtuvwxyzźż",
    "sl": "abcčdefghijklmnoprsštuvzž",
    "tr": "abcçdefgğhıijklmnoöprsştuüvyzâîû",
}
CONTEXTS, ENTITIES = datasets.load().contexts, datasets.load().entities


def letters_of(text: str) -> set[str]:
    return {letter for letter in SLOT.sub("", text).lower() if letter.isalpha()} - {"\u0307"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_contexts_use_only_the_letters_of_their_language(language: str) -> None:
    for context in CONTEXTS:
        assert letters_of(context.texts[language]) <= set(LETTERS[language]), (context.id, context.texts[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_written_in_the_script_of_their_language(language: str) -> None:
    script = LANGUAGES[language].script.upper()
    for entity in ENTITIES:
        for forms in entity.forms.values():
            # Regnal numbers ("Пётр I") are Latin everywhere.
            words = [word for word in forms[language].split() if not re.fullmatch(r"[IVX]+\.?", word)]
            for letter in letters_of(" ".join(words)):
                assert unicodedata.name(letter).startswith(script), (entity.id, forms[language], letter)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_rows_read_the_same(language: str) -> None:
    texts = Counter(context.texts[language] for context in CONTEXTS)
    assert [text for text, times in texts.items() if times > 1] == []
    names = Counter((entity.type, entity.forms["nominative"][language]) for entity in ENTITIES)
    assert [name for name, times in names.items() if times > 1] == []


def test_every_cell_is_there_tidy_and_has_its_one_slot() -> None:
    slots = {("PER", "m"): "[male]", ("PER", "f"): "[female]", ("LOC", ""): "[loc]", ("ORG", ""): "[org]"}
    for context in CONTEXTS:
        assert context.texts.keys() == LANGUAGES.keys()
        for text in context.texts.values():
            assert SLOT.findall(text) == [slots[context.type, context.gender]], text
            assert text == unicodedata.normalize("NFC", " ".join(text.split()))
            assert 2 <= len(re.findall(r"\w[\w'’·-]*", SLOT.sub("x", text))) <= 42, text
    for entity in ENTITIES:
        for forms in entity.forms.values():
            assert forms.keys() == LANGUAGES.keys()
            assert all(form == unicodedata.normalize("NFC", " ".join(form.split())) for form in forms.values())


def test_no_english_sentence_is_left_in_another_column() -> None:
    for context in CONTEXTS:
        english = {
            word.lower()
            for word in split_words(SLOT.sub("", context.texts["en"]))
            if len(word) > 3 and word[0].isalpha()
        }
        for language, text in context.texts.items():
            words = {word.lower() for word in split_words(SLOT.sub("", text)) if len(word) > 3 and word[0].isalpha()}
            # Of two long words one may well be international.
            if language != "en" and len(words) > 2:
                assert len(words & english) < 0.5 * len(words), (context.id, language, text)


def test_cases_bring_their_preposition_or_suffix() -> None:
    from nerspace.datasets.filling import split_form

    for entity in ENTITIES:
        for case in ("locative", "directional"):
            for language, form in entity.forms.get(case, {}).items():
                before, name, suffix = split_form(form, case, language)
                assert name, form
                assert bool(before) != bool(suffix), form
                assert bool(suffix) == (language == "tr"), form
                # What is left is as long as the nominative, so that no word of the name went with the preposition.
                assert len(name) == len(entity.forms["nominative"][language].split()), (entity.id, form)
                if language in ("ca", "en", "es"):
                    assert " ".join(name) == entity.forms["nominative"][language], (entity.id, form)
