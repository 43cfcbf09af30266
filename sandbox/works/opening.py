"""Two ways to a folder that can be worked on: a new one, which appears whole, or one that is taken up again.

Each is opened for as long as its block lasts: nobody else works on it then. Asks no model but for probes.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Generic, NamedTuple

from agents.endpoints.address import AddressError, read_address
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.routes import addresses
from sandbox.errors import UsageError
from sandbox.options.option import flag_of
from sandbox.progress.events import Note, Report
from sandbox.runs.any_manifest import AnyManifest, M
from sandbox.runs.directory import D, create
from sandbox.runs.locking import lock
from sandbox.runs.own_mark import trouble
from sandbox.runs.own_word import marked
from sandbox.works.plan import WorkPlan

# What a work has to find out of its endpoints, beside what every one does, before its first call.
FindOut = Callable[[Endpoints], Awaitable[object]]


class Opened(NamedTuple, Generic[M, D]):
    """A work that can be worked on. `connect` opens its endpoints, checked and probed."""

    directory: D
    manifest: M
    connect: Callable[[], AbstractAsyncContextManager[Endpoints]]


@asynccontextmanager
async def new_folder(
    place: Path,
    kind: Callable[[Path], D],
    plan: WorkPlan,
    begin: Callable[[D, Endpoints], M],
    report: Report,
    find_out: FindOut | None = None,
) -> AsyncIterator[Opened[M, D]]:
    """A new folder of `kind` at `place`: endpoints checked and probed, nothing asked yet. Raises `SandboxError`.

    `begin` writes what it holds before the first call, and gives its manifest.
    """
    with create(place.parent, place.name, kind) as new:
        async with _connected(plan, report, find_out) as endpoints:
            manifest = begin(new.draft, endpoints)
            own = marked(manifest, place)
            if own.mark is None and manifest.models.endpoints:
                lacking = f"This {manifest.kind} gets no mark, so --resume will ask where to ask. {trouble() or ''}"
                report(Note(lacking, warning=True))
            new.draft.write_manifest(own)
            directory = new.publish()
            with lock(directory):
                yield Opened(directory, manifest, lambda: nullcontext(endpoints))


@asynccontextmanager
async def same_folder(
    directory: D,
    plan: WorkPlan,
    take_up: Callable[[D], tuple[M, M]],
    hosts: Callable[[M], object],
    report: Report,
    find_out: FindOut | None = None,
) -> AsyncIterator[Opened[M, D]]:
    """The folder `directory`, if nobody works on it. Raises `SandboxError`.

    `take_up` checks that it is still the same work and mends it; it gives the manifest as it was, and as it goes on.
    `hosts` refuses to ask where was never asked.
    """
    with lock(directory):
        before, now = take_up(directory)

        @asynccontextmanager
        async def connect() -> AsyncIterator[Endpoints]:
            hosts(before)
            async with _connected(plan, report, find_out) as endpoints:
                yield endpoints

        yield Opened(directory, now, connect)


def check_same_hosts(
    plan: WorkPlan, manifest: AnyManifest, origins: Mapping[str, str], said_by: Callable[[str], str]
) -> None:
    """Raises `UsageError` where `plan` turns to a host that was never asked, and no flag agrees to it.

    `said_by` is the option that says where the model of a name is asked.
    """
    for name, found in addresses(plan.routes).items():
        known = {_origin(text) for text in manifest.models.endpoints.get(name, ())}
        strange = next((address for address in found if known and address.origin not in known), None)
        option = said_by(name)
        if strange and origins.get(option) != "flag":
            before = ", ".join(manifest.models.endpoints[name])
            raise UsageError(
                f"{manifest.kind.capitalize()} {manifest.run_id} asked {name} at {before}, and would now ask it at "
                f"{strange}.\nIf that is what you want, say so: {flag_of(option)} {strange}"
            )


def _origin(text: str) -> str:
    try:
        return read_address(text).origin
    except AddressError:
        return text


@asynccontextmanager
async def _connected(plan: WorkPlan, report: Report, find_out: FindOut | None) -> AsyncIterator[Endpoints]:
    """The endpoints of `plan`, probed. Raises `SandboxError`."""
    async with Endpoints(plan.routes, plan.limits, lambda text: report(Note(text))) as endpoints:
        await endpoints.probe(plan.routes)
        if find_out:
            await find_out(endpoints)
        for warning in endpoints.warnings:
            report(Note(warning, warning=True))
        yield endpoints
