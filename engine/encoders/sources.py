"""From a name to a folder on disk: a folder as it is, or an id of the hub, from the local cache or by download."""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from nerspace.engine.errors import ModelError

_HUB_ID = re.compile(r"[\w.-]+(?:/[\w.-]+)?", re.ASCII)
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
_TOKENIZER_FILES = ("tokenizer.json", "sentencepiece.bpe.model", "spiece.model", "spm.model", "tokenizer.model",
                    "vocab.txt", "vocab.json")  # fmt: skip
# Whatever a tokenizer may be kept in.
TOKENIZER_PATTERNS = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab*", "merges.txt", "*.model")
_MODEL_PATTERNS = ("model.safetensors", "model-*.safetensors", "model.safetensors.index.json")
# Letters of an id of the hub: 96 of an owner, 96 of a name.
_LONGEST_ID = 193
# Seconds before a hub that does not answer counts as out of reach.
_PATIENCE = 10.0


def model_folder(name: str) -> Path:
    """The folder with config.json and safetensors weights behind a path or hub id.

    Raises:
        ModelError: if there is none, or its weights exist only in a pickled form.
    """
    folder = local_folder(name)
    if folder is None:
        return _from_hub(name, ("config.json", *_MODEL_PATTERNS, *TOKENIZER_PATTERNS), has_model)
    if not (folder / "config.json").is_file():
        raise ModelError(f"The folder {folder} holds no encoder: it has no config.json.", _FOLDER_HINT)
    if not (folder / WEIGHTS).is_file() and (folder / INDEX).is_file():
        shards = shards_in(folder)
        if gone := next((shard for shard in shards if not (folder / shard).is_file()), None):
            raise ModelError(
                f"The folder {folder} holds no {WEIGHTS}, and lacks {gone}, which its {INDEX} names.", _FOLDER_HINT
            )
    elif not has_model(folder):
        raise _without_weights(f"The folder {folder}", sorted(path.name for path in folder.iterdir()))
    return folder


def tokenizer_folder(name: str) -> Path:
    """The folder with tokenizer files behind a path or hub id; the weights are not downloaded.

    Raises:
        ModelError: if there is none.
    """
    folder = local_folder(name)
    if folder is None:
        return _from_hub(name, ("config.json", *TOKENIZER_PATTERNS), has_tokenizer)
    if not has_tokenizer(folder):
        raise ModelError(f"The folder {folder} holds no tokenizer.", _FOLDER_HINT)
    return folder


_FOLDER_HINT = "It needs config.json, model.safetensors and tokenizer.json, as save_pretrained writes them."


def has_model(folder: Path) -> bool:
    """Whether there is a configuration with safetensors weights, every shard of them."""
    if not (folder / "config.json").is_file():
        return False
    try:
        return all((folder / shard).is_file() for shard in shards_in(folder))
    except ModelError:
        return False


def shards_in(folder: Path) -> list[str]:
    """The names of the files that hold the weights: one, or those that the index names, in their order.

    Raises:
        ModelError: where the index is none, or names anything but safetensors files beside it, such as a pickle.
    """
    if (folder / WEIGHTS).is_file():
        return [WEIGHTS]
    path = folder / INDEX
    try:
        places = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
        shards = list(dict.fromkeys(places.values()))
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise ModelError(f"{path} cannot be read or is no index of weights.", _FOLDER_HINT) from error
    for shard in shards:
        if not isinstance(shard, str) or Path(shard).name != shard or not shard.endswith(".safetensors"):
            raise ModelError(
                f"{path} names {shard!r}, which is no safetensors file beside it; nothing else is ever opened.",
                "Save it again with save_pretrained(..., safe_serialization=True), or choose another encoder.",
            )
    if not shards:
        raise ModelError(f"{path} names no weights.", _FOLDER_HINT)
    return shards


def has_tokenizer(folder: Path) -> bool:
    """Whether there is a tokenizer, fast or to be converted."""
    return any((folder / name).is_file() for name in _TOKENIZER_FILES)


