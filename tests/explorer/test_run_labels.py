"""Names, notes, tags and pins of runs, what a run holds beside the list, jobs started from it, the bell at the end."""

import json
import shutil

import pytest
import tui_sample
from tui_driving import explorer, press, settle

from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.runs import Run, create, find_run, jobs
from nerspace.engine.runs.labels import FILE, Labels, label, parse_tags, read_labels
from nerspace.engine.runs.tables import runs_table


def test_labels_are_kept_whole_and_checked_when_they_are_read(run):
    assert read_labels(run) == Labels()
    label(run, name="first try", tags=parse_tags("baseline, small baseline"))
    label(run, note="two\nlines", pinned=True)
    assert read_labels(run) == Labels("first try", "two\nlines", ("baseline", "small"), True)
    row = runs_table(run.path.parent.parent).set_index("run").loc[run.id]
    assert row[["name", "tags", "pinned", "note"]].tolist() == ["first try", "baseline small", 1, "two\nlines"]
    assert find_run(run.path.parent.parent, "first try") == run
    # They are no result: nothing is damaged by them.
    assert not run.damages()
    for wrong in ("[]", '{"name": 5}', '{"pinned": "yes"}', '{"tags": "a"}', "{", ""):
        (run.path / FILE).write_text(wrong)
        with pytest.raises(DataError, match="labels of the run"):
            read_labels(run)
        assert "damaged" in runs_table(run.path.parent.parent)["problem"].iloc[0]
    assert label(run, name="anew").name == "anew"


@pytest.mark.parametrize("changes", [{"name": "x" * 61}, {"name": "a\nb"}, {"name": " a"}, {"tags": ("a b",)},
                                     {"tags": ("",)}, {"note": "x" * 2_001}])  # fmt: skip
def test_what_no_label_can_be_is_refused(run, changes):
    with pytest.raises(UsageError):
        label(run, **changes)
    assert not (run.path / FILE).exists()


def test_the_command_names_notes_tags_and_pins(command, run):
    at = ("--workspace", str(run.path.parent.parent))
    assert "is called best" in command("runs", "name", run.id, "best", *at).stdout
    assert "the tags a b" in command("runs", "tag", "best", "a", "b", *at).stdout
    assert "the tags b" in command("runs", "tag", "best", *at, "--", "-a").stdout
    assert "has a note" in command("runs", "note", "best", "why", *at).stdout
    assert "is pinned" in command("runs", "pin", "best", *at).stdout
    assert read_labels(run) == Labels("best", "why", ("b",), True)
    assert "no longer" in command("runs", "pin", "best", "--unpin", *at).stdout
    listed = command("runs", "list", *at).stdout
    assert "best" in listed
    assert command("locate", "best", *at).stdout.strip() == str(run.path)


@pytest.mark.slow
async def test_a_run_is_named_tagged_pinned_and_found_by_its_tag(run, corpus):
    workspace = run.path.parent.parent
    newer = tui_sample.write_run(workspace, corpus)
    async with explorer(newer, corpus).run_test(size=(120, 40), notifications=True) as pilot:
        text = await press(pilot, "8")
        # What the run under the cursor holds stands beside the list.
        assert "delta_correlations" in text
        await press(pilot, "slash", *run.id, "enter")
        await press(pilot, "m", *"first try", "enter")
        await press(pilot, "t", *"baseline", "enter")
        await press(pilot, "w", *"keep this", "enter")
        text = await press(pilot, "p")
        assert read_labels(run) == Labels("first try", "keep this", ("baseline",), True)
        # Pinned runs stand first, with their name and tags in the list and in brief.
        assert f"★ {run.id}" in text
        assert pilot.app.in_view.all_runs.row == 0
        assert text.count("first try") == 2
        assert "keep this" in text
        text = await press(pilot, "f", *"tags:baseline", "enter")
        assert "tags:baseline · 1 of 2" in text


@pytest.mark.slow
async def test_a_job_is_started_from_the_list_after_a_question(run, corpus, monkeypatch):
    started: list[Run] = []
    monkeypatch.setattr(jobs, "start", started.append)
    async with explorer(run, corpus).run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, "8")
        text = await press(pilot, "a")
        for kind in ("transfer", "paper", "swap", "extract"):
            assert kind in text
        await press(pilot, "j", "j", "enter")
        text = await press(pilot, "y")
        (made,) = started
        assert made.info()["kind"] == "paper"
        assert f"Started {made.id}" in " ".join(text.split())
        # Without a model in the run, the swap lab says so and starts nothing.
        await press(pilot, "slash", *run.id, "enter")
        await press(pilot, "a")
        await press(pilot, "j", "j", "j", "enter")
        await press(pilot, "y")
        assert "model" in str(pilot.app.screen.text)
        assert len(started) == 1
        await press(pilot, "escape")
        await press(pilot, "a")
        text = await press(pilot, "j", "enter")
        assert "train donors for transfer" in text
        assert pilot.app.screen.query_one("#donors").value == "all"


async def test_a_bell_and_a_line_tell_that_a_run_has_ended(run, corpus, monkeypatch, tmp_path):
    workspace = run.path.parent.parent
    going = create(workspace, "finetune", {"donor": "be"}, 0)
    rung = []
    app = explorer(run, corpus)
    monkeypatch.setattr(app, "bell", lambda: rung.append(1))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        app.tick()
        await settle(pilot)
        assert not rung
        going.update(state="finished")
        app.tick()
        text = await settle(pilot)
        app.tick()
        await settle(pilot)
        assert rung == [1]
        assert f"{going.id}: finished" in " ".join(text.replace("▌", " ").split())
    assert json.loads((going.path / "run.json").read_text())["state"] == "finished"
    shutil.rmtree(going.path)
