"""`sandbox doctor`: checks what a run needs, one by one, and says how to mend what fails.

Of each model it asks one to four small answers to see what form it obeys, and three or six to see how it samples.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from memory import EmbedderError, open_embedder
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.routes import Routes
from sandbox.commands.checkup import Check, Result
from sandbox.commands.sampling import sampling
from sandbox.commands.streams import leave
from sandbox.errors import SandboxError
from sandbox.options.config import Config
from sandbox.options.consistency import resolve_config
from sandbox.options.speakers import adapters_of, agent_models, speakers
from sandbox.progress.alive import alive
from sandbox.questions.columns import Columns
from sandbox.questions.keys import carried
from sandbox.questions.sets import load
from sandbox.runs.population import read_population
from sandbox.runs.training.adapters import read_adapter
from sandbox.society.longest import cramped
from sandbox.society.placement import caution, counts_of
from sandbox.society.plan import make_plan
from sandbox.society.speaking import named
from sandbox.terminal import error_console, plain, show, write_json

ENOUGH_DISK_BYTES: Final = 2**30
INTERRUPTED: Final = 130
_STYLES: Final[dict[Result, str]] = {"ok": "green", "warning": "yellow", "failed": "red"}


def run_doctor(flags: Mapping[str, Any], file: Path | None) -> int:
    """Check and show; 1 if something failed, else 0."""
    config = resolve_config(flags, file).config
    checks: list[Check] = []

    def keep(check: Check) -> None:
        checks.append(check)
        if not config.json:
            _show(check)

    asyncio.run(_check_endpoints(config, keep))
    for check in (check for part in (_embedder, _questions, _population, _disk) for check in part(config)):
        keep(check)
    if config.json:
        write_json([check._asdict() for check in checks])
    return int(any(check.result == "failed" for check in checks))


def _show(check: Check) -> None:
    line = plain(f"{check.result:8}", style=_STYLES[check.result])
    show(line + plain(f"{check.name}: {check.detail}"))
    for advice in check.fix.splitlines():
        show(plain(f"        {advice}"))


async def _check_endpoints(config: Config, keep: Callable[[Check], None]) -> None:
    try:
        async with aclosing(_endpoints(config)) as found:
            async for check in found:
                keep(check)
    except asyncio.CancelledError:
        leave(INTERRUPTED)


async def _endpoints(config: Config) -> AsyncGenerator[Check, None]:
    try:
        names, found = _adapters(config)
        for check in found:
            yield check
        routes = Routes([named(model, names) for model in speakers(config)], config)
        async with Endpoints(routes, config, lambda text: error_console().print(plain(text))) as endpoints:
            lanes = endpoints.lanes(routes)
            await endpoints.probe(routes)
            yield Check("endpoint", "ok", ", ".join(lane.name for lane in lanes))
            for warning in endpoints.warnings:
                yield Check("model", "warning", warning)
            for check in _contexts(config, endpoints.contexts(routes)):
                yield check
            for name, level in endpoints.levels(routes).items():
                yield _structured(name, level)
            for model in (named(each, names) for each in agent_models(config)):
                for check in await sampling(lanes[routes.number(model)].model, model.name, config.max_tokens):
                    yield check
    except SandboxError as error:
        what, _, fix = str(error).partition("\n")
        yield Check("endpoint", "failed", what, fix or "Mend --base-url, --model or the key, and run this again.")


def _adapters(config: Config) -> tuple[dict[str, str], list[Check]]:
    """The names of models with an adapter, by where it lies. Raises `SandboxError` for one that cannot be served."""
    used = {given: read_adapter(given) for given in adapters_of(speakers(config))}
    said = (f"{each.name} of {each.folder}, by {each.objective}: it is of this base" for each in used.values())
    return {given: each.name for given, each in used.items()}, [Check("adapter", "ok", detail) for detail in said]


def _contexts(config: Config, contexts: Mapping[str, int]) -> Iterator[Check]:
    """Whether what a run may ask fits; nothing where no endpoint says, or a run cannot be planned for other reasons."""
    if not contexts:
        return
    try:
        plan = make_plan(config)
    except SandboxError:
        # A set of questions without answers is for runs without labels.
        try:
            plan = make_plan(replace(config, labels="none"))
        except SandboxError:
            return
    warnings = list(cramped(plan, contexts))
    for warning in warnings:
        what, _, fix = warning.partition("\n")
        yield Check("context", "warning", what, fix)
    if not warnings:
        sizes = ", ".join(f"{name} takes {size} tokens" for name, size in sorted(contexts.items()))
        yield Check("context", "ok", f"{sizes}, enough for prompts and replies")


def _structured(model: str, level: str) -> Check:
    if level == "json_schema":
        return Check("structured output", "ok", f"{model} obeys a JSON schema")
    fix = "Ratings are read from text then; expect more missing ones. A newer server may take JSON schemas."
    return Check("structured output", "warning", f"{model} takes {level}", fix)


def _embedder(config: Config) -> Iterator[Check]:
    try:
        with alive(f"Loading {config.embedder}"):
            embedder = open_embedder(config.embedder)
            embedder.embed(["Is this a question?"])
        yield Check("embedder", "ok", f"{embedder.name}, {embedder.dimension} dimensions")
    except EmbedderError as error:
        what, _, fix = str(error).partition("\n")
        yield Check("embedder", "failed", what, fix)


def _questions(config: Config) -> Iterator[Check]:
    try:
        columns = Columns(config.column)
        with alive(f"Reading questions from {config.questions}"):
            found = load(config.questions, columns=columns)
        if config.prior in (None, config.questions):  # else a name may be one of that file
            columns.check()
        there = "".join(f", {count} with {what}" for what, count in carried(found.questions).items() if count)
        size = f"{len(found.questions)} from {found.name}, {len(found.pairs)} prior pairs"
        yield Check("questions", "ok", size + there)
    except SandboxError as error:
        what, _, fix = str(error).partition("\n")
        yield Check("questions", "failed", what, fix)


def _population(config: Config) -> Iterator[Check]:
    if config.population is None:
        return
    try:
        population = read_population(config.population)
        counts = counts_of(population, config.agents)
    except SandboxError as error:
        what, _, fix = str(error).partition("\n")
        yield Check("population", "failed", what, fix)
        return
    what, _, fix = (caution(counts) or "").partition("\n")
    sizes = ", ".join(f"{count} {group.name}" for group, count in zip(population.groups, counts, strict=True))
    yield Check("population", "warning" if what else "ok", what or sizes, fix)


def _disk(config: Config) -> Iterator[Check]:
    folder = Path(config.runs).absolute()
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        why = "cannot be written" if folder.is_dir() else "is no folder"
        yield Check("disk", "failed", f"{folder} {why}", "Use --runs with a folder of yours.")
        return
    free = shutil.disk_usage(folder).free
    detail = f"{free / 2**30:.1f} GiB free for {config.runs}"
    if free >= ENOUGH_DISK_BYTES:
        yield Check("disk", "ok", detail)
    else:
        yield Check("disk", "warning", detail, "A run of 50,000 calls writes about 0.3 GB. Use --runs on another disk.")
