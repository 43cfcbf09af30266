"""What the benchmarks compare with is what it says: the longest path of the graph, and a barrier between rounds."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import orjson
import pytest
from conftest import Sandbox
from example_runs import SOCIETY
from fake_endpoint import serve
from societies import plan, scripted, society

import sandbox.society.casting
from benchmarks import beside
from benchmarks.barrier import BarrierSociety
from benchmarks.beside import beside_figures, compared, taken
from benchmarks.command import ROOT, first_event, first_message
from benchmarks.derivation import bodies, graph
from benchmarks.figure import Figure, median_of
from benchmarks.hostile import hostile_figures
from benchmarks.resume import resume_figures
from benchmarks.runs import different_logs
from benchmarks.table import show
from benchmarks.throughput import CALLS_A_SECOND
from benchmarks.turn import Turn, alone


def package(folder: Path, name: str, module: str, source: str) -> Path:
    """A checkout with this package, which has this module alone."""
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").touch()
    (folder / name / f"{module}.py").write_text(source)
    return folder


def test_the_longest_path_is_that_of_the_recorded_latencies(sandbox: Sandbox, tmp_path: Path) -> None:
    assert sandbox("simulate", "--model", "scripted", *SOCIETY, "--rounds", 3, "--run-id", "one").code == 0
    run = tmp_path / "runs" / "one"
    lines = [orjson.loads(line) for line in (run / "calls.jsonl").read_bytes().splitlines()]
    slow = {"revision": 5.0, "score_revision": 100.0}
    timed = [line | {"latency": slow.get(line["stage"], 1.0)} for line in lines]
    (run / "calls.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in timed))
    found = graph(run)
    assert found.longest_path == pytest.approx(3 * (1 + 1 + 5) + 100)
    assert found.total_latency == pytest.approx(27 * (1 + 4 + 5 + 2 + 200))


def test_the_bodies_of_a_run_are_those_it_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    with serve() as server:
        options = ("--model", "fake", "--base-url", server.base_url, "--structured", "json_schema", "--run-id", "one")
        assert sandbox("simulate", *options, *SOCIETY).code == 0
    sent = [orjson.dumps(body, option=orjson.OPT_SORT_KEYS) for body in server.requests]
    derived = [orjson.dumps(body, option=orjson.OPT_SORT_KEYS) for body in bodies(tmp_path / "runs" / "one")]
    probes = len(sent) - len(derived)
    assert sorted(derived) == sorted(sent[probes:])
    assert len(derived) == 90


def test_the_barrier_lets_no_round_begin_before_the_last_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.society.casting, "Society", BarrierSociety)
    here, random = society(plan(rounds=3)), Random(3)
    in_flight, rounds = [], []
    while True:
        while key := here.next_call(0):
            rounds.append(key.round)
            in_flight.append((key, here.request(key)))
        if not in_flight:
            break
        key, request = in_flight.pop(random.randrange(len(in_flight)))
        here.receive(key, scripted(request))
        list(here.release())
    assert rounds == sorted(rounds)
    assert here.released == 27


def test_a_figure_is_met_within_its_bounds() -> None:
    assert median_of("m", [3, None, 1, 2], most=2) == Figure("m", 2, "", 2, None, [3, 1, 2])
    assert [Figure("m", 2, most=bound).met for bound in (1.9, 2)] == [False, True]
    assert [Figure("m", 2, least=bound).met for bound in (2.1, 2)] == [False, True]
    assert Figure("m", 2).met
    assert median_of("m", [None], most=2).value is None


def test_logs_that_differ_or_lack_lines_are_told(tmp_path: Path) -> None:
    runs = [tmp_path / name for name in ("short", "long", "other seed")]
    for run, seed, lines in zip(runs, (0, 0, 1), (2, 3, 2), strict=True):
        run.mkdir()
        (run / "manifest.json").write_text(json.dumps({"seed": seed, "totals": {"planned": lines}}))
        (run / "interactions.jsonl").write_text("".join(f"{seed} {number}\n" for number in range(lines)))
    assert different_logs(runs) == 1
    (runs[1] / "interactions.jsonl").write_text("0 0\nx\n0 2\n")
    assert different_logs(runs) == 2
    (runs[0] / "interactions.jsonl").write_text("")
    with pytest.raises(RuntimeError, match="has not its 2 lines"):
        different_logs(runs)


def test_a_command_that_begins_with_an_error_has_no_first_line(tmp_path: Path) -> None:
    options = ("simulate", "--model", "scripted", "--grid", "none")
    with pytest.raises(RuntimeError, match="began with"):
        first_message(tmp_path, "Reading questions from ", *options)


@pytest.mark.slow
def test_the_first_event_is_that_of_the_code_that_is_asked_for(tmp_path: Path) -> None:
    begins = '{"event":"started"'
    small = ("simulate", "--model", "scripted", *SOCIETY)
    assert first_event(tmp_path, begins, *small).seconds > 0
    with pytest.raises(RuntimeError, match="--roundz: no such option"):
        first_event(tmp_path, begins, *small, "--roundz", 3)
    other = package(tmp_path / "other", "sandbox", "cli", "def main(): print('another checkout')")
    with pytest.raises(RuntimeError, match="began with 'another checkout"):
        first_event(tmp_path, begins, *small, checkout=other)


def test_a_section_is_taken_of_the_code_of_a_checkout_and_nothing_is_written_there(tmp_path: Path) -> None:
    tells = 'def main(): print(\'{"event":"started"}\')'
    other = package(tmp_path / "other", "sandbox", "cli", tells)
    before = sorted(other.rglob("*.py"))
    place = tmp_path / "place"
    place.mkdir()
    figure, processor_time = taken("first-call", Turn(place, checkout=other)).values()
    assert figure.value > 0
    assert processor_time.name.endswith("processor time")
    assert sorted(path for path in other.rglob("*") if path.is_file() and path.suffix != ".pyc") == before
    (other / "sandbox" / "cli.py").write_text(tells.replace("started", "ended"))
    with pytest.raises(RuntimeError, match=r"began with .*ended"):
        taken("first-call", Turn(place, checkout=other))


@pytest.mark.slow
def test_what_replies_without_end_do_is_measured(tmp_path: Path) -> None:
    figures = {figure.name: figure for figure in hostile_figures(Turn(tmp_path))}
    assert len(figures) == 4
    assert all(figure.met and figure.value is not None for figure in figures.values())
    assert [figure.value for name, figure in figures.items() if name.endswith("name the limit")] == [1, 1]


@pytest.mark.slow
def test_a_resume_is_measured_again_and_again_on_one_run(tmp_path: Path) -> None:
    first, second = (
        {figure.name for figure in resume_figures(Turn(tmp_path, number, quick=True))} for number in (0, 1)
    )
    assert len(first) == 6
    assert len(first - second) == 1
    assert not (tmp_path / "kept").exists()


def test_two_checkouts_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[tuple[int, Path]] = []

    def section(turn: Turn) -> Iterator[Figure]:
        order.append((turn.number, turn.checkout))
        yield median_of("one", [len(order)], "s")

    monkeypatch.setattr(beside, "SECTIONS", {"made up": section})
    before, *figures, after = beside_figures(tmp_path, ["made up"], 3, "starter", quick=True)
    assert order == [(number, checkout) for number in range(3) for checkout in (tmp_path, ROOT)]
    assert [figure.runs for figure in figures] == [[1, 3, 5], [2, 4, 6], [2, 1.333, 1.2]]
    assert before.name.endswith("additions, before")
    assert after.name.endswith("additions, after")


def test_turns_come_to_medians_with_their_bounds(tmp_path: Path) -> None:
    def section(turn: Turn) -> Iterator[Figure]:
        yield median_of("each", [turn.number], "s", most=1)
        if not turn.number:
            yield median_of("once", [7.0])

    figures = list(alone(section, [Turn(tmp_path, number) for number in (2, 0, 5)]))
    assert figures == [Figure("each", 2, "s", 1, None, [2, 0, 5]), Figure("once", 7, "", None, None, [7])]


@pytest.mark.parametrize(("unit", "here", "met"), [("s", 20.4, True), ("s", 20.8, False), ("/s", 19.6, True)])
def test_two_checkouts_are_compared_by_the_first_figure(unit: str, here: float, met: bool) -> None:
    def turn(value: float) -> dict[str, Figure]:
        return {"first": Figure("first", value, unit), "second": Figure("second", 5.0)}

    theirs = [turn(value) | {"theirs": Figure("theirs", 1.0)} for value in (10, 20, 40)]
    figures = {figure.name: figure for figure in compared(theirs, [turn(value) for value in (20, here, 20)])}
    assert [figures[f"first: {where}"].value for where in ("there", "here")] == [20, 20]
    assert figures["first: here / there"].value == pytest.approx(here / 20)  # each turn for itself: 2, that, and 0.5
    assert figures["first: here / there"].met is met
    assert figures["second: here / there"] == Figure("second: here / there", 1.0, runs=[1, 1, 1])
    assert len(figures) == 6


def test_a_figure_that_is_to_be_better_by_so_much_is_bound_to_that() -> None:
    there, here = ({CALLS_A_SECOND: Figure(CALLS_A_SECOND, value, "/s", least=value)} for value in (100, 199))
    (_, ours, ratio) = compared([there], [here])
    assert (ours.least, ratio.least, ratio.met) == (199, 2.0, False)


def test_two_checkouts_stand_in_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    there, here = ({"calls": Figure("calls", value, "/s", least=1)} for value in (100, 96))
    show([Figure("additions", 0.25, "s"), *compared([there], [here])])
    rows = [line.split("│")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    cells = [[cell.strip() for cell in row] for row in rows]
    assert cells == [
        ["additions", "", "0.25 s", "", "-", "", "-"],
        ["calls", "100 /s", "96 /s", "0.96", ">= 1", "-", "yes"],
    ]
    show([Figure("calls", 96, "/s", least=100), Figure("lost", None, most=0)])
    out = capsys.readouterr().out
    assert all(word in out for word in ("96 /s", ">= 100", "NO", "not measured"))


def test_a_lower_rate_is_slower() -> None:
    (*_, ratio) = compared([{"calls": Figure("calls", 100, "/s")}], [{"calls": Figure("calls", 96, "/s")}])
    assert not ratio.met
