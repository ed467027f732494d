"""Where work may be sent, a head that does not answer, and a node that is not installed as this machine is."""

import socket
import time
from pathlib import Path

import pytest
from training_samples import demo_request

from nerspace.engine import runs
from nerspace.engine.errors import ConfigurationError, UsageError
from nerspace.engine.executors.ray import address, installation
from nerspace.engine.runs import jobs


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("on", ["slurm", "ray://", "ray://host", "host:", "http://host:1", "ray:6379:1", "a b:1"])
def test_a_place_that_is_none_is_named_with_those_that_are(tiny_bert: Path, on: str) -> None:
    with pytest.raises(UsageError, match="is no place for work. Choose ray .*ray://HOST:PORT or HOST:PORT"):
        demo_request(tiny_bert, on=on)


@pytest.mark.parametrize("device", ["cuda:1", "mps"])
def test_a_single_device_cannot_be_chosen_on_a_cluster(tiny_bert: Path, device: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(UsageError, match="hands out its GPUs itself"):
        demo_request(tiny_bert, on="ray", device=device)


def test_without_ray_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"needs ray and grpc.*pip install 'nerspace\[cluster\]'"):
        address.check_address("ray://host:10001")


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_head_that_does_not_answer_ends_the_run_with_one_line(
    tmp_path: Path, tiny_bert: Path, nobody: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    pytest.importorskip("grpc")
    monkeypatch.setattr(address, "PATIENCE", 1.0)
    request = demo_request(tiny_bert, on=f"{scheme}{nobody}")
    run = runs.create(runs.workspace_folder(tmp_path), "transfer", request, 0)
    assert jobs.execute(run) == "failed"
    error = run.info()["error"]
    assert error["message"] == f"No Ray head answers at {scheme}{nobody} (connection refused, tried for 1 s)."
    assert error["hint"].startswith("Start it there: ray start --head.")


_NO_SERVER = (
    "Initialization failure from server:\nTraceback (most recent call last):\n"
    '  File "proxier.py", line 772, in Datapath\n'
    "RuntimeError: Starting Ray client server failed. See ray_client_server_23000.err for detailed logs.\n"
)


@pytest.mark.parametrize("failures", [1, 9])
def test_a_head_whose_server_for_the_client_died_is_asked_again(
    failures: int, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray")
    pytest.importorskip("grpc")
    tries: list[str] = []

    def init(where: str, **options: object) -> None:
        tries.append(where)
        if len(tries) <= failures:
            raise ConnectionAbortedError(_NO_SERVER)

    monkeypatch.setattr(ray, "init", init)
    head = f"ray://{nobody}"
    with socket.create_server(("127.0.0.1", int(nobody.rpartition(":")[2]))):
        if failures == 1:
            with address.connected(head) as (_, where):
                assert (where, tries) == (head, [head, head])
            return
        with pytest.raises(ConfigurationError) as raised, address.connected(head):
            pytest.fail("it is connected")
    assert tries == [head] * 4
    assert raised.value.message.startswith(
        f"Ray at {head} cannot be used (RuntimeError: Starting Ray client server failed."
    )
    assert raised.value.hint.startswith("The head could not start a server for this client in 4 tries: resume the run")


def test_a_head_of_another_version_is_asked_once(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")
    pytest.importorskip("grpc")

    def init(where: str, **options: object) -> None:
        monkeypatch.setattr(ray, "init", lambda *_, **__: pytest.fail("it is asked again"))
        raise RuntimeError("Version mismatch:\n    Ray: 2.49 and 2.60")

    monkeypatch.setattr(ray, "init", init)
    port = int(nobody.rpartition(":")[2])
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(ConfigurationError) as raised,
        address.connected(nobody),
    ):
        pytest.fail("it is connected")
    assert raised.value.message == f"Ray at {nobody} cannot be used (Version mismatch: Ray: 2.49 and 2.60)."
    assert raised.value.hint.startswith("Ray and Python must have the same versions on every node")


def test_a_cluster_of_this_machine_that_is_gone_is_not_waited_for(
    tmp_path: Path, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert address._of_this_machine() == ""
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text(nobody)
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", lambda _: pytest.fail("it is waited for"))
        assert address._of_this_machine() == ""
    with socket.create_server(("127.0.0.1", int(nobody.rpartition(":")[2]))):
        assert address._of_this_machine() == nobody
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    assert address._of_this_machine() == "head:6379"


def test_a_node_with_another_nerspace_is_refused_and_one_with_other_libraries_is_told_of() -> None:
    here = installation.installation()
    assert list(installation.compare("alpha", dict(here))) == []
    (note,) = installation.compare("alpha", {**here, "torch": "1.0"})
    assert note.text == f"On alpha numbers may differ in their last digits: torch 1.0 ({here['torch']} here)."
    with pytest.raises(ConfigurationError, match="The node alpha has nerspace 9, this machine has .*Install the same"):
        list(installation.compare("alpha", {**here, "nerspace": "9"}))
