"""Options of every command: one declaration gives flag, variable, key of a file, help and bounds, and each is named."""

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from annotated_types import Ge, Gt, Le, Lt
from conftest import ROOT, Sandbox
from example_runs import SMALL

from sandbox.errors import UsageError
from sandbox.export.options import ExportOptions
from sandbox.inspection.options import View
from sandbox.inspection.study_options import StudyView
from sandbox.options.annotation import AnnotationConfig
from sandbox.options.config import Config
from sandbox.options.option import Declared, options
from sandbox.options.resolution import naming_places, resolve
from sandbox.packing.options import PackOptions, UnpackOptions
from sandbox.studies.options import StudyOptions

KINDS: dict[type[Declared], str] = {
    Config: "SANDBOX_",
    AnnotationConfig: "SANDBOX_ANNOTATE_",
    View: "SANDBOX_INSPECT_",
    ExportOptions: "SANDBOX_EXPORT_",
    PackOptions: "SANDBOX_PACK_",
    UnpackOptions: "SANDBOX_UNPACK_",
    StudyOptions: "SANDBOX_STUDY_",
    StudyView: "SANDBOX_STUDY_SHOW_",
}
SHARED = {"SANDBOX_RUNS", "SANDBOX_STUDIES", "SANDBOX_JSON", "SANDBOX_DEBUG"}


def test_no_two_meanings_share_a_variable() -> None:
    for kind, prefix in KINDS.items():
        for option in options(kind).values():
            own = prefix + option.flag.removeprefix("--").replace("-", "_").upper()
            assert option.variable == own or option.variable in {*SHARED, "SANDBOX_STUDIES"}, option
    assert {option.variable for option in options(View).values()} & {
        option.variable for option in options(ExportOptions).values()
    } == SHARED
    assert options(ExportOptions)["for_"].variable == "SANDBOX_EXPORT_FOR"


@pytest.mark.parametrize(("kind", "prefix"), [(View, "SANDBOX_INSPECT_"), (ExportOptions, "SANDBOX_EXPORT_")])
def test_flag_beats_variable_beats_file_beats_default(
    tmp_path: Path, kind: type[View] | type[ExportOptions], prefix: str
) -> None:
    file = tmp_path / "options.toml"
    file.write_text('runs = "a"\nround = "1"\nlabel = "good"\nmodel = "file"\n')
    environment = {"SANDBOX_RUNS": "b", f"{prefix}ROUND": "2", f"{prefix}LABEL": "bad", "SANDBOX_LABEL": "none"}
    resolved = resolve(kind, {"runs": Path("c"), "round": "3", "label": None}, file, environment)
    found = resolved.config
    assert (found.runs, found.round, found.label, found.model, found.debug) == (Path("c"), "3", "bad", "file", False)
    names = ("runs", "round", "label", "model", "debug")
    assert [resolved.origins[name] for name in names] == ["flag", "flag", "environment", "file", "default"]
    assert resolved.places == {"label": f"{prefix}LABEL", "model": str(file)}


def test_values_are_read_as_what_they_are(tmp_path: Path) -> None:
    file = tmp_path / "options.toml"
    file.write_text('format = "dpo"\nno-cut = true\nmin_score = 5\nfor = "trl"\nout = "sets"\n')
    found = resolve(ExportOptions, {}, file, {"SANDBOX_EXPORT_SEED": "7", "SANDBOX_JSON": "1"}).config
    assert (found.format, found.no_cut, found.min_score, found.for_) == ("dpo", True, 5.0, "trl")
    assert (found.out, found.seed, found.json) == (Path("sets"), 7, True)
    assert not resolve(View, {}, None, {"SANDBOX_JSON": "0", "SANDBOX_INSPECT_LABEL": ""}).config.lists


