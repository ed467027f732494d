"""Runs share the GPUs of a machine: each takes the first that is free. The GPUs here are faked."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from nerspace.engine import devices, runs
from nerspace.engine.errors import ConfigurationError, Stopped
from nerspace.engine.runs import Run, jobs


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Three GPUs; the list holds the one in use."""
    present = [0]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: present[0])
    monkeypatch.setattr(torch.cuda, "set_device", lambda number: present.__setitem__(0, number))
    return present


def asked(tmp_path: Path, device: str, **request: str) -> Run:
    return runs.create(runs.workspace_folder(tmp_path), "finetune", {"device": device, **request}, 0)


def locked(run: Run) -> set[str]:
    """Devices that somebody holds."""
    return {
        path.name.strip(".").removesuffix(".lock")
        for path in run.path.parent.glob(".*.lock")
        if not (lock := jobs.Lock(path)).take() or lock.release()
    }


@pytest.mark.parametrize("name", ["auto", "cuda"])
def test_each_run_takes_the_first_gpu_that_is_free(tmp_path: Path, gpus: list[int], name: str) -> None:
    first, second, third = (asked(tmp_path, name) for _ in range(3))
    with jobs._device(first):
        assert str(devices.pick_device(name)) == "cuda:0"
        with jobs._device(second):
            assert str(devices.pick_device(name)) == "cuda:1"
            assert locked(first) == {"cuda-0", "cuda-1"}
    with jobs._device(third):
        assert str(devices.pick_device(name)) == "cuda:0"
    assert locked(first) == set()


def test_a_named_gpu_is_waited_for_though_others_are_free(tmp_path: Path, gpus: list[int]) -> None:
    busy, named, other = asked(tmp_path, "cuda:1"), asked(tmp_path, "cuda:1"), asked(tmp_path, "auto")
    with jobs._device(busy):
        named.request_stop()
        with pytest.raises(Stopped), jobs._device(named):
            pass
        assert [e["text"] for _, e in named.events()] == ["Waiting for cuda:1: another run of this workspace uses it."]
        with jobs._device(other):
            assert gpus == [0]
    assert str(devices.pick_device("cuda:1")) == "cuda:1"


def test_where_all_gpus_are_taken_a_run_waits_for_any(tmp_path: Path, gpus: list[int]) -> None:
    held = [asked(tmp_path, f"cuda:{number}") for number in range(3)]
    waiting = asked(tmp_path, "auto")
    waiting.request_stop()
    taken = [jobs._device(run) for run in held]
    with taken[0], taken[1], taken[2], pytest.raises(Stopped), jobs._device(waiting):
        pass
    assert [e["text"] for _, e in waiting.events()] == [
        "Waiting for cuda:0 or cuda:1 or cuda:2: other runs use them all."
    ]


def test_work_that_goes_to_a_cluster_keeps_no_device_here(tmp_path: Path, gpus: list[int]) -> None:
    run = asked(tmp_path, "auto", on="ray")
    with jobs._device(run):
        assert locked(run) == set()


def test_the_cpu_is_one_device_and_a_missing_gpu_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert devices.candidates("auto") == ["cpu"]
    for name in ("cuda", "cuda:0", "mps"):
        with pytest.raises(ConfigurationError, match=f"no device '{name}'. It offers cpu."):
            devices.candidates(name)


def test_a_card_is_told_with_memory_driver_and_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(devices, "_driver", lambda: "")
    assert devices.cards() == []
    monkeypatch.setattr(devices, "_driver", lambda: "580.1")
    [missing] = devices.cards()
    assert missing.startswith("An NVIDIA driver 580.1 is here, but this torch")
    old, young = (
        SimpleNamespace(name=name, total_memory=memory, major=major)
        for name, memory, major in (("V100", 32e9, 7), ("H200", 141e9, 9))
    )
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: (old, young)[number])
    first, second = devices.cards()
    assert first.startswith("cuda:0 V100, 32 GB, driver 580.1, CUDA")
    assert first.endswith("no bf16 of its own: trains slowly")
    assert second.startswith("cuda:1 H200, 141 GB")
    assert second.endswith("trains in bf16")