def local_folder(name: str) -> Path | None:
    """The folder of that name, or None where the name can only be an id of the hub.

    Raises:
        ModelError: where it is neither.
    """
    is_file = False
    # "~nobody", and what is too long for any file system, is no path.
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        path = Path(name).expanduser()
        if name and path.is_dir():
            return path.resolve()
        is_file = bool(name) and path.exists()
    if is_file:
        raise ModelError(f"{name} is a file, not the folder of an encoder.", _FOLDER_HINT)
    if len(name) > _LONGEST_ID or not _HUB_ID.fullmatch(name) or name.startswith("."):
        raise ModelError(
            f"There is no encoder {name!r}: no such folder.",
            "Pass --model builtin, a folder, or an id of the hub such as FacebookAI/xlm-roberta-base.",
        )
    return None


def _without_weights(where: str, files: Sequence[str]) -> ModelError:
    pickled = [name for name in files if name.endswith((".bin", ".pt", ".pth", ".ckpt", ".pkl"))]
    if pickled:
        return ModelError(
            f"{where} has its weights only in a pickled form ({pickled[0]}), which is never opened.",
            "Save it again with save_pretrained(..., safe_serialization=True), or choose another encoder.",
        )
    return ModelError(f"{where} holds no model.safetensors.", _FOLDER_HINT)


def _from_hub(name: str, patterns: Sequence[str], is_there: Callable[[Path], bool]) -> Path:
    """The cached snapshot of a hub id, else a download of the files that the patterns name."""
    cached = _cached(name, is_there)
    if cached is not None:
        return cached
    import huggingface_hub
    from huggingface_hub.errors import OfflineModeIsEnabled, RepositoryNotFoundError

    try:
        # One short question first: the download itself would try again and again before it gave up.
        found = huggingface_hub.HfApi().model_info(name, timeout=_PATIENCE)
        files = [sibling.rfilename for sibling in found.siblings or ()]
        if is_there is has_model and not any(file in (WEIGHTS, INDEX) for file in files):
            raise _without_weights(f"The hub's {name}", files)
        with _without_bars():
            folder = Path(huggingface_hub.snapshot_download(name, revision=found.sha, allow_patterns=list(patterns)))
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"The hub has no public model {name!r}, and no folder of that name is here.",
            "Check the spelling, log in if it is gated, or pass --model builtin or a local folder.",
        ) from error
    except ModelError:
        raise
    except Exception as error:
        # The client's own failures and those of whichever HTTP library it is built on have no common parent.
        reason = "offline mode is on" if isinstance(error, OfflineModeIsEnabled) else _first_line(error)
        raise ModelError(
            f"The model {name!r} is not in the local cache and the hub is out of reach ({reason}).",
            "Pass --model builtin, or a folder on this machine.",
        ) from error
    if not is_there(folder):
        raise ModelError(f"The hub's {name} lacks what is needed: {', '.join(patterns)}.", _FOLDER_HINT)
    return folder


@contextlib.contextmanager
def _without_bars() -> Iterator[None]:
    """Keep the download's progress bars off the screen, which may belong to the explorer."""
    from huggingface_hub import utils

    silent = utils.are_progress_bars_disabled()  # type: ignore[attr-defined]
    utils.disable_progress_bars()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        if not silent:
            utils.enable_progress_bars()  # type: ignore[attr-defined]


def _cached(name: str, is_there: Callable[[Path], bool]) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    for file in ("config.json", *_TOKENIZER_FILES):
        try:
            path = try_to_load_from_cache(name, file)
        except HFValidationError as error:
            raise ModelError(
                f"There is no encoder {name!r}: no such folder, and no possible id of the hub.",
                "Pass --model builtin, a folder, or an id of the hub such as FacebookAI/xlm-roberta-base.",
            ) from error
        if isinstance(path, str) and is_there(Path(path).parent):
            return Path(path).parent
    return None


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)[:120]
