"""What the options of `sandbox export` ask for: whether they go together, and what recipe they give. Knows no run."""

import re
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Final

from sandbox.errors import UsageError
from sandbox.export.names import FORMATS, OF_KINDS, OF_PAIRS, TRAINERS, Format, Trainer
from sandbox.export.options import ExportOptions
from sandbox.export.recipe import Recipe
from sandbox.options.config import Config
from sandbox.options.option import flag_of
from sandbox.span import Span
from sandbox.text import nearest

_TRAINING: Final = frozenset(FORMATS) - {"parquet"}
# Which formats an option has a meaning for, where it is not all of them.
_MEANT_FOR: Final[Mapping[str, Collection[Format]]] = {
    "style": OF_PAIRS | {"stable-alignment", "sft", "kto"},
    "prompt": _TRAINING,
    "mix": OF_KINDS,
    "objective": {"dpo", "reward", "kto"},
    "pairs": OF_PAIRS,
    "opponents": OF_PAIRS,
    "min_gap": OF_PAIRS,
    "preference": {"dpo", "modpo"},
    "threshold": {"kto"},
    "min_score": OF_KINDS | OF_PAIRS,
    "min_length": _TRAINING,
    "keep_duplicates": _TRAINING,
    "near_duplicates": _TRAINING,
    "embedder": _TRAINING,
}
_CHECKING: Final = ("check", "for_", "max_length", "tokenizer", "push", "json", "debug", "runs", "studies")
_MIX: Final = re.compile(r"(\d{1,6}):(\d{1,6}):(\d{1,6})")
# ISO 639, with what BCP 47 puts behind it; the hub has two words besides.
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*|code|multilingual")
_LICENSE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}")


def standing(options: ExportOptions, asked: ExportOptions) -> set[str]:
    """Which of the `options` variables may give, where flags and files alone give those `asked`: what fits to these."""
    if asked.check:
        return {"max_length", "tokenizer"} if asked.push else {"for_", "max_length", "tokenizer"}
    unfit = {"check", "push"}
    unfit |= set() if asked.push else {"max_length", "tokenizer"}
    unfit |= {"embedder"} if options.near_duplicates is None else set()
    unfit |= {"for_"} if options.format == "parquet" else set()
    return {each.name for each in fields(options) if options.format in _MEANT_FOR.get(each.name, FORMATS)} - unfit


def check_options(options: ExportOptions, runs: int) -> None:
    """Raises `UsageError` for options that do not go together, or that do not go with so many runs."""
    given = options.given()
    if options.check:
        _check_a_check(given, runs)
        return
    if not runs:
        raise UsageError("Which runs? Name some, or a folder to --check.\nList runs: sandbox inspect")
    if options.format is None or options.out is None:
        missing = f"--format says what it is for: {', '.join(FORMATS)}" if options.out else "--out names the folder"
        raise UsageError(f"{missing}.\nTry: sandbox export RUN --format dpo --out DIR")
    for name in ("max_length", "tokenizer"):
        if getattr(options, name) and not options.push:
            raise UsageError(f"{flag_of(name)} is for --check and --push: nothing is cut in an export.")
    for name in given:
        if options.format not in _MEANT_FOR.get(name, FORMATS):
            meant = ", ".join(each for each in FORMATS if each in _MEANT_FOR[name])
            raise UsageError(f"{flag_of(name)} means nothing for {options.format}: it is for {meant}.")


def _check_a_check(given: Collection[str], runs: int) -> None:
    if others := [name for name in given if name not in _CHECKING]:
        raise UsageError(f"--check looks at a folder as it is: leave out {flag_of(others[0])}.")
    if "push" in given and "for_" in given:
        raise UsageError("--push checks for the trainers that the folder says it is for: leave out --for.")
    if runs:
        raise UsageError("--check takes a folder and no run.\nTry: sandbox export --check DIR")


def recipe_of(options: ExportOptions) -> Recipe:
    """What the options ask for, with their defaults. Raises `UsageError` for values that cannot be."""
    assert options.format
    _check_values(options)
    given = {name: getattr(options, name) for name in Recipe.__dataclass_fields__ if name in options.given()}
    if options.prompt == "draft" and options.format in _MEANT_FOR["style"]:
        given.setdefault("style", "conversational")  # a plain prompt has no place for what the system is told
    given |= {"rounds": Span.parse(options.round, "--round") if options.round else None, "mix": _weights(options.mix)}
    if options.near_duplicates is not None:
        given["embedder"] = options.embedder or Config.embedder
    # An interaction is no duplicate of another, whatever was said in it.
    return Recipe(**{"keep_duplicates": options.format == "parquet", **given})


def _check_values(options: ExportOptions) -> None:
    if (options.validation or 0) + (options.test or 0) >= 1:
        raise UsageError("--validation and --test leave nothing to train on: they are shares, below 1 together.")
    if options.embedder and options.near_duplicates is None:
        raise UsageError("--embedder is for --near-duplicates: say how similar, such as 0.95.")
    languages_named(options.language)
    if options.license and not _LICENSE.fullmatch(options.license):
        raise UsageError(f"--license {options.license!r} is no id of a licence, such as cc-by-4.0 or apache-2.0.")


def languages_named(codes: str | None) -> tuple[str, ...]:
    """Those of `--language`; none if it was not given. Raises `UsageError`."""
    found = tuple(dict.fromkeys(code.strip() for code in codes.split(","))) if codes else ()
    if wrong := [code for code in found if not _LANGUAGE.fullmatch(code)]:
        raise UsageError(f"--language {wrong[0]!r} is no code of a language, such as en or de.")
    return found


def _weights(mix: str | None) -> tuple[int, int, int] | None:
    if mix is None:
        return None
    found = _MIX.fullmatch(mix.strip())
    weights = tuple(map(int, found.groups())) if found else (0, 0, 0)
    if not any(weights):
        raise UsageError(f"--mix {mix}: wanted are weights of imitation, self-critic, realignment: 5:1:1.")
    return weights[0], weights[1], weights[2]


def trainers_named(names: str | None) -> tuple[Trainer, ...] | None:
    """The trainers of `--for`; None if it was not given. Raises `UsageError`."""
    if names is None:
        return None
    known = ", ".join(TRAINERS)
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted:
        raise UsageError(f"--for names no trainer.\nThere are: {known}.")
    for name in wanted:
        if name not in TRAINERS:
            raise UsageError(f"--for {name}: no such trainer.{nearest(name, TRAINERS)}\nThere are: {known}.")
    return tuple(trainer for trainer in TRAINERS if trainer in wanted)
