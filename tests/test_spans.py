"""Spans of rounds and agents: every option reads them alike, and says what a run has where it has none of it."""

import json
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import scripted_run
from tables import table

ROUNDS = {
    "0": {0},
    "1-2": {1, 2},
    "1:2": {1, 2},
    "1-": {1, 2},
    "1:": {1, 2},
    "-1": {0, 1},
    ":1": {0, 1},
    "1 - 2": {1, 2},
}
# What is wrong, whatever the option is, and what is said of it.
WRONG = {
    "": "is empty: leave it out, or say what you want",
    "-": "is no number and no span of numbers such as 3-5 (or 3:5), 3- or -5",
    "x": "'x' is no number and no span",
    "0,1": "is no number and no span",
    "0-1-2": "is no number and no span",
    "1e1": "is no number and no span",
    "9999999999": "is no number and no span",
    "2-1": "2-1 ends before it begins. Did you mean 1-2?",
    "2:1": "2:1 ends before it begins. Did you mean 1:2?",
}


@pytest.fixture
def three_rounds(sandbox: Sandbox, tmp_path: Path) -> Path:
    return scripted_run(sandbox, tmp_path, rounds=3)


def test_rounds_are_listed_and_mapped_by_the_same_spans(sandbox: Sandbox, three_rounds: Path) -> None:
    for text, rounds in ROUNDS.items():
        listed = json.loads(sandbox("inspect", "one", "--round", text, "--json").out)["interactions"]
        assert {item["round"] for item in listed} == rounds, text
        assert len(listed) == 9 * len(rounds), text
        (name,) = json.loads(sandbox("inspect", "one", "--map", text, "--json").out)["tables"]
        first, last = min(rounds), max(rounds)
        change = f"Change of alignment from round {first} to {last}"
        assert name == (change if len(rounds) > 1 else f"Alignment of revisions in round {first}"), text


def test_agents_are_listed_by_them_too(sandbox: Sandbox, made_run: Path) -> None:
    found = json.loads(sandbox("inspect", made_run, "--agent", "7:", "--json").out)["interactions"]
    assert {item["agent"] for item in found} == {7, 8}


def test_what_is_no_span_is_refused_by_every_option_that_takes_one(sandbox: Sandbox, made_run: Path) -> None:
    export = ("export", made_run, "--format", "sft", "--out", "set")
    for text, sentence in WRONG.items():
        for words in (
            ("inspect", made_run, "--round"),
            ("inspect", made_run, "--agent"),
            ("inspect", made_run, "--map"),
        ):
            done = sandbox(*words, text)
            assert (done.code, done.out) == (2, ""), (words, text)
            assert done.err.startswith(f"Error: {words[-1]} "), (words, text, done.err)
            assert sentence in done.err, (words, text)
        done = sandbox(*export, "--round", text)
        assert done.code == 2, text
        assert "--round" in done.err
    assert not Path("set").exists()


def test_an_export_of_rounds_that_are_not_there_is_refused(
    sandbox: Sandbox, three_rounds: Path, tmp_path: Path
) -> None:
    export = ("export", three_rounds, "--format", "sft", "--out", "set", "--round")
    beyond = sandbox(*export, "5-9")
    assert (beyond.code, beyond.err) == (
        2,
        "Error: --round 5-9: run one has rounds 0 to 2.\nThe nearest is --round 2\n",
    )
    assert not Path("set").exists()
    partly = sandbox(*export, "1-9")
    assert (partly.code, "Warning: --round 1-9: run one has rounds 0 to 2." in partly.err) == (0, True)
    other = scripted_run(sandbox, tmp_path, "two", rounds=1)
    one_of_two = sandbox("export", three_rounds, other, "--format", "sft", "--out", "both", "--round", 1)
    assert (one_of_two.code, "Warning: --round 1: run two has round 0 alone." in one_of_two.err) == (0, True)


@table(
    ("words", "told"),
    [
        (("--round", 3), "--round 3: run one has rounds 0 to 2.\nThe nearest is --round 2"),
        (("--round", "7-9", "--json"), "--round 7-9: run one has rounds 0 to 2.\nThe nearest is --round 2"),
        (("--map", 3), "--map 3: run one has rounds 0 to 2.\nThe nearest is --map 2"),
        (("--map", "1:9"), "--map 1:9: run one has rounds 0 to 2.\nThe nearest is --map 1-2"),
        (("--plot", "grid", "--map", "3-", "-o", "x.svg"), "--map 3-: run one has rounds 0 to 2.\nThe nearest is"),
        (("--agent", 9), "--agent 9: run one has agents 0 to 8.\nThe nearest is --agent 8"),
        (("--agent", "50-60"), "--agent 50-60: run one has agents 0 to 8.\nThe nearest is --agent 8"),
        (
            ("--interaction", "r009-a999"),
            "--interaction r009-a999: no such interaction in run one. It has r000-a000 to",
        ),
    ],
)
def test_what_a_run_does_not_reach_is_told_with_what_it_has(
    sandbox: Sandbox, three_rounds: Path, words: tuple[object, ...], told: str
) -> None:
    done = sandbox("inspect", three_rounds, *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"Error: {told}")
    assert not Path("x.svg").exists()


def test_a_run_that_is_under_way_says_how_many_rounds_it_will_have(sandbox: Sandbox, three_rounds: Path) -> None:
    log = three_rounds / "interactions.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines[:4]))
    done = sandbox("inspect", "one", "--round", 2)
    assert "--round 2: run one has round 0 alone of 3 planned.\nThe nearest is --round 0\n" in done.err
    log.write_text("")
    for words in (("--round", 0), ("--map", 0)):
        done = sandbox("inspect", "one", *words)
        assert done.code == 2
        assert done.err.endswith(f"Error: {words[0]}: no interaction of run one is in the log yet.\n")


def test_of_a_span_that_is_there_in_part_the_part_is_listed_with_a_warning(sandbox: Sandbox, made_run: Path) -> None:
    done = sandbox("inspect", made_run, "--round", "1-9", "--agent", "8-20", "--json")
    assert done.code == 0
    assert [item["id"] for item in json.loads(done.out)["interactions"]] == ["r001-a008"]
    told = [line for line in done.err.splitlines() if line.startswith("Warning: ")]
    assert told == [
        "Warning: --round 1-9: run one has rounds 0 to 1.",
        "Warning: --agent 8-20: run one has agents 0 to 8.",
    ]


@table(
    ("words", "told"),
    [
        (("--map", 0, "--round", 1), "--map shows a grid by itself, or with --plot grid: leave out --round, or --map."),
        (("--map", 0, "--agent", 1), "leave out --agent, or --map."),
        (("--map", 0, "--why"), "leave out --why, or --map."),
        (("--map", 0, "--plot", "rounds", "-o", "x.svg"), "leave out --plot, or --map."),
        (
            ("--plot", "grid", "--round", "0-1", "-o", "x.svg"),
            "--plot grid draws the rounds that --map names: --map 0-1.",
        ),
        (("--why", "--agent", 1), "--why shows all there is: leave out --agent."),
    ],
)
def test_no_span_is_dropped_in_silence(sandbox: Sandbox, made_run: Path, words: tuple[object, ...], told: str) -> None:
    done = sandbox("inspect", made_run, *words)
    assert done.code == 2
    assert told in done.err
