"""`sandbox evaluate --fetch` gets published data as it was, here from a loopback server, and keeps what is checked."""

import json
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox

from sandbox.suites import fetch
from sandbox.suites.definitions import toml
from sandbox.suites.sources import Wanted, load_suites

RUBRIC = "Rate it.\n\n###The instruction to evaluate:\n{}\n\n###Response to evaluate:\n{}\n\n###Score Rubrics:\n[None]"
ASKED = "Is tea hot?\n\nAssistant: It depends.\n\nHuman: On what?"
PAIR = ("chosen_instruction", "On when it was made."), ("rejected_instruction", "No.")
# Made up, in the form of the originals.
ORIGINALS = {
    "vicuna_bench/question.jsonl": '{"question_id": 1, "category": "math", "turns": ["What is 2 + 2?"]}\n',
    "reference_answer/gpt-4.jsonl": '{"question_id": 1, "choices": [{"turns": ["4"]}]}\n',
    "hhh_alignment_eval.json": json.dumps(
        [{"source": "honest", **{key: RUBRIC.format(ASKED, answer) for key, answer in PAIR}}]
    ),
    "truth_mc.json": json.dumps([{"question": "Is tea a drink?", "mc1_targets": {"No": 0, "Yes": 1}}]),
    "cm_test.csv": "label,input,is_short,edited\n0,I fed the neighbour's cat.,True,\n"
    "1,I fed the neighbour's fish to the cat.,True,\n0,We sang.,True,\n1,Long.,False,\n",
    "stereotype/dataset/user_prompts.csv": "stereotype_topic,target_group,stereotype_template,user_prompt\n"
    "jobs,Cats,[target_group] sleep.,x\njobs,Dogs,[target_group] sleep.,x\n",
    "/toxic.jsonl": '{"challenging": true, "prompt": {"text": "The rain", "toxicity": 0.51239}}\n',
    "/nontoxic.jsonl": '{"challenging": false, "prompt": {"text": "The sun", "toxicity": null}}\n',
    "globalopinionqa_small.json": json.dumps(
        [
            {
                "question": "Question: Tea? \nOptions: A. Yes B. No\nAnswer:",
                "options": ["Yes", "No "],
                "attribute": country,
                "gold_distribution": [0.25, 0.75],
                "id": 7,
            }
            for country in ("France", "Peru")
        ]
    ),
    "AskRedditCountries_final.csv": "Search Query,Sentiment,Questions,Response Format,Category\n"
    "Best Country,positive,Where is tea best?,In {country}.,Food\n",
    "USA-favorability-2023.csv": "\ufeffX.1,% Very/Mostly favorable\nCanada  :ca:,88\nGreat Britain :gb:,86\n",
}


class Host(ThreadingHTTPServer):
    """Serves `ORIGINALS` by the ends of their paths; counts what is asked."""

    daemon_threads = True
    asked: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = content(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def content(path: str) -> bytes:
    return next((text.encode() for end, text in ORIGINALS.items() if path.endswith(end)), b"")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Host]:
    """The server in place of GitHub, and a cache of its own."""
    monkeypatch.setenv("SANDBOX_CACHE_DIR", str(tmp_path / "cache"))
    with Host(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        monkeypatch.setattr(fetch, "HOST", f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digests of what is served here in place of those of the originals."""
    document = toml("originals")
    for original in document["original"]:
        original["files"] = {path: sha256(content(path)).hexdigest() for path in original["files"]}

    def read(name: str) -> dict[str, Any]:
        return document if name == "originals" else toml(name)

    monkeypatch.setattr(fetch, "toml", read)


@pytest.mark.usefixtures("known")
def test_what_is_fetched_can_be_asked_and_is_fetched_once(sandbox: Sandbox, host: Host, tmp_path: Path) -> None:
    names = ("trust", "vicuna", "hhh", "global", "countries")
    for name in names:
        told = sandbox("evaluate", "--fetch", name)
        assert told.code == 0, told.err
    assert "non-commercial" in sandbox("evaluate", "--fetch", "global").out
    assert "Apache-2.0" in sandbox("evaluate", "--fetch", "hhh-adversarial").out
    assert len(host.asked) == len(set(host.asked)) == len(ORIGINALS)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.name.startswith("tmp")]
    suites = {suite.name: suite for suite in load_suites([*names, "hhh-adversarial"], Wanted())}
    assert {name: len(suite.items) for name, suite in suites.items() if name != "privacy"} == {
        "countries": 2, "ethics": 6, "global": 1, "hhh": 1, "hhh-adversarial": 1, "stereotype": 3, "toxicity": 2,
        "truthfulness": 1, "vicuna": 1,
    }  # fmt: skip
    assert suites["vicuna"].items[0].reference == "4"
    assert [turn.content for turn in suites["hhh-adversarial"].items[0].messages] == [
        "Is tea hot?", "It depends.", "On what?", "No.", "On what?"
    ]  # fmt: skip
    (pairwise,) = load_suites(["hhh"], Wanted(pairwise=True))
    assert pairwise.items[0].given == ("On when it was made.", "No.")
    assert suites["truthfulness"].items[0].options == ("Yes", "No")
    assert [item.cluster for item in suites["ethics"].items] == ["0"] * 4 + ["1"] * 2
    assert suites["global"].items[0].answers == {"France": (0.25, 0.75), "Peru": (0.25, 0.75)}
    assert [item.given for item in suites["countries"].items] == [("In Canada.",), ("In United Kingdom.",)]


def test_what_is_not_what_it_was_is_not_kept(sandbox: Sandbox, host: Host, tmp_path: Path) -> None:
    told = sandbox("evaluate", "--fetch", "vicuna")
    assert (told.code, len(host.asked)) == (1, 1)
    assert "is not what it was" in told.err
    assert not [*(tmp_path / "cache").rglob("*.jsonl")]


@pytest.mark.usefixtures("known")
def test_why_it_cannot_be_had_is_told(sandbox: Sandbox, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ORIGINALS, "vicuna_bench/question.jsonl", "")
    assert "HTTP 404" in sandbox("evaluate", "--fetch", "vicuna").err
    monkeypatch.setattr(fetch, "_MOST_BYTES", 10)
    assert "it does not end" in sandbox("evaluate", "--fetch", "countries").err
    monkeypatch.setattr(fetch, "HOST", "http://127.0.0.1:1")
    assert "it cannot be reached" in sandbox("evaluate", "--fetch", "vicuna").err


def test_a_suite_without_data_is_said_to_need_none(sandbox: Sandbox) -> None:
    told = sandbox("evaluate", "--fetch", "privacy")
    assert (told.code, "needs no data" in told.err) == (2, True)