@pytest.mark.parametrize(
    ("kind", "text", "environment", "message"),
    [
        (View, "sotr = 'gain'", {}, "options.toml:1: unknown key 'sotr'. Did you mean 'sort'?"),
        (ExportOptions, "grid = 3", {}, "options.toml:1: unknown key 'grid'."),
        (ExportOptions, "for_ = 'trl'", {}, "options.toml:1: unknown key 'for_'. Did you mean 'for'?"),
        (View, "round = 3", {}, "options.toml:1: round = 3: wanted is a text."),
        (View, "[society]\nx = 1", {}, "unknown key 'society'"),
        (
            View,
            "",
            {"SANDBOX_INSPECT_PLOT": "pie"},
            "SANDBOX_INSPECT_PLOT=pie: wanted is one of pareto, rounds, grid, scores, loss.",
        ),
        (View, "", {"SANDBOX_JSON": "x"}, "SANDBOX_JSON=x: wanted is true or false."),
        (
            ExportOptions,
            "min_score = 9",
            {},
            "options.toml:1: min_score = 9: wanted is a rating",
        ),
        (ExportOptions, "", {"SANDBOX_EXPORT_TEST": "x"}, "SANDBOX_EXPORT_TEST=x: wanted is a share"),
    ],
)
def test_mistakes_are_named_with_their_place(
    tmp_path: Path, kind: type[View], text: str, environment: dict[str, str], message: str
) -> None:
    file = tmp_path / "options.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        resolve(kind, {}, file, environment)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def forbidden(kind: type[Declared], name: str) -> Iterator[Any]:
    """Values just beyond each bound of an option."""
    for mark in get_type_hints(kind, include_extras=True)[name].__metadata__:
        match mark:
            case Ge(least) | Gt(least):
                yield least - 1
            case Le(most) | Lt(most):
                yield most + 1


def test_every_number_has_bounds_and_is_refused_by_name_and_value() -> None:
    refused = 0
    for kind in KINDS:
        numbers = [each for each in options(kind).values() if {int, float} & {each.type, *get_args(each.type)}]
        for option in numbers:
            values = list(forbidden(kind, option.name))
            assert values, f"{option} has no bounds"
            for value, by_flag in product(values, (True, False)):
                environment = {} if by_flag else {option.variable: str(value)}
                with pytest.raises(UsageError) as caught:
                    resolve(kind, {option.name: value} if by_flag else {}, None, environment)
                said = str(caught.value)
                assert said.startswith(option.flag if by_flag else option.variable), said
                assert f"wanted is {option.wanted}." in said, said
                assert f"{value:.15g}" in said or repr(value) in said, said
                refused += 1
    assert refused > 100


def test_what_does_not_go_together_is_told_with_the_place_it_stands_in(tmp_path: Path) -> None:
    resolved = resolve(View, {"csv": True}, None, {"SANDBOX_JSON": "1"})
    with pytest.raises(UsageError) as caught, naming_places(resolved):
        resolved.config.check(1)
    assert str(caught.value) == "--json (SANDBOX_JSON) and --csv are two ways to show it: ask for one at a time."
    resolved = resolve(View, {"interactions": True}, None, {"SANDBOX_INSPECT_INTERACTION": "r000-a000"})
    with (
        pytest.raises(
            UsageError, match=r"--interaction \(SANDBOX_INSPECT_INTERACTION\) .* leave out --interactions\.$"
        ),
        naming_places(resolved),
    ):
        resolved.config.check(1)


def test_what_a_society_is_made_with_does_not_filter_what_is_looked_at(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"MODEL": "scripted", "LABELS": "half", "SEED": "4", "THRESHOLD": "0.1"}.items():
        monkeypatch.setenv(f"SANDBOX_{name}", value)
    assert sandbox("simulate", *SMALL[2:], "--run-id", "one").code == 0
    monkeypatch.setenv("SANDBOX_MODEL", "gpt-4o")
    monkeypatch.setenv("SANDBOX_LABEL", "bad")
    assert [run["run_id"] for run in json.loads(sandbox("inspect", "--json").out)] == ["one"]
    assert len(json.loads(sandbox("inspect", "one", "--interactions", "--json").out)["interactions"]) == 9
    monkeypatch.setenv("SANDBOX_INSPECT_MODEL", "gpt-4o")
    refused = sandbox("inspect", "one", "--interactions")
    assert refused.code == 2
    assert "--model (SANDBOX_INSPECT_MODEL) gpt-4o: nobody in this run has it." in refused.err
    assert json.loads(sandbox("inspect", "--json").out) == []
    assert sandbox("export", "one", "--format", "dpo", "--out", "set", "--json").code == 0
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text())
    assert (manifest["options"]["model"], manifest["options"]["seed"]) == (None, 0)


