"""The fake endpoint itself: what the other tests rely on it to refuse, and that its replies follow from the request."""

import http.client
import json
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, get_args
from urllib.parse import urlsplit

import pytest
from fake_endpoint import Behaviour, Body, Broken, Fault, HeavyTail, LogNormal, Server, Status, Twist, Uniform, serve
from fake_endpoint.__main__ import behaviour, parser
from fake_endpoint.bucket import duration
from fake_endpoint.latency import Latency, parse
from tables import table

GOOD: dict[str, Any] = {"model": "fake", "messages": [{"role": "user", "content": "Hello?"}], "max_tokens": 64}
SCHEMA = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "rating": {"type": "integer", "minimum": 3, "maximum": 4}},
    "required": ["reason", "rating"],
    "additionalProperties": False,
}


def form(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": schema}}


class Came(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.content)

    @property
    def choice(self) -> Any:
        return self.document["choices"][0]


@contextmanager
def sent(url: str, body: Any = None, key: str = "", timeout: float = 30.0) -> Iterator[http.client.HTTPConnection]:
    """A connection on which a chat request was sent; it is closed when the block ends."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=timeout)
    try:
        path = f"{parts.path}/chat/completions"
        connection.request("POST", path, json.dumps(body or GOOD), {"Authorization": f"Bearer {key}"})
        yield connection
    finally:
        connection.close()


def received(connection: http.client.HTTPConnection) -> Came:
    with connection.getresponse() as response:
        return Came(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


def ask(url: str, body: Any = None, key: str = "", timeout: float = 30.0) -> Came:
    with sent(url, body, key, timeout) as connection:
        return received(connection)


def get(url: str) -> Any:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        connection.request("GET", parts.path)
        return received(connection).document
    finally:
        connection.close()


def until_in_flight(server: Server, number: int) -> None:
    """Ask for the counts until so many requests are in flight."""
    for _ in range(10_000):
        if server.in_flight == number:
            return
        get(server.base_url.replace("/v1", "/stats"))
    raise AssertionError(f"{server.in_flight} in flight, not {number}")


def post(server: Server, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    came = ask(server.base_url, body)
    return came.status, came.document


def bodies(number: int) -> list[Body]:
    return [Body(GOOD | {"seed": seed}) for seed in range(number)]


@table(
    "changed",
    [
        {"model": None},
        {"model": ""},
        {"messages": []},
        {"messages": [{"role": "human", "content": "?"}]},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "user", "content": "?", "cue": 1}]},
        {"max_tokens": 0},
        {"max_completion_tokens": 9},
        {"temperature": 2.5},
        {"seed": 0.5},
        {"guided_json": {}},
        {"response_format": {"type": "yaml"}},
        {"response_format": {"type": "json_object", "strict": True}},
        {"response_format": {"type": "json_schema"}},
        {"response_format": form({"type": "object", "properties": {}, "required": []})},
    ],
)
def test_what_openai_does_not_take_is_refused_in_its_form(changed: dict[str, Any]) -> None:
    with serve() as server:
        status, document = post(server, GOOD | changed)
        assert (status, set(document["error"])) == (400, {"message", "type", "param", "code"})
        assert len(server.invalid) == 1
    with serve(Behaviour(models=None, schema_checked=False)) as server:
        assert post(server, GOOD | {"guided_json": {}})[0] == 200


def test_a_reply_follows_from_the_body_and_obeys_its_form() -> None:
    asked = GOOD | {"seed": 7, "temperature": 0, "response_format": form(SCHEMA)}
    with serve() as server, serve() as other:
        first = post(server, asked)
        assert first == post(server, dict(reversed(asked.items()))) == post(other, asked)
        assert first[1] != post(server, asked | {"seed": 8})[1]
        assert sorted(server.counts.values()) == [1, 2]
        document = first[1]
        filled = json.loads(document["choices"][0]["message"]["content"])
        assert set(filled) == {"reason", "rating"}
        assert filled["rating"] in (3, 4)
        assert document["usage"]["total_tokens"] > document["usage"]["prompt_tokens"] == 1
        assert document["model"] == "fake"


@table("raw", ["", "{", "[]", '{"model": "\\ud83d"}'])
def test_what_is_no_json_object_is_refused(raw: str) -> None:
    with serve() as server, sent(server.base_url) as connection:
        received(connection)
        connection.request("POST", "/v1/chat/completions", raw)
        assert received(connection).status == 400
        assert server.answered == {"200": 1, "400": 1}


@table("name", get_args(Status))
def test_a_status_arrives_as_that(name: Status) -> None:
    with serve(Behaviour(faults={name: 1.0}, retry_after=1.0)) as server:
        came = ask(server.base_url)
        assert came.status == int(name[:3])
        waits = (came.headers.get("retry-after"), came.headers.get("retry-after-ms"))
        assert waits == (("1", "1000") if name == "429" else (None, None))
        assert (server.answered, server.paid) == ({name: 1}, 0)


TWISTED: dict[Twist, Any] = {
    "length": lambda choice: choice["finish_reason"] == "length" and choice["message"]["content"],
    "spent": lambda choice: choice["finish_reason"] == "length" and choice["message"]["content"] == "",
    "content_filter": lambda choice: choice["finish_reason"] == "content_filter",
    "refusal": lambda choice: choice["message"]["refusal"] and choice["message"]["content"] is None,
    "empty_text": lambda choice: choice["finish_reason"] == "stop" and choice["message"]["content"] == "",
    "prose": lambda choice: choice["message"]["content"].endswith("."),
    "parts": lambda choice: isinstance(choice["message"]["content"], list),
    "lone": lambda choice: choice["message"]["content"].endswith("\ud83d"),
}


@table("name", get_args(Twist))
def test_a_twist_changes_what_is_said_the_same_on_every_try(name: Twist) -> None:
    asked = GOOD | {"response_format": form(SCHEMA)}
    with serve(Behaviour(faults={name: 1.0})) as server, serve() as plain:
        came = ask(server.base_url, asked)
        assert came.status == 200
        assert TWISTED[name](came.choice)
        assert not TWISTED[name](ask(plain.base_url, asked).choice)
        assert ask(server.base_url, asked).document == came.document
        assert (server.answered, server.paid, server.paid_twice) == ({name: 2}, 2, 1)


@table(
    ("name", "error"),
    [("reset", ConnectionResetError), ("half", http.client.IncompleteRead), ("hang", TimeoutError)],
)
def test_a_broken_connection_is_one(name: Broken, error: type[Exception]) -> None:
    with serve(Behaviour(faults={name: 1.0})) as server:
        with pytest.raises(error):
            ask(server.base_url, timeout=0.2 if name == "hang" else 30)
        until_in_flight(server, 0)  # a client that leaves ends the hang
        assert (server.answered, server.paid) == ({name: 1}, 0)


def test_wrong_replies_are_wrong() -> None:
    with serve(Behaviour(script=["not_json", "empty_choices", "redirect"], redirect="/elsewhere")) as server:
        assert ask(server.base_url).headers["content-type"].startswith("text/html")
        assert ask(server.base_url).document["choices"] == []
        came = ask(server.base_url)
        assert (came.status, came.headers["location"]) == (307, "/elsewhere")
        assert server.paid == 0


def test_floods_go_on_until_their_client_has_enough() -> None:
    script: list[Fault | None] = ["endless", "packed"]
    with serve(Behaviour(script=script)) as server:
        for encoding in (None, "gzip"):
            with sent(server.base_url) as connection:
                answer = connection.getresponse()
                assert answer.headers["content-encoding"] == encoding
                assert len(answer.read(50_000)) == 50_000
        assert (server.answered, server.paid) == ({"endless": 1, "packed": 1}, 0)


MIX: dict[Fault, float] = {"429": 0.2, "500": 0.1, "empty_choices": 0.1, "refusal": 0.2, "prose": 0.2}


def outcomes(behaviour: Behaviour, order: list[Body]) -> dict[tuple[str, int], tuple[int, Any]]:
    """The answer to each try of each body."""
    tries: Counter[str] = Counter()
    found = {}
    with serve(behaviour) as server:
        for body in order:
            came = ask(server.base_url, body)
            found[body.digest, tries[body.digest]] = (came.status, came.document)
            tries[body.digest] += 1
    return found


def test_what_goes_wrong_does_not_depend_on_the_order_of_arrival() -> None:
    asked = bodies(12) * 3
    there = outcomes(Behaviour(faults=MIX), asked)
    back = outcomes(Behaviour(faults=dict(reversed(MIX.items()))), asked[::-1])
    assert there == back
    assert there != outcomes(Behaviour(faults=MIX, fault_seed=1), asked)
    said: dict[str, set[str]] = {}
    for (digest, _), (status, document) in there.items():
        if status == 200 and document["choices"]:
            said.setdefault(digest, set()).add(json.dumps(document))
    assert {len(texts) for texts in said.values()} == {1}
    assert {status for status, _ in there.values()} == {200, 429, 500}


def test_requests_that_are_turned_away_do_not_shift_the_draws() -> None:
    now = [0.0]
    body = bodies(1)[0]
    free = outcomes(Behaviour(faults={"500": 0.5}), [body] * 12)
    with serve(Behaviour(faults={"500": 0.5}, rate=1.0), clock=lambda: now[0]) as server:
        met = []
        for _ in range(12):
            met.append(ask(server.base_url, body).status)
            assert ask(server.base_url, body).status == 429
            now[0] += 1.0
    assert met == [status for status, _ in free.values()]
    assert set(met) == {200, 500}


def test_faults_come_as_often_as_asked() -> None:
    behaviour = Behaviour(faults=MIX)
    drawn = Counter(behaviour.drawn(0, body, seen) for body in bodies(500) for seen in range(2))
    assert [drawn[name] / 1000 for name in ("429", "500", "empty_choices")] == pytest.approx([0.2, 0.1, 0.1], abs=0.04)
    assert [drawn[name] / 1000 for name in ("refusal", "prose")] == pytest.approx([0.12, 0.12], abs=0.04)


def test_the_script_comes_before_what_is_drawn_and_a_revoked_key_before_both() -> None:
    with serve(Behaviour(faults={"500": 1.0}, script=[None, "404"], revoked_after=3)) as server:
        assert [ask(server.base_url).status for _ in range(4)] == [200, 404, 500, 401]


@table(
    ("text", "expected"),
    [
        ("0", 0.0),
        ("0.1", 0.1),
        ("uniform:0.1:0.3", Uniform(0.1, 0.3)),
        ("lognormal:0.4:0.6", LogNormal(0.4, 0.6)),
        ("lognormal:0.4:0.6:0.01:10", HeavyTail(LogNormal(0.4, 0.6), 0.01, 10)),
    ],
)
def test_a_latency_is_read_from_text(text: str, expected: float | Latency) -> None:
    assert parse(text) == expected


@table(
    "text",
    [
        *("", "x", "-1", "nan", "inf", "0.1:0.2", "uniform", "uniform:1", "uniform:3:1", "uniform:0:nan", "normal:1:2"),
        *("lognormal:0:1", "lognormal:1:-1", "lognormal:1:1:2", "lognormal:1:1:2:3", "lognormal:1:1:0.1:-3"),
    ],
)
def test_what_is_no_latency_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"latency|tail"):
        parse(text)


def test_latencies_are_distributed_and_belong_to_the_body() -> None:
    asked = bodies(2000)
    even = [Uniform(1.0, 3.0)(body) for body in asked]
    assert 1.0 <= min(even) < 1.1
    assert 2.9 < max(even) <= 3.0
    assert median(even) == pytest.approx(2.0, abs=0.1)
    uneven = LogNormal(0.4, 0.6)
    waits = [uneven(body) for body in asked]
    assert median(waits) == pytest.approx(0.4, rel=0.05)
    above = sum(wait > 0.4 * math.exp(0.6) for wait in waits) / len(waits)
    assert above == pytest.approx(0.159, abs=0.02)
    tailed = [HeavyTail(uneven, 0.1, 10.0)(body) for body in asked]
    factors = Counter(round(slow / usual) for slow, usual in zip(tailed, waits, strict=True))
    assert set(factors) == {1, 10}
    assert factors[10] / len(asked) == pytest.approx(0.1, abs=0.02)
    assert waits == [uneven(body) for body in bodies(2000)]


def test_beyond_the_rate_it_answers_429_and_tells_of_it() -> None:
    now = [100.0]
    limited = Behaviour(rate=2.0, burst=3, retry_after=0.5, quota_headers=True)
    with serve(limited, clock=lambda: now[0]) as server:
        headers = [ask(server.base_url).headers for _ in range(3)]
        told = [[each[f"x-ratelimit-{what}-requests"] for what in ("limit", "remaining", "reset")] for each in headers]
        assert told == [["3", "2", "500ms"], ["3", "1", "1s"], ["3", "0", "1.5s"]]
        refused = ask(server.base_url)
        assert (refused.status, refused.headers["retry-after"]) == (429, "0.5")
        assert refused.headers["x-ratelimit-reset-requests"] == "1.5s"
        now[0] += 0.25
        assert ask(server.base_url).status == 429
        now[0] += 0.25
        assert [ask(server.base_url).status for _ in range(2)] == [200, 429]
        now[0] += 60
        assert [ask(server.base_url).status for _ in range(4)] == [200, 200, 200, 429]
        assert server.answered == {"200": 7, "429": 4}
    with serve(Behaviour(rate=2.0)) as server:
        assert "x-ratelimit-limit-requests" not in ask(server.base_url).headers


@table(
    ("seconds", "text"),
    [(0, "0s"), (0.012, "12ms"), (0.0001, "1ms"), (1.2, "1.2s"), (60, "1m0s"), (360, "6m0s"), (3600.5, "1h0m0.5s")],
)
def test_durations_are_written_as_openai_does(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@table(("limit", "header"), [({"rate": 1e-9}, "1"), ({"most_at_once": 1}, None)])
def test_whoever_is_turned_away_is_so_at_once(limit: dict[str, Any], header: str | None) -> None:
    with serve(Behaviour(latency=600.0, retry_after=1.0, **limit)) as server, sent(server.base_url) as first:
        until_in_flight(server, 1)
        came = ask(server.base_url)
        assert (came.status, came.headers.get("retry-after")) == (429, header)
        assert server.most_in_flight == 1
        first.close()
        until_in_flight(server, 0)


def test_a_queue_works_on_so_many_at_once_and_frees_the_slot_of_who_leaves() -> None:
    begun: list[tuple[int, bool]] = []
    left = False

    def latency(body: Body) -> float:
        begun.append((body["seed"], left))
        return 600.0 if body["seed"] == 0 else 0.0

    zero, one = bodies(2)
    with serve(Behaviour(latency=latency, queue=1)) as server, sent(server.base_url, zero) as first:
        until_in_flight(server, 1)
        with sent(server.base_url, one) as second:
            until_in_flight(server, 2)
            left = True
            first.close()
            assert received(second).status == 200
        until_in_flight(server, 0)
        assert begun == [(0, False), (1, True)]
        assert (server.paid, server.paid_twice) == (2, 0), "a client that leaves pays all the same"


def test_every_chat_request_is_counted_by_its_answer() -> None:
    asked = bodies(2)
    with serve(Behaviour(api_key="right", script=[None, "500", None, "refusal", "half"])) as server:
        for body in (asked[0], asked[1], asked[0], asked[1]):
            ask(server.base_url, body, "right")
        with pytest.raises(http.client.IncompleteRead):
            ask(server.base_url, asked[1], "right")
        ask(server.base_url, asked[1], "wrong")
        ask(server.base_url, GOOD | {"n": 0}, "right")
        stats = get(server.base_url.replace("/v1", "/stats"))
        assert stats == server.stats()
        assert stats.pop("invalid") == server.invalid != []
        assert 0 < stats.pop("mean_seconds") < 10
        assert stats == {
            "requests": 7,
            "answered": {"200": 2, "500": 1, "refusal": 1, "half": 1, "401": 1, "400": 1},
            "paid": 3,
            "paid_twice": 1,
            "most_in_flight": 1,
            "bodies": 3,
        }


@table(
    "options",
    [
        {"faults": {"418": 0.1}},
        {"faults": {"429": -0.1}},
        {"faults": {"429": math.nan}},
        {"faults": {"429": 0.6, "500": 0.6}},
        {"faults": {"prose": 0.6, "parts": 0.6}},
        {"rate": 0},
        {"burst": 0},
        {"queue": 0},
        {"most_at_once": -1},
        {"die_after": 0},
        {"retry_after": -1},
        {"quota_headers": True},
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fault|above 0|retry_after|quota_headers"):
        Behaviour(**options)


def test_faults_of_both_kinds_may_add_up_to_more_than_one() -> None:
    tenth: list[Fault] = ["400", "401", "403", "404", "408", "413", "429", "500", "503", "hang"]
    assert Behaviour(faults={**dict.fromkeys(tenth, 0.1), "prose": 1.0})


def test_it_does_not_end_the_process_of_a_test() -> None:
    with pytest.raises(ValueError, match="--die-after"), serve(Behaviour(die_after=1)):
        pass


@contextmanager
def program(*flags: str) -> Iterator["subprocess.Popen[str]"]:
    words = [sys.executable, "-m", "fake_endpoint", *flags]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    pipe = subprocess.PIPE
    with subprocess.Popen(words, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_runs_as_a_program_that_can_die() -> None:
    with program("--port", "0", "--die-after", "3") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert [model["id"] for model in get(f"{url}/models")["data"]] == ["fake"]
        assert [ask(url).status for _ in range(2)] == [200, 200]
        with pytest.raises(ConnectionError):
            ask(url)
        assert process.wait(30) == 1


def test_every_flag_arrives() -> None:
    flags = "--latency uniform:0:0.1 --fault 500=0.2 --fault prose=0.5 --fault-seed 3 --rate 0.5 --burst 2"
    more = "--retry-after 7 --quota-headers --most-at-once 5 --queue 4 --die-after 9 --api-key k --no-usage --unchecked"
    script = "--script well,endless"
    assert behaviour(parser().parse_args([*flags.split(), *more.split(), *script.split()])) == Behaviour(
        latency=Uniform(0, 0.1),
        faults={"500": 0.2, "prose": 0.5},
        fault_seed=3,
        script=(None, "endless"),
        rate=0.5,
        burst=2,
        retry_after=7,
        quota_headers=True,
        most_at_once=5,
        queue=4,
        die_after=9,
        api_key="k",
        usage=False,
        schema_checked=False,
    )
    assert behaviour(parser().parse_args([])) == Behaviour()


@pytest.mark.slow
@table(
    ("flags", "word"),
    [
        (["--latency", "soon"], "soon"),
        (["--fault", "429"], "429=0.1"),
        (["--fault", "42=0.1"], "'42'"),
        (["--rate", "-1"], "rate"),
        (["--script", "well,42"], "'42'"),
    ],
)
def test_wrong_flags_are_named(flags: list[str], word: str) -> None:
    with program(*flags) as process:
        _, err = process.communicate(timeout=30)
        assert process.returncode == 2
        assert word in err.splitlines()[-1]
