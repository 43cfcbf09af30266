"""What a manifest says of adapters that models spoke through, and of options that are used. Knows no file."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from sandbox.options.config import SCRIPTED, Config
from sandbox.options.option import unused
from sandbox.options.training import Objective
from sandbox.runs.asks import Record
from sandbox.text import some

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class AdapterUsed(Record):
    """An adapter: the `name` of the model with it, the sha256 of its GGUF file, and the name of its training's folder.

    `base` is the sha256 of the GGUF file beside which it is served; `prompt` and `prompts` say how questions were put
    in its training (sha256 of templates by name), `teachers` whose answers it learnt from, and `observers` who rated
    these.
    """

    name: str
    sha256: Sha256
    folder: str
    objective: Objective
    base: Sha256
    prompt: Literal["question", "draft"]
    prompts: dict[str, str]
    teachers: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()


def who_taught(adapters: Iterable[AdapterUsed] | None) -> Iterator[str]:
    """A sentence for each of `adapters`: which training its name stands for, and whose word that learnt from."""
    for each in adapters or ():
        of = f" on answers by {some(each.teachers)}, rated by {some(each.observers)}" if each.teachers else ""
        is_script = SCRIPTED in (*each.teachers, *each.observers)
        script = "; what a script teaches shows the machinery alone" if is_script else ""
        yield f"{each.name}: {each.folder}, {each.objective}{of}{script}"


def as_recorded(config: Config, document: dict[str, Any]) -> dict[str, Any]:
    """The options in `document` as manifests have them: without those that it does not use."""
    for model in document["society"]:
        if model["adapter"] is None:
            del model["adapter"]
    return {name: value for name, value in document.items() if name not in unused(config)}


def asked_otherwise(adapter: AdapterUsed, draft: str | None) -> str | None:
    """A warning where `adapter` was trained on other prompts than it is asked with.

    `draft` is the sha256 of the template that it drafts by; None where it is asked bare questions.
    """
    known = adapter.prompts.get("draft") if adapter.prompt == "draft" else None
    if known == draft:
        return None
    words = {True: "bare questions", False: "the prompt of drafts"}
    then, now = words[known is None], words[draft is None]
    again = f"--prompt {'question' if draft is None else 'draft'}"
    if then == now:
        then, now = "another prompt of drafts", "this one"
    return (
        f"The adapter {adapter.name} ({adapter.folder}) was trained on {then}, and is asked with {now}: it may answer "
        f"oddly.\nFor one that fits, train on what `sandbox export {again}` writes."
    )
