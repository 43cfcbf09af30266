"""What a person is shown of a text, and its sha256: the same words, question and text that the observer had.

Knows runs and templates; no screen.
"""

import hashlib

import orjson

from agents.protocol import ScoredText
from sandbox.errors import UsageError
from sandbox.runs.reading import Run
from sandbox.runs.stored_texts import Stored
from sandbox.runs.templates import templates_of


def values_of(run: Run) -> str:
    """The values by which the observer of `run` rates. Raises `UsageError` where the run did not keep them."""
    prompts = templates_of(None, run.directory.prompts)
    if prompts.digests["values"] != run.manifest.prompts.get("values"):
        raise UsageError(
            f"Run {run.name} did not keep the values by which its observer rates, or they were changed since, so "
            "nobody can be asked the same.\nBring back its folder prompts/ from a copy."
        )
    return prompts.included("values")


def digest(values: str, stored: Stored, text: ScoredText) -> str:
    """Sha256 of what is shown of `text`: the JSON list of values, question and text."""
    return hashlib.sha256(orjson.dumps([values, stored.question, stored.of(text)])).hexdigest()
