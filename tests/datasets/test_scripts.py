"""The script of a language by the letters of its text."""

import pytest

from nerspace.datasets.scripts import script_among, script_in, scripts_in


@pytest.mark.parametrize(
    ("code", "text", "script"),
    [
        ("sr", "Beograd je glavni grad Srbije", "Latin"),
        ("sr", "Београд је главни град Србије", "Cyrillic"),
        ("sr", "Beograd je Београд grad град u Srbiji Србији", "Cyrillic"),  # as usual, where both are mixed
        ("sr", "Niš", "Cyrillic"),
        ("ja", "東京都は日本の首都であり、最大の都市です。", "Japanese"),
        ("ja", "東京都大阪府北海道京都府愛知県福岡県広島県宮城県", "Japanese"),
        ("ko", "서울특별시는 대한민국의 수도이자 최대 도시이다", "Korean"),
        ("zh", "北京市是中华人民共和国的首都和直辖市也是全国政治中心", "Han"),
        ("bn", "ঢাকা বাংলাদেশের রাজধানী ও বৃহত্তম শহর এবং প্রধান কেন্দ্র", "Bangla"),
        ("pa", "لاہور پاکستان دے صوبے پنجاب دا دارالحکومت تے وڈا شہر", "Arabic"),
        ("qaa-x-zz", "Ελλάδα", "Greek"),
        ("x-own", "ሀገር", "Ethiopic"),
        ("x-own", "1 2 3", "script of x-own"),
        ("en", "\U0001d400\U0001d401 ＡＢＣ ªº", "Latin"),
    ],
)
def test_letters_tell_the_script(code: str, text: str, script: str) -> None:
    assert scripts_in([(code, text)]) == {code: script}


def test_a_language_without_text_has_its_usual_script() -> None:
    assert script_among("uk", {"sr": "Latin"}) == "Cyrillic"
    assert script_in([], "Latin") == "Latin"
