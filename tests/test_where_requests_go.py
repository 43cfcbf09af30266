"""Where requests go, and never go: to the host that was written, below the path that was written, and nowhere else."""

import json
from collections.abc import Iterator

import pytest
from conftest import Sandbox
from example_runs import TINY
from odd_endpoint import Answers, Odd, Seen, Sent, api, completion, listing, odd

from agents.limits import retry

KEY = "sk-test-very-secret"
RUN = ("simulate", "--model", "m", *TINY, "--run-id", "one")
DOCTOR = ("doctor", "--model", "m", "--questions", "starter", "--embedder", "hash", "--json")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(retry, "FIRST_DELAY", 0.01)


@pytest.fixture
def stranger() -> Iterator[Odd]:
    """A server that would answer well, and that nobody named."""
    with odd(api()) as server:
        yield server


@pytest.mark.parametrize("written", ["{}", "{}/", " {}/\n", "{}/chat/completions"])
@pytest.mark.parametrize("command", [RUN, DOCTOR])
def test_an_endpoint_at_the_root_of_its_host(sandbox: Sandbox, command: tuple[object, ...], written: str) -> None:
    with odd(api("")) as server:
        done = sandbox(*command, "--base-url", written.format(server.origin))
        assert done.code == 0, done.err + done.out
        assert server.paths == ["GET /models", "POST /chat/completions"]
        assert {seen.headers["authorization"] for seen in server.seen} == {f"Bearer {KEY}"}


@pytest.mark.parametrize(
    ("written", "query"),
    [
        ("{}/v1?api-version=2024-10-21", "api-version=2024-10-21"),
        ("{}/v1/?api-version=2024-10-21&x=", "api-version=2024-10-21&x="),
        ("{}/v1/chat/completions?a=b%20c#here", "a=b%20c"),
    ],
)
def test_a_query_stays_at_the_end_of_every_address(sandbox: Sandbox, written: str, query: str) -> None:
    with odd(api()) as server:
        done = sandbox(*RUN, "--base-url", written.format(server.origin))
        assert done.code == 0, done.err
        assert server.paths == [f"GET /v1/models?{query}", f"POST /v1/chat/completions?{query}"]


@pytest.mark.parametrize("written", ["{}/v1/v1", "{}//v1//", "{}/v1/models", "{}/x/../v1"])
def test_doubled_and_pasted_parts_are_mended(sandbox: Sandbox, written: str) -> None:
    with odd(api()) as server:
        done = sandbox(*RUN, "--base-url", written.format(server.origin))
        assert done.code == 0, done.err
        assert server.paths == ["GET /v1/models", "POST /v1/chat/completions"]


def test_the_variable_of_the_client_is_read_like_the_flag(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with odd(api()) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f" {server.origin}/v1/?v=1\r\n")
        done = sandbox(*RUN)
        assert done.code == 0, done.err
        assert server.paths == ["GET /v1/models?v=1", "POST /v1/chat/completions?v=1"]


