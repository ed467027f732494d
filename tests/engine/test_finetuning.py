"""Batches, the active vocabulary, the training loop and the forward pass."""

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from training_samples import loaded, sentence, some_sentences

from nerspace.engine.encoders import LABELS, load_tokenizer
from nerspace.engine.encoders.batching import IGNORED, ActiveVocabulary, collate, collate_labels, encode, in_buckets
from nerspace.engine.encoders.forward import finish, forward
from nerspace.engine.encoders.saving import save_model
from nerspace.engine.errors import ModelError, UsageError
from nerspace.engine.requests.training import Recipe
from nerspace.engine.runs.records import ProbeRecord, StepRecord
from nerspace.engine.training import loop as finetuning
from nerspace.engine.training.checkpoints import Checkpoints
from nerspace.engine.training.loop import clipped_step, finetune


@pytest.fixture(params=["tiny_xlmr", "tiny_bert", "tiny_deberta"])
def encoder(request: pytest.FixtureRequest) -> str:
    folder: Path = request.getfixturevalue(request.param)
    return str(folder)


def test_a_word_owns_its_pieces_and_long_sentences_are_cut(encoder: str) -> None:
    items = encode([sentence("the Washington sat .", "O B-PER O O")], load_tokenizer(encoder))
    covered = [position for word in items[0].pieces for position in word]
    assert covered == list(range(1, len(items[0].ids) - 1))
    assert items[0].entity_pieces == items[0].pieces[1]
    cut = encode([sentence("washington " * 30, "O " * 30)], load_tokenizer(encoder), 20)[0]
    assert len(cut.ids) == 20
    assert cut.ids[-1] == items[0].ids[-1]
    assert cut.pieces[-1] == ()


def test_labels_stand_on_first_pieces_only(encoder: str) -> None:
    items = encode([sentence("abc the", "B-PER I-PER"), sentence("a", "O")], load_tokenizer(encoder))
    width = collate(items, 0, torch.device("cpu"))["input_ids"].shape[1]
    labels = collate_labels(items, {"O": 0, "B-PER": 1, "I-PER": 2}, width, torch.device("cpu"))
    firsts = {(row, word[0]) for row, item in enumerate(items) for word in item.pieces}
    assert {tuple(place) for place in (labels != IGNORED).nonzero().tolist()} == firsts
    assert labels[0, items[0].pieces[1][0]] == 2


def test_buckets_hold_everything_once_and_waste_little() -> None:
    generator = random.Random(0)
    lengths = [generator.randrange(5, 60) for _ in range(1000)]
    for batches in (in_buckets(lengths, 8, random.Random(1)), in_buckets(lengths, 8)):
        assert sorted(i for batch in batches for i in batch) == list(range(1000))
        padded = sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)
        assert padded < 1.1 * sum(lengths)
    assert lengths[in_buckets(lengths, 8)[0][0]] == max(lengths)
    assert in_buckets(lengths, 8, random.Random(1)) != in_buckets(lengths, 8, random.Random(2))


def test_training_on_the_active_vocabulary_equals_training_on_the_whole_table(encoder: str) -> None:
    sentences = some_sentences(32)
    recipe = Recipe(learning_rate=1e-2, epochs=2, batch_size=4)
    whole, items = loaded(encoder, sentences)
    full_losses = [r.loss for r in finetune(whole, items, recipe) if isinstance(r, StepRecord)]
    small, items = loaded(encoder, sentences)
    with ActiveVocabulary(small, items) as vocabulary:
        assert len(vocabulary.rows) < small.config.vocab_size
        losses = [r.loss for r in finetune(small, vocabulary.translate(items), recipe) if isinstance(r, StepRecord)]
    np.testing.assert_allclose(losses, full_losses, atol=1e-5)
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(small.state_dict()[name], value, atol=1e-5, rtol=0)


