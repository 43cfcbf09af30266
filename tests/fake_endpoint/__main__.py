"""`python -m fake_endpoint`: prints its base URL and serves until it is killed. Knows flags, nothing behind them."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from fake_endpoint import Behaviour, Fault, Server
from fake_endpoint.faults import check
from fake_endpoint.latency import parse


def main() -> None:
    """Serve until killed."""
    flags = parser()
    given = flags.parse_args()
    try:
        server = Server(behaviour(given), remembers=False)
    except ValueError as error:
        flags.error(str(error))
    with suppress(KeyboardInterrupt):
        asyncio.run(_forever(server, given.port))


def parser() -> argparse.ArgumentParser:
    """The flags."""
    flags = argparse.ArgumentParser(
        prog="python -m fake_endpoint", description=__doc__.splitlines()[0] if __doc__ else None
    )
    add = flags.add_argument
    add("--port", type=int, default=0, help="0 takes a free one")
    add("--latency", default="0", help="seconds, uniform:LOW:HIGH or lognormal:MEDIAN:SIGMA[:TAIL_SHARE:TAIL_FACTOR]")
    add("--fault", action="append", default=[], metavar="NAME=SHARE", help="such as 429=0.1; may be repeated")
    add("--script", default="", help="the first answers: well, or names of faults, with commas between them")
    add("--fault-seed", type=int, default=0, help="another seed, other faults")
    add("--rate", type=float, help="requests per second that are let in")
    add("--burst", type=int, default=1, help="how many of them at once")
    add("--retry-after", type=float, default=0.01, help="seconds, in the headers of a 429")
    add("--quota-headers", action="store_true", help="x-ratelimit-* as OpenAI sends them; needs --rate")
    add("--most-at-once", type=int, help="in flight; 429 without headers beyond")
    add("--queue", type=int, help="worked on at once; the others wait in line")
    add("--die-after", type=int, help="end without a word on this chat request")
    add("--api-key", help="the only key that is taken")
    add("--no-usage", dest="usage", action="store_false", help="report no tokens")
    add("--caches", action="store_true", help="keep every prompt, and say how much of the next was read before")
    add("--unchecked", dest="schema_checked", action="store_false", help="take bodies that OpenAI refuses; much faster")
    return flags


def behaviour(given: argparse.Namespace) -> Behaviour:
    """What the flags ask for. Raises `ValueError`."""
    read = ("port", "fault", "latency", "script")
    options = {name: value for name, value in vars(given).items() if name not in read}
    said = {"latency": parse(given.latency), "faults": _faults(given.fault), "script": _script(given.script)}
    return Behaviour(**options, **said)


def _script(words: str) -> tuple[Fault | None, ...]:
    """Faults by their place, None for a good answer. Raises `ValueError`."""
    names = words.split(",") if words else []
    check({cast(Fault, name): 0.0 for name in names if name != "well"})
    return tuple(None if name == "well" else cast(Fault, name) for name in names)


def _faults(words: Sequence[str]) -> dict[Fault, float]:
    """Shares by name. Raises `ValueError`."""
    faults: dict[Fault, float] = {}
    for word in words:
        name, _, share = word.partition("=")
        try:
            faults[cast(Fault, name)] = float(share)
        except ValueError:
            raise ValueError(f"A fault is given as 429=0.1, not {word!r}.") from None
    return faults


async def _forever(server: Server, port: int) -> None:
    await server.start(port)
    print(server.base_url, flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
