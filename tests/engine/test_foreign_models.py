"""NER models that were trained elsewhere, with labels of their own, in an order of their own."""

from pathlib import Path

from tiny_encoders import OWN_LABELS

from nerspace.datasets import Sentence
from nerspace.engine.encoders import LABELS, Encoder
from nerspace.engine.encoders.configuration import own_labels
from nerspace.engine.evaluation.inputs import labels_of


def test_a_model_is_read_with_its_own_labels_and_head(foreign_ner: Path, tiny_xlmr: Path) -> None:
    encoder = Encoder(str(foreign_ner))
    assert encoder.labels == own_labels(foreign_ner) == OWN_LABELS
    outputs = encoder.read(["the Washington", "a"], of="words", layers=())
    assert encoder.tags(outputs) == [["B-FESTIVAL", "B-FESTIVAL"], ["B-FESTIVAL"]]
    # A word without a piece is outside, whatever number that has here.
    empty = Sentence(("a", "\u200b"), ("O", "O"), "a", "", "", "", "", "", "", "")
    (numbers,) = encoder.read([empty], layers=()).predicted
    assert encoder.labels[numbers[1]] in ("O", "B-FESTIVAL")
    assert Encoder(str(tiny_xlmr)).labels == LABELS


def test_types_of_a_model_are_called_as_the_data_calls_them() -> None:
    names = dict(enumerate(OWN_LABELS))
    assert labels_of(names, "m").types == ("PER", "FESTIVAL")
    assert labels_of(names, "m", {"PERSON"}).types == ("PERSON", "FESTIVAL")


def test_a_model_without_labels_for_names_has_ours(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}')
    assert own_labels(tmp_path) is None
    (tmp_path / "config.json").write_text('{"id2label": {"0": "negative", "1": "positive"}}')
    assert own_labels(tmp_path) is None
