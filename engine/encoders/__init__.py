"""Encoders by name: the built-in one, a folder on disk, or an id of the Hugging Face hub."""

from typing import TYPE_CHECKING, Any

from nerspace.engine.encoders.loading import (
    BUILTIN,
    LABELS,
    check,
    load_encoder,
    load_token_classifier,
    load_tokenizer,
    resolve,
)

if TYPE_CHECKING:
    from nerspace.engine.encoders.encoder import Encoder
else:

    def __getattr__(name: str) -> Any:
        """Load the class when it is first asked for: it imports torch."""
        if name != "Encoder":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from nerspace.engine.encoders.encoder import Encoder

        return Encoder


__all__ = [
    "BUILTIN",
    "LABELS",
    "Encoder",
    "check",
    "load_encoder",
    "load_token_classifier",
    "load_tokenizer",
    "resolve",
]
