"""The tokenizer that `sandbox export --check --tokenizer` counts with. Loads it; counts by what training counts by."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sandbox.checking.rows.measuring import Count, Size
from sandbox.errors import UsageError
from sandbox.training.data.examples import Message

_TOKENIZER: Final = "tokenizer.json"


def count_by(model: str | None) -> Count | None:
    """Counts by the tokenizer and the chat template of `model`: the packaged one, or that of a folder.

    Raises `UsageError` where there is none, and `SandboxError` where it cannot be read.
    """
    if model is None:
        return None
    from jinja2 import TemplateError

    from sandbox.training.data.tokens import encode

    tokenizer = _tokenizer(model)

    def count(turns: Sequence[Message], text: str) -> Size | None:
        try:
            found = encode(tokenizer, tuple(turns), text)
        except (TemplateError, ValueError, TypeError, KeyError):  # templates refuse some turns; the check tells of them
            return None
        return Size(len(found.prompt), len(found.prompt) + len(found.answer))

    return count


def _tokenizer(model: str) -> Any:
    from agents.endpoints.adapters import NAME as LOCAL
    from sandbox.training.base.base_model import Base, folder_of, tokenizer_of

    folder = Path(model)
    if model != LOCAL and not (folder / _TOKENIZER).is_file():
        raise UsageError(f"--tokenizer {model}: there is no {_TOKENIZER}. Wanted is {LOCAL}, or a folder of a model.")
    base = folder_of(LOCAL) if model == LOCAL else Base(folder, folder.resolve().name, "")
    tokenizer = tokenizer_of(base)
    if not tokenizer.chat_template:
        raise UsageError(f"--tokenizer {model}: it has no chat template, so nobody knows how a question is put to it.")
    return tokenizer
