"""Several societies in one event loop share endpoints and a budget, and each writes what it would write alone."""

import asyncio
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_endpoint import Behaviour, Server, serve
from rich.console import Console

from agents.limits.limiter import FIRST_WINDOW, Limiter
from sandbox.api.simulate import simulate
from sandbox.calls.budget import Budget, Limits
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.found import Found
from sandbox.calls.routes import Route
from sandbox.calls.union import Union
from sandbox.errors import SandboxError, UsageError
from sandbox.options.config import Config, SocietyModel
from sandbox.progress.display import LogDisplay
from sandbox.progress.events import Event
from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import read_lines
from sandbox.runs.manifest import Manifest
from sandbox.runs.records import Interaction, JournalLine
from sandbox.simulation.opening import Shared
from sandbox.simulation.progress import RoundDone
from sandbox.simulation.simulation import Simulation
from sandbox.society.plan import Plan, make_plan

SEEDS = (0, 1, 2)


def configured(server: Server, runs: Path, seed: int, **changes: Any) -> Config:
    return Config(
        model="fake", base_url=server.base_url, questions="starter", embedder="hash", grid=3, rounds=2, prior_size=5,
        threshold=0.2, seed=seed, runs=str(runs), run_id=f"seed-{seed}", concurrency=8, **changes,
    )  # fmt: skip


def plans(server: Server, runs: Path, **changes: Any) -> list[Plan]:
    return [make_plan(configured(server, runs, seed, **changes)) for seed in SEEDS]


def silent(_event: Event) -> None:
    """Nobody watches."""


async def together(
    planned: Sequence[Plan], budget: Budget | None = None, stopping: int | None = None
) -> list[Manifest | BaseException]:
    """Run them in this loop over the endpoints of the first; `stopping` is stopped after its first round."""
    async with Endpoints(planned[0].routes, planned[0].config) as endpoints:
        shared = Shared(endpoints, budget)
        simulations: list[Simulation] = []

        def stop(event: Event) -> None:
            if isinstance(event, RoundDone) and stopping is not None:
                simulations[stopping].stop()

        for number, plan in enumerate(planned):
            report = stop if number == stopping else silent
            simulations.append(Simulation(plan, {}, report, shared=shared._replace(rank=number)))
        return await asyncio.gather(*(each.run() for each in simulations), return_exceptions=True)


