"""Help says what may be, bounds and closed sets too, and ends with examples that work; `sandbox help` is the same."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Sandbox

from sandbox.cli import parser
from sandbox.commands.examples import EXAMPLES
from sandbox.export.options import ExportOptions
from sandbox.inspection.analysis.options import ObserverView, ParetoView, RepresentationView, SophistryView
from sandbox.inspection.options import View
from sandbox.inspection.study_options import StudyView
from sandbox.options.annotation import AnnotationConfig
from sandbox.options.config import Config
from sandbox.options.domain import shown_number
from sandbox.options.option import Declared, options
from sandbox.options.resolution import resolve
from sandbox.packing.options import PackOptions, UnpackOptions

COMMANDS: dict[str, type[Declared] | None] = {
    "": None,
    "simulate": Config,
    "annotate": AnnotationConfig,
    "inspect": View,
    "export": ExportOptions,
    "pack": PackOptions,
    "unpack": UnpackOptions,
    "questions": None,
    "questions show": None,
    "questions fetch": None,
    "study": None,
    "study show": StudyView,
    "analyze": None,
    "analyze sophistry": SophistryView,
    "analyze representation": RepresentationView,
    "analyze observer": ObserverView,
    "analyze pareto": ParetoView,
    "doctor": None,
    "help": None,
}


def shown(sandbox: Sandbox, *words: str) -> str:
    done = sandbox(*words)
    assert done.code == 0
    assert done.err == ""
    return done.out


def test_help_is_the_same_by_each_of_its_names(sandbox: Sandbox) -> None:
    for command in COMMANDS:
        words = command.split()
        text = shown(sandbox, *words, "--help")
        assert text == shown(sandbox, *words, "-h") == shown(sandbox, "help", *words)
    assert shown(sandbox, "-V") == shown(sandbox, "--version")


def test_every_help_fits_80_columns_and_ends_with_examples(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for command in COMMANDS:
        text = shown(sandbox, *command.split(), "--help")
        assert max(map(len, text.splitlines())) <= 80, command
        lines = [line.strip() for line in text.partition("Examples:")[2].splitlines() if line.strip()]
        assert lines == list(EXAMPLES[command or "sandbox"]), command
        assert "<bool>" not in text


def test_bounds_and_closed_sets_stand_in_the_help(sandbox: Sandbox) -> None:
    for command, kind in COMMANDS.items():
        text = " ".join(re.sub("[│\n]", " ", shown(sandbox, *command.split(), "--help")).split())
        for option in options(kind).values() if kind else ():
            help_of = text.partition(f" {option.flag} ")[2][:300]
            domain = option.domain
            wanted = [
                *domain.choices,
                *(shown_number(each) for each in (domain.least, domain.most) if each is not None),
            ]
            assert not [each for each in wanted if each not in help_of], (option.flag, help_of)


def parsed(words: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the real parser makes of the words of an example: the command, and its parameters."""
    group: Any = parser()
    context = group.make_context("sandbox", words)
    while words and words[0] in getattr(group, "commands", {}):
        name, *words = words
        group = group.commands[name]
        context = group.make_context(name, list(words), parent=context)
        yield name, context.params


def test_every_example_is_read_by_the_real_parser_and_means_something() -> None:
    kinds = {"simulate": Config, "inspect": View, "export": ExportOptions}
    read = 0
    for line in {line for lines in EXAMPLES.values() for line in lines}:
        first, *words = shlex.split(line)
        assert first == "sandbox"
        *_, (name, params) = parsed(words)
        if kind := kinds.get(name):
            resolve(kind, {key: params[key] or None for key in params if key in options(kind)}, None, {})
        read += 1
    assert read >= 20


def test_examples_work(sandbox: Sandbox) -> None:
    for line in (
        EXAMPLES["simulate"][0],
        *EXAMPLES["questions show"][:1],
        "sandbox inspect",
        "sandbox help questions show",
    ):
        words = shlex.split(line)[1:]
        extra = ["--embedder", "hash", "--dry-run"] if words[0] == "simulate" else []
        assert sandbox(*words, *extra).code == 0, line