def test_training_learns_is_repeatable_and_depends_on_the_seed(encoder: str) -> None:
    sentences = [sentence("the Washington sat", "O B-PER O"), sentence("the ton sat", "O B-LOC O")] * 8

    def losses(seed: int) -> list[float]:
        model, items = loaded(encoder, sentences)
        recipe = Recipe(learning_rate=1e-2, epochs=10, seed=seed)
        return [record.loss for record in finetune(model, items, recipe) if isinstance(record, StepRecord)]

    first = losses(0)
    assert first[-1] < 0.5 * first[0]
    assert first == losses(0) != losses(1)


def test_the_learning_rate_warms_up_and_falls_to_zero(encoder: str) -> None:
    model, items = loaded(encoder, some_sentences(40))
    recipe = Recipe(learning_rate=1e-3, epochs=2, batch_size=4, warmup_steps=5)
    rates = [r.learning_rate for r in finetune(model, items, recipe) if isinstance(r, StepRecord)]
    assert len(rates) == recipe.steps(40) == 20
    assert rates[:5] == pytest.approx([2e-4, 4e-4, 6e-4, 8e-4, 1e-3])
    assert rates[5] == pytest.approx(1e-3)
    assert all(a > b for a, b in pairwise(rates[5:]))
    assert rates[-1] == pytest.approx(1e-3 / 15)


def test_probes_come_before_the_first_step_and_every_h_steps(encoder: str) -> None:
    model, items = loaded(encoder, some_sentences(24))
    asked: list[int] = []
    for _ in finetune(
        model, items, Recipe(epochs=1, batch_size=4, probe_every=2), lambda step: asked.append(step) or []
    ):
        assert model.training
    assert asked == [0, 2, 4, 6]


def test_no_probe_is_taken_where_none_is_wanted(encoder: str) -> None:
    model, items = loaded(encoder, some_sentences(8))
    list(finetune(model, items, Recipe(probe_every=0), lambda _: pytest.fail("probed")))


def test_dropout_is_that_of_the_recipe_and_the_configuration_is_left_alone(encoder: str) -> None:
    def losses(dropout: float, batch_size: int = 8) -> list[float]:
        model, items = loaded(encoder, some_sentences(16))
        before = model.config.to_dict()
        recipe = Recipe(dropout=dropout, batch_size=batch_size)
        found = [record.loss for record in finetune(model, items, recipe) if isinstance(record, StepRecord)]
        assert model.config.to_dict() == before
        return found

    assert losses(0.0)[0] != losses(0.5)[0]
    # Without it the first loss is that of reading: the mean over the words of the batch.
    model, items = loaded(encoder, some_sentences(16))
    model.eval()
    device = torch.device("cpu")
    inputs = collate(items, model.get_input_embeddings().padding_idx or 0, device)
    labels = collate_labels(items, model.config.label2id, inputs["input_ids"].shape[1], device)
    assert losses(0.0, 16)[0] == pytest.approx(model(**inputs, labels=labels).loss.item(), abs=1e-5)


def test_what_a_training_sets_for_the_whole_process_is_put_back(encoder: str) -> None:
    def settings() -> tuple[object, ...]:
        dropped = [module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)]
        return torch.get_rng_state().tolist(), random.getstate(), torch.get_float32_matmul_precision(), dropped

    model, items = loaded(encoder, some_sentences(8))
    before = settings()
    list(finetune(model, items, Recipe(dropout=0.3)))
    assert settings() == before
    work = finetune(model, items, Recipe(dropout=0.3, batch_size=2))
    next(work)
    assert settings() != before
    work.close()
    assert settings() == before