def test_export_takes_its_options_from_a_file_and_from_variables(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sandbox("simulate", *SMALL, "--run-id", "one").code == 0
    (tmp_path / "dpo.toml").write_text('format = "dpo"\nout = "set"\nmin-gap = 2\nseed = 3\n')
    monkeypatch.setenv("SANDBOX_EXPORT_SEED", "4")
    assert sandbox("export", "one", "--config", "dpo.toml").code == 0
    asked = json.loads((tmp_path / "set" / "manifest.json").read_text())["options"]
    assert (asked["min_gap"], asked["seed"]) == (2.0, 4)
    (tmp_path / "mix.toml").write_text('format = "dpo"\nout = "other"\nmix = "5:1:1"\n')
    refused = sandbox("export", "one", "--config", "mix.toml")
    assert "--mix (mix.toml) means nothing for dpo" in refused.err
    refused = sandbox("export", "--check", "set", "--config", "dpo.toml")
    assert "leave out --format (dpo.toml)." in refused.err


def test_a_variable_says_how_and_never_what(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A standing wish that does not fit what is asked is left out; one that fits holds, and flags beat it."""
    assert sandbox("simulate", *SMALL, "--run-id", "one").code == 0
    assert sandbox("export", "one", "--format", "dpo", "--out", "set").code == 0
    plain = {words: sandbox("inspect", *words).out for words in [("one",), ("one", "--why"), ("one", "one")]}
    checked = sandbox("export", "--check", "set").out
    for name, value in {"LIMIT": 2, "SORT": "gain", "LABEL": "bad", "STATUS": "complete", "CSV": 1, "WHY": 1}.items():
        monkeypatch.setenv(f"SANDBOX_INSPECT_{name}", str(value))
    for name, value in {"SEED": 4, "FORMAT": "dpo", "MIX": "5:1:1", "EMBEDDER": "hash", "OUT": "elsewhere"}.items():
        monkeypatch.setenv(f"SANDBOX_EXPORT_{name}", str(value))
    for words, out in plain.items():
        assert sandbox("inspect", *words).out == out, words
    assert sandbox("export", "--check", "set").out == checked
    listed = json.loads(sandbox("inspect", "one", "--interactions", "--json").out)["interactions"]
    assert [item["label"] for item in listed] == ["bad", "bad"]
    assert len(json.loads(sandbox("inspect", "one", "--interactions", "--limit", 3, "--json").out)["interactions"]) == 3
    assert len(json.loads(sandbox("inspect", "one", "--agent", "1-7", "--json").out)["interactions"]) == 2
    assert sandbox("inspect").code == 0, "an order of interactions is none of runs"
    assert sandbox("export", "one").code == 0
    assert json.loads((tmp_path / "elsewhere" / "manifest.json").read_text())["seed"] == 4


def test_what_is_needed_first_is_resolved_like_the_rest(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sandbox("simulate", *SMALL, "--runs", "other", "--run-id", "one").code == 0
    (tmp_path / "other.toml").write_text('runs = "other"\n')
    assert sandbox("simulate", "--resume", "one", "--config", "other.toml").code == 0
    monkeypatch.setenv("SANDBOX_RUNS", "other")
    monkeypatch.setenv("SANDBOX_JSON", "yes")
    assert json.loads(sandbox("simulate", "--replay", "one").out)["event"] == "replayed"
    monkeypatch.setenv("SANDBOX_RUNS", "")
    assert "no such run, as a path or in runs, which is no folder." in sandbox("simulate", "--resume", "one").err


def test_every_command_takes_a_file(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text("odd = 1\n")
    for words in (
        ["simulate"],
        ["inspect"],
        ["export"],
        ["doctor"],
        ["questions", "show"],
        ["pack", "x"],
        ["unpack", "x"],
    ):
        done = sandbox(*words, "--config", "odd.toml")
        assert (done.code, "--config odd.toml:1: unknown key 'odd'." in done.err) == (2, True), words
    (tmp_path / "questions.toml").write_text('questions = "starter"\nmax_length = 50\n')
    assert '"too_long":' in sandbox("questions", "show", "--config", "questions.toml", "--json").out


def test_declarations_import_nothing_slow() -> None:
    code = "import sys, sandbox.export.options, sandbox.inspection.options; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"typer", "pydantic", "numpy"} & set(found.stdout.split())
