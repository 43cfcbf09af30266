"""Sentences of a dataset card: where rows come from, under which terms, and what they do not show. Knows no file."""

from collections.abc import Iterator, Mapping
from typing import Final

from sandbox.export.account import INTERACTIONS
from sandbox.export.facts import Facts
from sandbox.export.manifest import ExportManifest, SourceRun
from sandbox.export.recipe import Recipe
from sandbox.text import counted

POOR: Final = 4  # what is rated below the middle of the scale
LONGEST: Final = 100  # characters of a name
# Question sets whose licence this tool knows.
_LICENCES: Final[Mapping[str, str]] = {
    "hh-rlhf": "[Anthropic/hh-rlhf](https://huggingface.co/datasets/Anthropic/hh-rlhf) (`hh-rlhf`), MIT licence",
    "starter": "the set that comes with sandbox (`starter`), Apache-2.0",
}


def poorly_rated(recipe: Recipe, facts: Facts) -> str | None:
    """What to know of badly rated answers that a model would be tuned to give; None if there is nothing to know."""
    poor = sum(count for score, count in facts.imitations.items() if score < POOR)
    if recipe.format not in ("sft", "alpaca") or not poor:
        return None
    rows = counted(facts.imitations.total(), "imitation row")
    return f"{poor} of {rows} that passed the filters are answers rated below {POOR}; --min-score leaves such out."


def sources(run: SourceRun) -> Iterator[str]:
    """Where questions and initial memories come from, with licences as far as they are known, and what was studied."""
    yield f"Questions from {_source(run.questions.name)}"
    if run.prior:
        yield f"Initial memories of agents from {_source(run.prior.name)}"
    if run.studied:
        yield f"In {code(run.run_id)}: {'; '.join(f'{name}: {plain(told)}' for name, told in run.studied.items())}"


def _source(name: str) -> str:
    return _LICENCES.get(name) or f"{code(name)}, a file whose licence is not known here"


def licence(name: str) -> str:
    """Our own licence, or that there is none."""
    if name == "other":
        return "none was stated when this was made (`other`)."
    return f"{code(name)}, as stated by whoever made this; the licences of questions and models hold beside it."


def limits(manifest: ExportManifest, recipe: Recipe, facts: Facts) -> Iterator[str]:
    """What whoever trains on it should know, as far as it was counted."""
    yield "Ratings are opinions of a language model about language models. They were not compared with people's."
    if poor := poorly_rated(recipe, facts):
        yield poor
    if facts.labels["bad"]:
        yield f"{counted(facts.labels['bad'], 'interaction')} of {facts.interactions} are of agents labelled bad."
    yield from _persuaders(manifest, facts)
    if facts.cut:
        yield f"{counted(facts.cut, 'text')} reached the token limit and ends there (`--no-cut` leaves them out)."
    if facts.missing_ratings:
        yield f"{counted(facts.missing_ratings, 'rating')} could not be read; nothing was put in their place."
    if facts.failed:
        yield f"{counted(facts.failed, 'interaction')} failed at some step; what was obtained before is here."
    if len(observers := sorted({run.models.observer for run in manifest.runs})) > 1:
        names = ", ".join(map(code, observers))
        yield f"Ratings are by several observers ({names}); only pairs are sure to be rated by the same one."
    unfinished = [run.run_id for run in manifest.runs if run.interactions < run.planned]
    if unfinished:
        yield f"Not all planned interactions were there yet in: {', '.join(map(code, unfinished))}."


def _persuaders(manifest: ExportManifest, facts: Facts) -> Iterator[str]:
    """How many interactions are of agents that were given a wrong key: a training set has none of them."""
    told = "agents that were told to convince others of a wrong answer (`--control persuader`)"
    if left := manifest.filters[INTERACTIONS].dropped.get("persuader"):
        yield f"Left out: {counted(left, 'interaction')} of {told}."
    if facts.persuaders:
        yield f"{counted(facts.persuaders, 'interaction')} of {told}: `persuader` says of which."


def plain(text: str) -> str:
    """`text` without what means something in a Markdown table, and not too long."""
    words = "".join(" " if letter in "`|<>" or not letter.isprintable() else letter for letter in text).split()
    return " ".join(words)[:LONGEST]


def code(text: str) -> str:
    """`text` as a name in Markdown."""
    return f"`{plain(text) or '-'}`"
