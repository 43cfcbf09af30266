"""The card of a training's folder: what the hub reads, and a page of facts. Pure: a manifest and the data's card.

Counts and names, no opinion; names that others gave mean nothing in Markdown.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

import yaml

from sandbox.errors import SandboxError, UsageError
from sandbox.export.card import merge
from sandbox.export.card.citation import bibtex
from sandbox.export.card.words import code
from sandbox.export.card.words import licence as of_data
from sandbox.options.training import Objective
from sandbox.runs.training.manifest import HeldOut, TrainingManifest
from sandbox.runs.training.words import dropped, number, serves, share, taught_by_script
from sandbox.text import SCRIPTED_NOTE, counted

_COMMANDS: Final = (
    "sandbox simulate --model local --adapter DIR\nsandbox evaluate --suite starter --model local --adapter DIR"
)
_LEARNT: Final[dict[Objective, str]] = {
    "stable": "Stable Alignment ([arXiv 2305.16960](https://arxiv.org/abs/2305.16960))",
    "sft": "supervised fine-tuning",
    "dpo": "direct preference optimisation ([arXiv 2305.18290](https://arxiv.org/abs/2305.18290))",
    "modpo": "multi-objective direct preference optimisation ([arXiv 2310.03708](https://arxiv.org/abs/2310.03708))",
    "kto": "Kahneman-Tversky optimisation ([arXiv 2402.01306](https://arxiv.org/abs/2402.01306))",
    "reward": "a reward model of pairs",
    "rloo": "REINFORCE leave-one-out ([arXiv 2402.14740](https://arxiv.org/abs/2402.14740)), rewarded by a model",
}


def card(manifest: TrainingManifest, data_card: str) -> str:
    """README.md of the training of `manifest` on data that has `data_card`, whose licence it takes over."""
    return f"---\n{_front(manifest, data_card)}---\n\n{merge.marked(_page(manifest))}"


def _front(manifest: TrainingManifest, data_card: str) -> str:
    """What the hub reads. The base is named, and where it lies is nobody's business."""
    front: dict[str, Any] = {
        "license": _licence(manifest, data_card),
        **({"language": languages} if (languages := _languages(data_card)) else {}),
        "base_model": manifest.base.name,
        "datasets": [manifest.data.name],
        "library_name": "transformers" if manifest.config.full else "peft",
        "pipeline_tag": "text-classification" if manifest.objective == "reward" else "text-generation",
        "tags": ["sandbox", "synthetic", manifest.objective, *([] if manifest.config.full else ["lora"])],
    }
    return yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=1000)


def _licence(manifest: TrainingManifest, data_card: str) -> str:
    """That of the data, as its card says now: people may write into it. Else as the data's manifest says."""
    try:
        return merge.said(data_card, "license") or manifest.data.license
    except (SandboxError, UsageError):
        return manifest.data.license


def _languages(data_card: str) -> list[str]:
    """Those of the data, as its card says; none where it says nothing that can be read."""
    found = None
    with suppress(SandboxError, UsageError):
        found = merge.said(data_card, "language")
    return found.split(", ") if found else []


def _page(manifest: TrainingManifest) -> str:
    parts = (_head, _learnt_from, _held_out, _use, _limits, _cite)
    return "\n\n".join("\n\n".join(part(manifest)) for part in parts)


def _head(manifest: TrainingManifest) -> Iterator[str]:
    what = "all weights of" if manifest.config.full else "an adapter of"
    yield f"# {code(manifest.name)}: {what} {code(manifest.base.name)}"
    yield (
        f"Trained by {_LEARNT[manifest.objective]} on what language models said and rated in a simulated society, "
        f"with {code(f'sandbox {manifest.sandbox}')}."
    )
    if taught_by_script(manifest):
        yield f"**{SCRIPTED_NOTE} What was learnt here shows that the machinery learns, and nothing of a model.**"


