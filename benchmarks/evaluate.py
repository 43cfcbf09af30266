"""817 questions by `sandbox evaluate`, beside a bare loop, and beside lm-eval and inspect where they are at hand.

What counts is processor time: all of them wait for the same endpoint, which answers at once. A call's is what 817
questions take more than one does, and so holds all that is done for an answer, its records and numbers too.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from agents.endpoints.capabilities import Capabilities, body
from benchmarks.choice_suite import QUESTIONS, write_suite
from benchmarks.command import BARE_LOOP, COMMAND, KIB, ROOT, FakeServer, fake_endpoint, measure, variables
from benchmarks.figure import Figure, median_of
from sandbox.evaluation.planning import plan_of
from sandbox.evaluation.work import EvaluationWork
from sandbox.runs.evaluation.reading import read_evaluation

AT_ONCE: Final = 32
KILLED_AT: Final = 400
PEAK: Final = 250e6 / KIB**2
_HARNESSES: Final = ROOT / ".harnesses"
_KILL_LATENCY: Final = 0.2


class Taken(NamedTuple):
    """What 817 questions took: processor seconds of the start and of a call, peak memory (MiB)."""

    start: float
    call: float
    peak: float


def evaluate_figures(folder: Path, repetitions: int) -> Iterator[Figure]:
    """Ours and the bare loop turn by turn; the others once, because they take a minute."""
    write_suite(folder)
    with fake_endpoint() as server:
        turns = [(_ours(folder, server, number), _bare(folder, server)) for number in range(repetitions)]
        ours, bare = [each for each, _ in turns], [other for _, other in turns]
        yield median_of("817 questions: processor time of one alone, start and end", _of(ours, "start"), "s", most=3)
        yield median_of("817 questions: processor time a call", [each.call * 1000 for each in ours], "ms")
        yield median_of("bare client.post loop: processor time a call", [each * 1000 for each in bare], "ms")
        times = [each.call / other for each, other in turns]
        yield median_of("817 questions: processor time a call, times the bare loop's", times, most=1.4)
        yield median_of("817 questions: peak memory", _of(ours, "peak"), "MiB", most=PEAK)
        for name, program in _programs(server).items():
            yield from _beside(folder, name, program, ours)
    yield Figure(f"kill -9 at call {KILLED_AT}: calls asked again", _asked_again(folder), most=AT_ONCE)


def _of(taken: list[Taken], field: str) -> list[float]:
    return [getattr(each, field) for each in taken]


def _ours(folder: Path, server: FakeServer, number: int) -> Taken:
    whole = measure(folder, *_words(server, f"whole-{number}"))
    one = measure(folder, *_words(server, f"one-{number}"), "--limit", 1)
    peak = whole.peak_mib or whole.rusage_mib
    return Taken(one.processor_seconds, _a_call(whole.processor_seconds, one.processor_seconds), peak)


def _words(server: FakeServer, run_id: str) -> tuple[object, ...]:
    endpoint = ("--model", "fake", "--base-url", server.base_url, "--concurrency", AT_ONCE)
    return ("evaluate", "--suite", "generated.toml", *endpoint, "--run-id", run_id, "--json")


def _a_call(whole: float, one: float) -> float:
    return (whole - one) / (QUESTIONS - 1)


def _bare(folder: Path, server: FakeServer) -> float:
    """Processor seconds a call of the least that can be done to ask what we asked."""
    lines = (f"{json.dumps(sent)}\n" for sent in _bodies(folder / "runs" / "whole-0"))
    (folder / "bodies.jsonl").write_text("".join(lines))
    measured = measure(folder, "post", server.base_url, folder / "bodies.jsonl", AT_ONCE, program=BARE_LOOP)
    told: dict[str, Any] = json.loads(measured.out)
    return float(told["processor_seconds"]) / QUESTIONS


def _bodies(folder: Path) -> Iterator[dict[str, Any]]:
    """The JSON bodies of all requests of the evaluation in `folder`, whose answers nobody judged."""
    found = read_evaluation(folder)
    work = EvaluationWork(plan_of(found, found.manifest.config))
    while key := work.next_call(0):
        yield body(work.request(key), Capabilities())


def _programs(server: FakeServer) -> Mapping[str, list[str]]:
    """The commands of the other harnesses that are installed, which take `--limit` too."""
    lm_eval, inspect = _HARNESSES / "lm-eval" / "bin" / "lm_eval", _HARNESSES / "inspect" / "bin" / "inspect"
    chat = f"model=fake,base_url={server.base_url}/chat/completions,num_concurrent={AT_ONCE}"
    asks = [str(lm_eval), "run", "--model", "local-chat-completions", "--model_args", chat, "--apply_chat_template"]
    evals = [str(inspect), "eval", "generated.py", "--model", "openai/fake", "--model-base-url", server.base_url]
    found = {
        "lm-eval": [*asks, "--tasks", "generated", "--include_path", ".", "--log_samples", "--output_path", "lm-eval"],
        "inspect": [*evals, "-M", "responses_api=false", "--max-connections", str(AT_ONCE), "--display", "none"],
    }
    return {name: words for name, words in found.items() if Path(words[0]).exists()}


def _beside(folder: Path, name: str, program: list[str], ours: list[Taken]) -> Iterator[Figure]:
    # A key that is none, because they ask for one; their caches stay in this folder.
    words = ["env", "OPENAI_API_KEY=none", f"HF_HOME={folder / 'hub'}", *program]
    one = measure(folder, "--limit", 1, program=words)
    whole = measure(folder, program=words)
    call = _a_call(whole.processor_seconds, one.processor_seconds)
    yield median_of(f"{name}: processor time of one question alone", [one.processor_seconds], "s")
    yield median_of(f"{name}: processor time a call", [call * 1000], "ms")
    least = 10 if name == "inspect" else None
    yield median_of(f"{name}: processor time a call, times ours", [call / each.call for each in ours], least=least)
    yield median_of(f"{name}: peak memory", [whole.rusage_mib], "MiB")


def _asked_again(folder: Path) -> int:
    """Requests beyond those of two attempts, each of which probes, that lose nothing."""
    with fake_endpoint() as server:
        measure(folder, *_words(server, "not-killed"))
        probes: int = server.stats()["requests"] - QUESTIONS
    with fake_endpoint("--latency", _KILL_LATENCY) as server:
        _kill(folder, server)
        measure(folder, "evaluate", "--resume", "killed")
        requests: int = server.stats()["requests"]
        return requests - QUESTIONS - 2 * probes


def _kill(folder: Path, server: FakeServer) -> None:
    words = [*COMMAND, *map(str, _words(server, "killed"))]
    with subprocess.Popen(words, cwd=folder, env=variables(folder), stdout=subprocess.DEVNULL) as process:
        while server.stats()["requests"] < KILLED_AT and process.poll() is None:
            time.sleep(0.01)
        process.kill()