def test_losses_that_are_read_together_tell_the_same_steps(
    encoder: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def told(together: int, stop_at: int = 99) -> list[tuple[object, ...]]:
        monkeypatch.setitem(finetuning._LOSSES_AT_ONCE, "cpu", together)
        model, items = loaded(encoder, some_sentences(28))
        steps = finetune(
            model, items, Recipe(batch_size=4, probe_every=3, epochs=2),
            lambda step: [ProbeRecord(step, "en", 0, "wrong", 1, 0.0)], Checkpoints(tmp_path / str(together)),
        )  # fmt: skip
        found: list[tuple[object, ...]] = []
        for record in steps:
            assert isinstance(record, StepRecord | ProbeRecord)
            found.append((type(record), record.step, getattr(record, "loss", None)))
            if record.step == stop_at:
                steps.close()
        return found

    whole = told(1)
    assert [step for kind, step, _ in whole if kind is StepRecord] == list(range(1, 15))
    assert told(5) == whole
    # Cut off while steps are untold: the checkpoint has them, and they are told behind it.
    told(4, stop_at=6)
    assert told(4) == whole
    # Cut off between steps that were read together: the weights are those behind the last of them.
    told(3, stop_at=5)
    assert told(3) == whole


def test_a_loss_that_is_no_number_ends_the_training(encoder: str) -> None:
    model, items = loaded(encoder, some_sentences(8))
    with torch.no_grad():
        model.classifier.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match="loss is nan at step 1"):
        list(finetune(model, items, Recipe()))
    with pytest.raises(UsageError, match="no sentence"):
        list(finetune(model, [], Recipe()))


def test_vectors_are_means_of_pieces_in_the_order_asked_for(encoder: str) -> None:
    model, items = loaded(encoder, some_sentences(9))
    model.eval()
    groups = [[item.entity_pieces, item.pieces[0]] for item in items]
    outputs = finish(forward(model, items, groups=groups, layers=(0, 2), batch_size=4))
    row = 0
    for item, wanted in zip(items, groups, strict=True):
        alone = collate([item], model.get_input_embeddings().padding_idx, torch.device("cpu"))
        with torch.no_grad():
            result = model(**alone, output_hidden_states=True)
        for positions in wanted:
            for layer in (0, 2):
                mean = result.hidden_states[layer][0, list(positions)].mean(0).numpy()
                np.testing.assert_allclose(outputs.vectors[layer][row], mean, atol=1e-5)
            row += 1
        best = result.logits[0].softmax(-1).max(-1)
        index = items.index(item)
        first = [word[0] for word in item.pieces if word]
        said = [number for number, word in zip(outputs.predicted[index], item.pieces, strict=True) if word]
        assert said == best.indices[first].tolist()
        assert outputs.confidence[index] == pytest.approx(float(best.values[first].min()), abs=1e-5)


def test_a_saved_model_opens_with_plain_transformers_and_says_the_same(encoder: str, tmp_path: Path) -> None:
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    model, items = loaded(encoder, some_sentences(8))
    with ActiveVocabulary(model, items) as vocabulary:
        list(finetune(model, vocabulary.translate(items), Recipe(epochs=1)))
    save_model(model, encoder, tmp_path / "model")
    opened = AutoModelForTokenClassification.from_pretrained(tmp_path / "model").eval()
    assert opened.config.id2label == dict(enumerate(LABELS))
    here, there = finish(forward(model, items)), finish(forward(opened, items))
    assert here.predicted == there.predicted
    words = list(items[0].sentence.words)
    assert (
        tuple(AutoTokenizer.from_pretrained(tmp_path / "model")(words, is_split_into_words=True)["input_ids"])[
            : len(items[0].ids) - 1
        ]
        == items[0].ids[:-1]
    )
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("size", [1e-3, 5.0])
def test_scaling_inside_the_optimiser_is_clipping_before_it(fused: bool, size: float) -> None:
    generator = torch.Generator().manual_seed(0)
    first = [torch.nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((40, 8), (8,), (1,))]
    # One that no gradient reached.
    first.append(torch.nn.Parameter(torch.ones(3)))
    second = [torch.nn.Parameter(parameter.detach().clone()) for parameter in first]
    ours, theirs = (torch.optim.AdamW(held, lr=1e-2, weight_decay=0.0, fused=fused) for held in (first, second))
    for step in range(6):
        for one, other in zip(first[:3], second[:3], strict=True):
            one.grad = size * (step + 1) * torch.randn(one.shape, generator=generator)
            other.grad = one.grad.clone()
        clipped_step(first, ours, 1.0)
        torch.nn.utils.clip_grad_norm_(second, 1.0)
        theirs.step()
        for one, other in zip(first, second, strict=True):
            assert torch.allclose(one, other, rtol=0, atol=1e-6)
    assert ours.grad_scale is None if fused else not hasattr(ours, "grad_scale")