def _learnt_from(manifest: TrainingManifest) -> Iterator[str]:
    data = manifest.data
    yield "## What it learnt from"
    yield (
        f"{code(data.name)} ({code(data.format)}), an export of {_names(data.runs, 'run')}. Answers are by "
        f"{_names(data.teachers)}, ratings by {_names(data.observers)}. Prompts: {code(data.prompt)}."
    )
    rows = [[code(part), each.considered, each.used, each.cut, dropped(each)] for part, each in manifest.rows.items()]
    yield _table(("part", "considered", "used", "cut", "dropped"), rows)
    weights = f"Weights {code(manifest.config.weights)}, " if manifest.config.weights else ""
    yield (
        f"{weights}{counted(manifest.steps_planned, 'step')}, {manifest.trainable:,} of {manifest.base.parameters:,} "
        f"parameters, {manifest.precision} on {code(manifest.device)}. "
        "`manifest.json` has every option, package and sha256; `steps.jsonl` every loss."
    )


def _held_out(manifest: TrainingManifest) -> Iterator[str]:
    yield "## Held out"
    if not manifest.held_out:
        yield "No question was held out, so no figure says what was learnt."
        return
    rows = [
        [code(split), rating, when, found.questions, found.pairs, *_figures(found)]
        for split, measured in manifest.held_out.items()
        for rating in measured.before
        for when, of_both in (("before", measured.before), ("after", measured.after or {}))
        if (found := of_both.get(rating))
    ]
    heads = ("split", "rating", "when", "questions", "pairs", "margin", "ranked", "best_loss", "reward")
    yield _table(heads, rows)
    yield (
        "Means with 95 % intervals over questions, none of which was trained on. Margin: log-prob of a token (nats) of "
        "the higher rated of two answers less that of the lower rated; ranked: the share of pairs where it is above 0; "
        "best_loss: of a token of the best rated answer."
    )


def _figures(found: HeldOut) -> list[str]:
    return [number(found.margin), share(found.ranked), number(found.best_loss), number(found.reward)]


def _use(manifest: TrainingManifest) -> Iterator[str]:
    yield "## How to use it"
    made = manifest.adapter
    if manifest.objective == "reward":
        yield "```\nsandbox train DATA --objective rloo --reward DIR --out OTHER\n```"
    elif manifest.config.full:
        yield "`model/` is for transformers, and for servers that read its format."
    elif made and made.gguf:
        if serves(manifest):
            yield f"```\n{_COMMANDS}\n```"
        yield f"`adapter.gguf` is for llama.cpp over {code(manifest.base.name)} as GGUF, `adapter/` for peft."
    else:
        yield "`adapter/` is for transformers and peft; `manifest.json` says why there is no `adapter.gguf`."
    if manifest.data.prompt == "draft":
        yield "It was trained on the prompt with which a society asks for drafts; asked otherwise it may answer worse."


def _limits(manifest: TrainingManifest) -> Iterator[str]:
    yield "## Known limits"
    limits = [
        "Ratings are opinions of a language model about language models. They were not compared with people's.",
        "Questions are controversial by design, and some are offensive; so are some answers that were trained against.",
        f"Licence of the data: {of_data(manifest.data.license)}",
        "One seed: how much another would differ is not known.",
    ]
    yield "\n".join(f"- {limit}" for limit in limits)


def _cite(manifest: TrainingManifest) -> Iterator[str]:
    title = f"{'Weights' if manifest.config.full else 'Adapter'} ({manifest.objective}) trained on a simulated society"
    digests = [manifest.adapter.sha256] if manifest.adapter else [manifest.fingerprint]
    yield "## How to cite it"
    yield f"```bibtex\n{bibtex(title, manifest.sandbox, digests)}\n```"


def _names(names: Sequence[str], noun: str = "") -> str:
    """Each as code; of many the first ones."""
    most = 5
    told = ", ".join(map(code, names[:most])) or "-"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{counted(len(names), noun)} ({told}{more})" if noun else f"{told}{more}"


def _table(headings: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    cells = (("-" if cell is None else str(cell) for cell in line) for line in lines)
    return "\n".join(f"| {' | '.join(each)} |" for each in cells)