def test_every_way_to_name_an_endpoint_is_read_alike(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path_factory.mktemp("given") / "two.toml"
    monkeypatch.setenv("OWN_KEY", "sk-own-secret")
    with odd(api("", "m")) as first, odd(api("/v1", "m")) as judge:
        file.write_text(
            f'[[society.models]]\nname = "m"\nbase_url = "{first.origin}/?v=2"\napi_key_env = "OWN_KEY"\n'
            f'[[society.models]]\nname = "n"\nbase_url = "{first.origin}?v=2 "\napi_key_env = "OWN_KEY"\n'
        )
        observer = ("--observer-base-url", f"{judge.origin}/v1/v1/", "--observer-model", "m")
        done = sandbox("simulate", "--config", file, *TINY, *observer)
        assert done.code == 0, done.err
        assert first.paths == ["GET /models?v=2", "POST /chat/completions?v=2"]
        assert judge.paths == ["GET /v1/models", "POST /v1/chat/completions"]
        assert {seen.headers["authorization"] for seen in first.seen} == {"Bearer sk-own-secret"}
        assert {seen.headers["authorization"] for seen in judge.seen} == {"Bearer none"}


def test_an_endpoint_that_is_spelt_in_two_ways_is_one_and_has_one_key(sandbox: Sandbox) -> None:
    with odd(api()) as server:
        spelt = ("--base-url", f"{server.origin}/v1", "--observer-base-url", f"{server.origin.upper()}/v1/")
        done = sandbox(*RUN, *spelt)
        assert done.code == 0, done.err
        assert [seen.method for seen in server.seen].count("GET") == 1
        assert {seen.headers["authorization"] for seen in server.seen} == {f"Bearer {KEY}"}


TRICKS = [
    "{good}@{evil_host}/v1",
    "{good}\\@{evil_host}/v1",
    "{good}//{evil_host}/v1",
    "{good}/{evil}/v1",
    "{good}/v1?next={evil}/v1",
    "{good}/v1#@{evil_host}/v1",
    "{good}?@{evil_host}/v1",
    "{good}/v1/..//{evil_host}/v1",
    "{good}/%2e%2e//{evil_host}/v1",
    "{good}\n@{evil_host}/v1",
    "{good};@{evil_host}/v1",
    "http://{evil_host}\\@{good_host}/v1",
    "//{evil_host}/v1",
    "http:{evil_host}/v1",
    "http:///{evil_host}/v1",
]


@pytest.mark.slow
@pytest.mark.parametrize("flag", ["--base-url", "--observer-base-url", "OPENAI_BASE_URL"])
def test_no_way_of_writing_an_address_takes_the_key_to_another_host(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, stranger: Odd, flag: str
) -> None:
    """The host is what stands between the slashes; a URL that says another is refused, or stays a path of that host."""
    monkeypatch.setenv("JUDGE_KEY", KEY)
    with odd(api()) as server:
        for trick in TRICKS:
            url = trick.format(
                good=server.origin, good_host=server.origin[7:], evil=stranger.origin, evil_host=stranger.origin[7:]
            )
            observed = ("--observer-api-key-env", "JUDGE_KEY", "--model", "scripted", "--observer-model", "m")
            monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
            if flag.startswith("--"):
                words = ("--model", "m", flag, url) if flag == "--base-url" else (*observed, flag, url)
            else:
                words = ("--model", "m")
                monkeypatch.setenv(flag, url)
            done = sandbox("simulate", *TINY, *words)
            assert KEY not in done.err + done.out
            assert "Traceback" not in done.err
            assert "fault of sandbox" not in done.err, (trick, done.err)
            assert stranger.seen == [], trick


@pytest.mark.parametrize(
    ("status", "location"),
    [
        (301, "{}/v1/chat/completions"),
        (302, "{}/login"),
        (303, "\\\\{host}/"),
        (307, "//{host}/v1/models"),
        (308, "{}/v1/chat/completions"),
    ],
)
def test_a_redirect_is_not_followed_and_is_named(sandbox: Sandbox, stranger: Odd, status: int, location: str) -> None:
    target = location.format(stranger.origin, host=stranger.origin[7:])
    with odd(lambda seen: Sent(status, b"", {"Location": target})) as server:
        done = sandbox(*RUN, "--base-url", f"{server.origin}/v1")
        assert done.code == 1
        assert stranger.seen == []
        assert f"answered {status}: it points to {target}, which is not followed" in done.err
        assert f"{server.origin}/v1" in done.err


def test_a_redirect_in_the_middle_of_a_run_is_not_followed(sandbox: Sandbox, stranger: Odd) -> None:
    answered = iter(range(1000))

    def answer(seen: Seen) -> Sent:
        if seen.method == "POST" and next(answered) > 5:
            return Sent(307, b"", {"Location": f"{stranger.origin}/v1/chat/completions"})
        return api()(seen)

    with odd(answer) as server:
        done = sandbox(*RUN, "--base-url", f"{server.origin}/v1")
        assert done.code in (1, 3), done.err
    assert stranger.seen == []


@pytest.mark.parametrize("where", ["{evil}/v1/models", "//{host}/v1", "@{host}/", "../../{evil}"])
def test_pages_of_a_list_are_read_at_the_same_host(sandbox: Sandbox, stranger: Odd, where: str) -> None:
    to = where.format(evil=stranger.origin, host=stranger.origin[7:])

    def answer(seen: Seen) -> Sent:
        if seen.method == "POST":
            return completion(seen)
        if "after=" in seen.path:
            return listing("m")
        links = {"next": to, "next_page": to, "url": to, "last_id": to, "has_more": True}
        return Sent(body={"data": [{"id": "x", "url": to}], **links}, headers={"Link": f'<{to}>; rel="next"'})

    with odd(answer) as server:
        done = sandbox(*RUN, "--base-url", f"{server.origin}/v1?v=1")
        assert done.code == 0, done.err
        assert server.seen[1].path.startswith("/v1/models?v=1&after=")
        assert "does not list" not in done.err
    assert stranger.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "0.0.0.0", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize("named", ["flag", "variable"])
def test_no_proxy_hears_of_a_server_on_this_machine(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, stranger: Odd, host: str, named: str
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, stranger.origin)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with odd(api()) as server:
        url = f"http://{host}:{server.port}/v1"
        if named == "variable":
            monkeypatch.setenv("OPENAI_BASE_URL", url)
        sandbox(*RUN, *(("--base-url", url) if named == "flag" else ()))
    assert stranger.seen == []


def test_the_variable_of_the_client_is_not_asked_where_a_flag_names_another(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, stranger: Odd
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{stranger.origin}/v1")
    with odd(api()) as server:
        assert sandbox(*RUN, "--base-url", f"{server.origin}/v1").code == 0
    assert stranger.seen == []


def test_a_search_for_the_api_stays_at_the_host(sandbox: Sandbox, stranger: Odd) -> None:
    with odd(lambda seen: Sent(404, b"", {"Location": stranger.origin})) as server:
        done = sandbox(*RUN, "--base-url", server.origin)
        assert done.code == 1
        assert "404" in done.err
        assert len(server.paths) > 2
    assert stranger.seen == []


HTML = Sent(200, b"<!DOCTYPE html><html><title>Log in</title></html>", {"Content-Type": "text/html"})


def elsewhere(other: Sent, prefix: str) -> Answers:
    """The API below `prefix`, and `other` at any other path."""

    def answer(seen: Seen) -> Sent:
        found = api(prefix)(seen)
        return other if found.status == 404 else found

    return answer


NOT_FOUND = Sent(404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    ("given", "prefix", "other"),
    [
        ("", "/v1", NOT_FOUND),
        ("/api", "/v1", NOT_FOUND),
        ("/v1", "/api/v1", NOT_FOUND),
        ("/v2", "", NOT_FOUND),
        ("/v1", "/v1beta/openai", NOT_FOUND),
        ("", "/inference/v1", NOT_FOUND),
        ("", "/v1", Sent(400, {"error": "no such path"})),
        ("", "/v1", Sent(410, b"")),
        ("", "/v1", Sent(501, b"")),
        ("", "/v1", Sent(405, b"")),
        ("", "/v1", Sent(403, b"<h1>Forbidden</h1>")),
        ("", "/v1", Sent(404, HTML.body)),
        ("", "/v1", Sent(302, b"", {"Location": "/login"})),
        ("", "/v1", HTML),
        ("", "/v1", Sent(200, {"status": "running"})),
    ],
)
def test_the_path_at_which_the_host_has_the_api_is_named(
    sandbox: Sandbox, given: str, prefix: str, other: Sent
) -> None:
    with odd(elsewhere(other, prefix)) as server:
        meant = f"{server.origin} answers at {prefix or '/'}: use --base-url {server.origin}{prefix}"
        done = sandbox(*RUN, "--base-url", server.origin + given)
        assert (done.code, meant in done.err) == (1, True), done.err
        assert len(done.err[done.err.index("Error: ") :].strip().splitlines()) <= 3
        if other == NOT_FOUND:
            done = sandbox(*DOCTOR, "--base-url", server.origin + given)
            assert (done.code, [meant in check["fix"] for check in json.loads(done.out)].count(True)) == (1, 1)


def test_an_endpoint_without_a_list_at_another_path_than_its_lists_is_used_as_it_is(sandbox: Sandbox) -> None:
    """Some vendors answer chats at the root and list models below `/v1`: what answers is not doubted."""

    def answer(seen: Seen) -> Sent:
        if seen.path == "/v1/models":
            return listing("m")
        return api("")(seen) if seen.method == "POST" else Sent(404, b"")

    with odd(answer) as server:
        done = sandbox(*RUN, "--base-url", server.origin)
        assert done.code == 0, done.err
        assert "gives no list of models" in done.err
        assert "GET /v1/models" not in server.paths


def test_a_key_that_may_ask_and_not_list_is_good_enough(sandbox: Sandbox) -> None:
    def answer(seen: Seen) -> Sent:
        refused = {"error": {"message": "You have insufficient permissions. Missing scopes: api.model.read"}}
        return completion(seen) if seen.method == "POST" else Sent(403, refused)

    with odd(answer) as server:
        done = sandbox(*RUN, "--base-url", f"{server.origin}/v1")
        assert (done.code, "gives no list of models" in done.err) == (0, True), done.err


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--base-url", "http://me:hunter2@127.0.0.1:1/v1", "leave the user and password out of the URL"),
        ("--base-url", "http://me:hunt/er2@127.0.0.1:1/v1", "not a URL"),
        ("--observer-base-url", "http://127.0.0.1:1/v1?api_key=hunter2", "leave 'api_key' out of the URL"),
        ("OPENAI_BASE_URL", "http://me:hunter2@127.0.0.1:1/v1", "OPENAI_BASE_URL: leave the user and password out"),
        ("OPENAI_BASE_URL", "localhost:8000/v1", "OPENAI_BASE_URL: 'localhost:8000/v1': give a whole URL"),
        ("SANDBOX_BASE_URL", "http://me:hunter2@127.0.0.1:1/v1", "SANDBOX_BASE_URL"),
    ],
)
def test_a_secret_in_an_address_is_refused_and_written_nowhere(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, flag: str, value: str, said: str
) -> None:
    if not flag.startswith("--"):
        monkeypatch.setenv(flag, value)
    done = sandbox(*RUN, *((flag, value) if flag.startswith("--") else ()))
    assert done.code == 2
    assert said in done.err
    assert "hunter2" not in done.err + done.out
    assert "er2@" not in done.err + done.out
