"""Secrets reach no file of a run, and looking for them changes nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerspace.engine import runs
from nerspace.engine.runs.secrecy import REDACTED, redacted

TOKEN = "hf_AbCdEfGh12345678"


@pytest.mark.parametrize(
    ("name", "value"),
    [("MAX_TOKENS", "10000000"), ("API_KEY", "finetune"), ("TOKENIZERS_PARALLELISM", "builtin-2"), ("MY_TOKEN", "en"),
     ("SECRET", "20000000"), ("PASSWORD", "password"), ("TOKEN", '": "a1b2'), ("API_KEY", "versions"),
     ("SECRET_DIR", "/tmp/data-1/x"), ("HF_TOKEN_PATH", "/tmp/data-1/x")],
)  # fmt: skip
def test_a_variable_that_is_no_secret_changes_nothing_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    request = {"size": 10000000, "model": "builtin-2", "data": "/tmp/data-1/x", "on": "", "count": 20000000,
               "tokens": ["finetune", "password"], "tokenizer": "en", "max_tokens": 7}  # fmt: skip
    run = runs.create(tmp_path, "finetune", request, 0)
    run.append_event("note", text="finetune en password", size=10000000)
    info = json.loads((run.path / "run.json").read_text())
    assert info["request"] == request
    assert info["kind"] == "finetune"
    assert info["state"] == "queued"
    assert [event["text"] for _, event in run.events()] == ["finetune en password"]


@pytest.mark.parametrize("token", [TOKEN, "hunter-22", "correcthorsebattery", 'quo"te\\d-1', "пароль-123"])
def test_a_secret_of_the_environment_is_hidden_wherever_it_stands_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    run = runs.create(tmp_path, "demo", {"data": f"at {token}!", "list": [token, {"deep": token}]}, 0)
    run.append_event("note", text=f"read <{token}>", list=[token])
    run.update(state="failed", error={"message": f"no {token}", "hint": token})
    for path in (run.path / "run.json", run.path / "events.jsonl"):
        assert json.dumps(token, ensure_ascii=False)[1:-1] not in path.read_text()
        assert "$HF_TOKEN" in path.read_text()
    assert run.info()["request"] == {"data": "at $HF_TOKEN!", "list": ["$HF_TOKEN", {"deep": "$HF_TOKEN"}]}


def test_a_part_of_a_longer_word_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "abc-12345")
    assert redacted(["xabc-123456", "abc-12345"]) == ["xabc-123456", "$API_KEY"]


@pytest.mark.parametrize(
    "key",
    ["token", "hf_token", "password", "api_key", "apiKey", "client_secret", "aws_secret_access_key", "Authorization"],
)
def test_what_stands_under_a_secret_key_is_hidden_however_short(key: str) -> None:
    assert redacted({"request": {key: "x1", "n": 3}}) == {"request": {key: REDACTED, "n": 3}}


@pytest.mark.parametrize("key", ["tokens", "tokenizer", "max_tokens", "key", "keys", "secretary", "token_type"])
def test_a_key_that_only_sounds_like_one_keeps_its_value(key: str) -> None:
    assert redacted({"request": {key: "x1"}}) == {"request": {key: "x1"}}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pw@example.org/a", f"https://user:{REDACTED}@example.org/a"),
        ("GET /x?token=ab&size=3", f"GET /x?token={REDACTED}&size=3"),
        ("API_KEY=ab nerspace demo", f"API_KEY={REDACTED} nerspace demo"),
        ("ray://host:10001", "ray://host:10001"),
        ("max_tokens=12 a=b x@y", "max_tokens=12 a=b x@y"),
    ],
)
def test_the_password_of_an_address_is_hidden(text: str, shown: str) -> None:
    assert redacted({"note": text}) == {"note": shown}


def test_the_structure_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "finetune-2026")
    info: dict[str, Any] = {"id": "finetune-2026", "kind": "finetune-2026", "state": None, "seed": 1.5, "ok": True}
    assert redacted(info) == info
    assert redacted({"finetune-2026": 1}) == {"finetune-2026": 1}
