"""What must not stand in a run, which may be shown to others: tokens, keys and passwords of whoever started it.

Redacted are values, never the structure around them: what stands under a key that is named like a secret, the password
of an address, and the values of environment variables that are named so, where they stand whole and look like a secret.
So `MAX_TOKENS=10000000` changes no size, and `API_KEY=finetune` no kind of a run.
"""

import os
import re
from collections.abc import Mapping
from typing import Any

REDACTED = "$REDACTED"

_WORDS = r"TOKEN|SECRETS?|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?|AUTHORIZATION"
# TOKENS counts them and TOKENIZER cuts; a path or an address is no secret itself.
_NAMED = re.compile(rf"(?:{_WORDS})(?![A-Z])(?!.*_(?:PATH|FILE|DIR|URL|HOST|NAME|TYPE)$)")
_IN_TEXT = re.compile(
    rf"(?P<before>[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)|(?P<key>(?<![A-Z])\w*(?:{_WORDS})=)[^\s&;,'\"]+", re.I
)
# What a run is known and continued by.
_STRUCTURE = frozenset((
    "id", "kind", "state", "event", "stage", "table", "created", "started", "ended", "resumed", "code", "versions",
    "pid", "unit",
))  # fmt: skip
_SHORTEST, _LONG, _DISTINCT = 8, 16, 5


def redacted(value: Any) -> Any:
    """A value as JSON knows it, without secrets; of a mapping, keys and what a run is known by stay."""
    secrets = _secrets()
    return {
        key: part if key in _STRUCTURE else _redacted(part, str(key), secrets) for key, part in value.items()
    } if isinstance(value, Mapping) else _redacted(value, "", secrets)  # fmt: skip


def _redacted(value: Any, key: str, secrets: Mapping[str, str]) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {name: _redacted(part, str(name), secrets) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(part, key, secrets) for part in value]
    text = str(value)
    if text and _NAMED.search(key.upper()):
        return REDACTED
    for secret, name in secrets.items():
        if secret in text:
            text = f"${name}".join(re.split(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", text))
    return _IN_TEXT.sub(_hidden, text) if "=" in text or "@" in text else text


def _hidden(found: re.Match[str]) -> str:
    value = found[0][len(found["before"] or found["key"]) :]
    return (found["before"] or found["key"]) + (value if value.startswith("$") else REDACTED)


def _secrets() -> dict[str, str]:
    """Value → name of the environment variables that hold a secret, the longest first."""
    found = {value: name for name, value in os.environ.items() if _NAMED.search(name.upper()) and _looks_secret(value)}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def _looks_secret(value: str) -> bool:
    """Whether a value is no word, number or path: at least 8 characters of some entropy."""
    kinds = sum(any(map(kind, value)) for kind in (str.islower, str.isupper, str.isdecimal, _is_sign))
    varied = len(set(value)) >= _DISTINCT and (kinds > 1 or (kinds == 1 and len(value) >= _LONG))
    return len(value) >= _SHORTEST and varied and not (value.startswith(("/", "~", ".")) and os.path.lexists(value))


def _is_sign(letter: str) -> bool:
    return not letter.isalnum()