def logs(runs: Path) -> list[bytes]:
    return [(runs / f"seed-{seed}" / "interactions.jsonl").read_bytes() for seed in SEEDS]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What each writes that has an endpoint of its own."""
    runs = tmp_path_factory.mktemp("alone")
    with serve() as server:
        for seed in SEEDS:
            assert simulate(configured(server, runs, seed)).status == "complete"
    return logs(runs)


@pytest.mark.slow
def test_each_writes_what_it_would_write_alone(tmp_path: Path, alone: list[bytes]) -> None:
    with serve(Behaviour(latency=0.002, most_at_once=8)) as server:
        three = plans(server, tmp_path)
        ended = asyncio.run(together(three))
        assert set(server.answered) == {"200"}, "one limiter for all: never one too many"
        assert len(server.requests) == sum(plan.forecast.all_calls for plan in three) + 1, "one probe for all"
    assert [getattr(each, "status", each) for each in ended] == ["complete"] * 3
    assert logs(tmp_path) == alone
    assert len(set(alone)) == 3


@pytest.mark.slow
def test_a_budget_of_all_is_kept_and_what_is_left_goes_on(tmp_path: Path, alone: list[bytes]) -> None:
    budget = Budget(Limits(calls=400))
    with serve(Behaviour(latency=0.002)) as server:
        ended = asyncio.run(together(plans(server, tmp_path), budget))
        assert len(server.requests) == 401
        counted = [each.totals.calls for each in ended if isinstance(each, Manifest)]
        assert sum(counted) == 400 == budget.spent.calls
        stopped = {each.stopped_by for each in ended if isinstance(each, Manifest) and each.status == "stopped"}
        assert stopped == {"budget"}
        for seed, manifest in zip(SEEDS, ended, strict=True):
            if isinstance(manifest, Manifest) and manifest.status == "stopped":
                plan = make_plan(configured(server, tmp_path, seed))
                directory = RunDirectory(tmp_path / f"seed-{seed}")
                assert asyncio.run(Simulation(plan, {}, silent, directory).run()).status == "complete"
    assert logs(tmp_path) == alone


def test_a_run_that_a_common_budget_stopped_is_shown_and_told_how_to_go_on(tmp_path: Path, sandbox: Any) -> None:
    console = Console(file=io.StringIO(), width=10_000)

    async def alone() -> Manifest:
        plan = make_plan(configured(server, tmp_path / "runs", 0))
        async with Endpoints(plan.routes, plan.config) as endpoints:
            shared = Shared(endpoints, Budget(Limits(calls=30)))
            with LogDisplay(console) as display:
                return await Simulation(plan, {}, display.show, shared=shared).run()

    with serve() as server:
        manifest = asyncio.run(alone())
    assert (manifest.status, manifest.stopped_by, manifest.totals.calls) == ("stopped", "budget", 30)
    assert isinstance(console.file, io.StringIO)
    assert (
        console.file.getvalue().splitlines()[-1].endswith("sandbox simulate --resume " + str(tmp_path / "runs/seed-0"))
    )
    shown = sandbox("inspect", "seed-0")
    assert (shown.code, shown.err) == (0, "")


def test_a_model_that_the_owner_did_not_open_is_refused(tmp_path: Path) -> None:
    async def sit() -> None:
        opened, other = (make_plan(configured(server, tmp_path, 0, observer_model=name)) for name in ("fake", "more"))
        async with Endpoints(opened.routes, opened.config) as endpoints:
            await Simulation(other, {}, silent, shared=Shared(endpoints)).run()

    with serve() as server, pytest.raises(SandboxError, match="more is not among the models for which http"):
        asyncio.run(sit())
    assert not list(tmp_path.glob("[!.]*"))


@pytest.mark.slow
def test_a_run_that_stops_leaves_the_others_their_endpoint(tmp_path: Path, alone: list[bytes]) -> None:
    with serve(Behaviour(latency=0.002)) as server:
        ended = asyncio.run(together(plans(server, tmp_path), stopping=1))
    assert [getattr(each, "stopped_by", each) for each in ended] == [None, "interrupt", None]
    found = logs(tmp_path)
    assert [found[0], found[2]] == [alone[0], alone[2]]
    assert alone[1].startswith(found[1])
    assert found[1] != alone[1]


@pytest.mark.slow
def test_a_run_that_fails_leaves_the_others_their_endpoint(tmp_path: Path, alone: list[bytes]) -> None:
    with serve(Behaviour(latency=0.002)) as server:
        three = plans(server, tmp_path)
        (tmp_path / "seed-1").mkdir()
        ended = asyncio.run(together(three))
    assert "exists already" in str(ended[1])
    assert [getattr(ended[number], "status", None) for number in (0, 2)] == ["complete", "complete"]
    assert json.loads((tmp_path / "seed-0" / "manifest.json").read_text())["models"]["structured"] == {
        "fake": "json_schema"
    }


def test_a_name_that_two_endpoints_serve_is_probed_at_both(tmp_path: Path) -> None:
    with (
        serve() as one,
        serve(Behaviour(rejects={"json_schema": "response_format json_schema is not supported"})) as other,
    ):
        models = (SocietyModel(name="fake"), SocietyModel(name="fake", base_url=other.base_url))
        plan = make_plan(configured(one, tmp_path, 0, society=models))

        async def probed() -> None:
            async with Endpoints(plan.routes, plan.config) as endpoints:
                await asyncio.gather(endpoints.probe(plan.routes), endpoints.probe(plan.routes))

        asyncio.run(probed())
        assert len(one.requests) == 1, "once, whoever asks"
        assert len(other.requests) == 2, "where a level is not taken, the next one is tried"


def whole(runs: Path, seed: int) -> tuple[int, int]:
    """Calls that were paid, and those of them that lie in interactions of the log."""
    directory = RunDirectory(runs / f"seed-{seed}")
    done = {(item.round, item.agent) for item in read_lines(directory.interactions, Interaction)}
    places = [(line.round, line.agent) for line in read_lines(directory.calls, JournalLine)]
    return len(places), sum(place in done for place in places)


@pytest.mark.slow
@pytest.mark.parametrize("limits", [Limits(calls=324), Limits(tokens=62_000)], ids=["calls", "tokens"])
def test_what_a_common_budget_paid_lies_in_whole_interactions(tmp_path: Path, limits: Limits) -> None:
    budget = Budget(limits)
    with serve(Behaviour(latency=lambda body: 0.002 * (len(str(body)) % 5))) as server:
        ended = asyncio.run(together(plans(server, tmp_path), budget))
    assert {getattr(each, "stopped_by", each) for each in ended} <= {None, "budget"}
    used, most = (budget.spent.calls, limits.calls) if limits.calls else (budget.spent.tokens, limits.tokens)
    assert most is not None
    assert 0.95 * most <= used <= most
    paid, logged = map(sum, zip(*(whole(tmp_path, seed) for seed in SEEDS), strict=True))
    assert logged >= 0.97 * paid, "all but one interaction"
    assert getattr(ended[0], "status", None) == "complete", "the first one goes first"


def test_what_one_process_found_out_another_does_not_ask_again(tmp_path: Path) -> None:
    made: list[tuple[str, int, int]] = []

    def limiter(route: Route, bound: int, first: int) -> Limiter:
        made.append((route.place, bound, first))
        return Limiter(bound, first=first)

    async def travel() -> None:
        async with Endpoints(plan.routes, plan.config) as endpoints:
            await endpoints.probe(plan.routes)
            sent = json.dumps([each.document() for each in endpoints.found(plan.routes)])
            asked = len(server.requests)
            found = [Found.of(each) for each in json.loads(sent)]
            async with Endpoints(plan.routes, plan.config, found=found, limiter=limiter) as others:
                await others.probe(plan.routes)
                assert others.levels(plan.routes) == endpoints.levels(plan.routes) == {"fake": "json_object"}
                assert others.contexts(plan.routes) == endpoints.contexts(plan.routes)
                assert len(server.requests) == asked
                assert server.base_url not in sent.replace(json.dumps(server.base_url), ""), "and no key"
                manifest = await Simulation(plan, {}, silent, shared=Shared(others)).run()
        assert manifest.status == "complete"
        assert len(server.requests) == asked + manifest.totals.calls

    with serve(Behaviour(rejects={"json_schema": "response_format json_schema is not supported"})) as server:
        plan = make_plan(configured(server, tmp_path, 0))
        asyncio.run(travel())
    assert made == [("http", 8, FIRST_WINDOW)]


@pytest.mark.parametrize(("named", "first"), [(None, 8), (64, 8), (320, 20)])
def test_who_names_how_many_calls_an_endpoint_takes_has_more_of_them_leave_at_once(
    tmp_path: Path, named: int | None, first: int
) -> None:
    async def opened() -> int:
        async with Endpoints(plan.routes, plan.config) as endpoints:
            (lane,) = endpoints.lanes(plan.routes)
            assert isinstance(lane.limiter, Limiter)
            return lane.limiter.window

    with serve() as server:
        plan = make_plan(replace(configured(server, tmp_path, 0), concurrency=named))
        assert asyncio.run(opened()) == first


def test_what_is_of_an_endpoint_is_the_same_for_all_who_ask_it(tmp_path: Path) -> None:
    with serve() as one, serve() as other:
        small, large, again = (
            make_plan(configured(server, tmp_path, seed, rpm=rpm, max_tokens=tokens))
            for seed, (server, rpm, tokens) in enumerate([(one, 600_000, 64), (other, None, 64), (one, 600_000, 128)])
        )
        united = Union(plan.routes for plan in (small, large, again))
        assert [(each.rpm, each.max_tokens) for each in united.settings.values()] == [(600_000, 128), (None, 64)]

        async def opened() -> None:
            async with Endpoints(united, small.config) as endpoints:
                await endpoints.probe(united)
                runs = [Simulation(plan, {}, silent, shared=Shared(endpoints)).run() for plan in (small, large)]
                assert {each.status for each in await asyncio.gather(*runs)} == {"complete"}

        asyncio.run(opened())
        assert len(one.requests) == small.forecast.all_calls + 1
        assert len(other.requests) == large.forecast.all_calls + 1
        differing = make_plan(configured(one, tmp_path, 3, rpm=60))
        with pytest.raises(UsageError, match="--rpm is 600000 for some and 60 for others who ask http"):
            Union([small.routes, differing.routes])
