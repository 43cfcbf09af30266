"""The least that a program can do to ask an endpoint many things with the openai client, to compare with.

    python -m benchmarks.bare_loop create|post BASE_URL RUN|BODIES.jsonl WORKERS

Sends the bodies of the finished run in the folder RUN, or those in a file, and takes the text out of each reply; prints
calls, and seconds from the first dispatch to the last reply, by the clock and of the processor, as JSON. `create` is
the client's typed method, `post` its low-level one, both on its aiohttp transport, and under Python as it is: no
setting of the collector is touched.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import openai
import orjson

from benchmarks.derivation import bodies


async def bare_loop(kind: str, base_url: str, sent: list[dict[str, Any]], workers: int) -> float:
    """Seconds until all bodies in `sent` are answered by so many workers, each with one call in flight."""
    limits = httpx2.Limits(max_connections=workers, max_keepalive_connections=workers)
    transport = openai.DefaultAioHttpClient(limits=limits, timeout=60)
    async with openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0, http_client=transport) as client:
        ask = {"create": _create, "post": _post}[kind]
        waiting = iter(sent)
        started = time.perf_counter()
        await asyncio.gather(*(_work(client, ask, waiting) for _ in range(workers)))
        return time.perf_counter() - started


async def _work(client: openai.AsyncOpenAI, ask: Callable[..., Awaitable[str]], waiting: Any) -> None:
    for body in waiting:
        assert await ask(client, body)


async def _create(client: openai.AsyncOpenAI, body: dict[str, Any]) -> str:
    completion = await client.chat.completions.create(**body)
    return str(completion.choices[0].message.content)


async def _post(client: openai.AsyncOpenAI, body: dict[str, Any]) -> str:
    response = await client.post("/chat/completions", body=body, cast_to=httpx2.Response)
    return str(orjson.loads(response.content)["choices"][0]["message"]["content"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_loop")
    parser.add_argument("kind", choices=("create", "post"))
    parser.add_argument("base_url")
    parser.add_argument("sent", type=Path)
    parser.add_argument("workers", type=int)
    given = parser.parse_args()
    sent = bodies(given.sent) if given.sent.is_dir() else list(map(orjson.loads, given.sent.read_bytes().splitlines()))
    before = time.process_time()
    seconds = asyncio.run(bare_loop(given.kind, given.base_url, sent, given.workers))
    used = time.process_time() - before
    print(json.dumps({"calls": len(sent), "seconds": seconds, "processor_seconds": used}))  # noqa: T201


if __name__ == "__main__":
    main()
