"""Stored answers that are somebody else's: odd but good files are read, and bad ones are refused in one sentence."""

import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import Sandbox
from example_evaluations import evaluation
from tables import table

from sandbox.errors import SandboxError
from sandbox.evaluation.planning import new_plan
from sandbox.exchange import archive, stored
from sandbox.exchange.stored import as_answers, as_suites, read_stored
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.resolution import resolve

SAMPLE = {
    "id": 7,
    "epoch": 1,
    "input": "Why is the sky blue?",
    "target": ["scattering", "Rayleigh"],
    "output": {"choices": [{"message": {"content": "Of light."}, "stop_reason": "stop"}]},
}
LINE = {
    "doc_id": 3,
    "doc": {},
    "target": "scattering",
    "arguments": {"gen_args_0": {"arg_0": "Why is the sky blue?", "arg_1": {}}},
    "resps": [["Of light.", ""]],
    "filter": "none",
}


def zipped(members: Mapping[str, Any], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", method) as log:
        for name, content in members.items():
            log.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return held.getvalue()


def log(sample: Any, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    return zipped({"header.json": {"eval": {"task": "mine/sky"}}, "samples/7_epoch_1.json": sample}, method)


def with_zstd(content: bytes) -> bytes:
    """A log as inspect packs it: with zstd, here in two frames, which no `zipfile` before 3.14 writes."""
    half = len(content) // 2
    frames = b"".join(pa.compress(part, "zstd", asbytes=True) for part in (content[:half], content[half:]))
    found = bytearray(zipped({"samples/7_epoch_1.json": frames}, zipfile.ZIP_STORED))
    for begin, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        found[found.find(begin) + place] = 93
    return bytes(found)


def refusal(path: Path, content: bytes) -> str:
    """What is said of a file with this content."""
    path.write_bytes(content)
    with pytest.raises(SandboxError) as found:
        read_stored(path)
    said = str(found.value)
    assert 1 <= len(said.splitlines()) <= 3
    return said.removeprefix(str(path))


def test_a_log_of_inspect_is_read_however_it_is_packed(tmp_path: Path) -> None:
    path = tmp_path / "sky.eval"
    for content in (log(SAMPLE), log(SAMPLE, zipfile.ZIP_STORED), with_zstd(json.dumps(SAMPLE).encode())):
        path.write_bytes(content)
        [answer] = read_stored(path).answers
        assert (answer.item, answer.sample, answer.text) == ("7", 0, "Of light.")
        assert answer.reference == "scattering\nRayleigh"
    path.write_bytes(log(SAMPLE))
    assert [suite.name for suite in as_suites(read_stored(path))] == ["mine-sky"]


def test_texts_that_stand_apart_and_in_parts_are_put_together(tmp_path: Path) -> None:
    path = tmp_path / "sky.json"
    parts = [
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "text", "text": "Of"},
        {"type": "text", "text": "light."},
    ]
    sample = {
        **SAMPLE,
        "messages": [
            {"role": "system", "content": "attachment://1"},
            {"role": "user", "content": "Why?"},
            {"role": "assistant", "content": "", "tool_calls": [{}]},
            {"role": "tool", "content": "42"},
            {"role": "assistant", "content": parts},
        ],
        "attachments": {"1": "Be short."},
        "output": {"choices": [{"message": {"content": parts}}]},
    }
    path.write_text(json.dumps({"eval": {}, "samples": [sample]}))
    [answer] = read_stored(path).answers
    assert (answer.task, answer.text) == ("sky", "Of\nlight.")
    assert [(turn.role, turn.content) for turn in answer.messages] == [("system", "Be short."), ("user", "Why?")]


@table(
    ("change", "why"),
    [
        ({"error": {"message": "x"}, "output": {"choices": []}}, "failed"),
        ({"output": {"choices": [{"message": {"content": None}, "stop_reason": "max_tokens"}]}}, "truncated"),
        ({"output": {"choices": [{"message": {"content": ""}, "stop_reason": "content_filter"}]}}, "refused"),
        ({"output": None}, "empty"),
        ({"output": {"choices": [[]], "completion": 3}}, "empty"),
    ],
)
def test_why_nothing_was_said_is_kept(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    (tmp_path / "x.eval").write_bytes(log(SAMPLE | change))
    [answer] = read_stored(tmp_path / "x.eval").answers
    assert (answer.text, answer.missing) == (None, why)


def test_filters_of_lm_eval_repeat_a_reply_that_is_one_answer(tmp_path: Path) -> None:
    path = tmp_path / "samples_sky_blue_2026-11-20T10-00-00.jsonl"
    path.write_text("".join(json.dumps(LINE | {"filter": name}) + "\n" for name in ("none", "strict-match")))
    first, second = read_stored(path).answers
    assert (first.task, first.item, first.sample, first.text) == ("sky_blue", "3", 0, "Of light.")
    assert (second.sample, second.text, second.missing) == (1, None, "empty")


def test_answers_of_an_evaluation_are_read_without_its_folder(tmp_path: Path) -> None:
    folder = evaluation(tmp_path / "runs")
    alone = tmp_path / "answers.jsonl"
    alone.write_bytes((folder / "answers.jsonl").read_bytes())
    assert read_stored(alone) == read_stored(folder)
    assert [each.name for each in as_suites(read_stored(alone))][:2] == ["capitals", "clubs"]


@table(
    ("change", "said"),
    [
        ({"resps": None}, ":1: it is no sample of lm-eval: it has no resps."),
        (
            {"resps": [[["-1.5", "False"]]]},
            ":1: it holds log-likelihoods and no text, so that there is no answer to judge.",
        ),
        ({"arguments": []}, ":1: the question of this answer does not stand there, so that it cannot be judged."),
        ({"arguments": {"gen_args_0": {"arg_0": []}}}, ":1: the question of this answer does not stand there, so that"),
    ],
)
def test_lines_of_lm_eval_without_an_answer_are_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    assert refusal(tmp_path / "samples_x_1.jsonl", json.dumps(LINE | change).encode() + b"\n").startswith(said)


@table(
    ("name", "content", "said"),
    lambda: [
        ("x.parquet", b"", ": no file of stored answers that is known here."),
        ("x.jsonl", b"", ": it holds no answer."),
        ("x.jsonl", b"[]\n", ":1: it is no JSON object."),
        ("x.jsonl", b"{]\n", ":1: not JSON at column 2."),
        ("x.jsonl", b'{"doc": ' + b"[" * 10_000 + b"\n", ":1: not JSON that can be read: it is nested too deeply."),
        ("x.json", b"{}", ": it is no log of inspect with samples."),
        ("x.json", b'{"samples": [1]}', ": sample 0: it is no sample of inspect: id and epoch do not stand there."),
        ("x.json", b"\xff", ": not JSON"),
        ("x.eval", b"", ": cannot be read: it is no zip, or damaged."),
        ("x.eval", log(SAMPLE)[:-30], ": cannot be read: it is no zip, or damaged."),
        ("x.eval", zipped({}), ": it holds no answer."),
        ("x.eval", zipped({"samples/a.json": b"{"}), ": samples/a.json: not JSON: it ends too early."),
        ("x.eval", log({**SAMPLE, "epoch": True}), ": samples/7_epoch_1.json: it is no sample of inspect"),
        (
            "x.eval",
            log({**SAMPLE, "input": []}),
            ": samples/7_epoch_1.json: the question of this answer does not stand",
        ),
        ("x.eval", log(SAMPLE, zipfile.ZIP_BZIP2), ": a member is packed or locked in a way that is not known here."),
        ("x.eval", with_zstd(b"{}").replace(b"\x28\xb5\x2f\xfd", b"no zstd!"[:4]), ": cannot be read: "),
    ],
)
def test_bad_files_are_refused_in_a_sentence(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    assert refusal(tmp_path / name, content).startswith(said)


@table(
    ("lines", "said"),
    [
        ([{}, {"resps": [["Of dust."]]}], ": two different answers are called sample 0 of '3'."),
        ([{"doc": {"sandbox": {"sample": 10_000}}}], ": '3': an item has at most 10,000 samples."),
        ([{"resps": [["x"] * 10_001]}], ": '3': an item has at most 10,000 samples."),
        ([{"doc_id": "a\nb"}], r": 'a\nb': an id is a text of 1 to 200 characters without line ends."),
        ([{"doc_id": " "}], ": ' ': an id is a text"),
        ([{"doc_id": "x" * 201}], f": '{'x' * 40}': an id is a text"),
    ],
)
def test_answers_that_cannot_be_told_apart_or_kept_are_refused(
    tmp_path: Path, lines: list[dict[str, Any]], said: str
) -> None:
    content = "".join(json.dumps(LINE | line) + "\n" for line in lines)
    assert refusal(tmp_path / "samples_x_1.jsonl", content.encode()).startswith(said)


def test_an_answer_without_a_name_is_called_by_its_line_and_by_no_path(tmp_path: Path) -> None:
    path = tmp_path / "samples_x_1.JSONL"
    path.write_text(json.dumps({key: value for key, value in LINE.items() if key != "doc_id"}))
    assert {each.item for each in read_stored(path).answers} == {"line 1"}


def test_a_text_that_stands_apart_once_and_is_named_very_often_is_read_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MOST_TEXT", 1 << 20)
    turn = {"role": "user", "content": "attachment://a"}
    sample = SAMPLE | {"messages": [turn] * 20, "attachments": {"a": "x" * 100_000}}
    assert ": it holds more than 1,000,000 answers, or 1 MiB of text." in refusal(tmp_path / "x.eval", log(sample))


def test_who_stored_one_late_sample_is_asked_about_no_other(tmp_path: Path) -> None:
    path = tmp_path / "samples_x_1.jsonl"
    late = LINE | {"doc_id": "late", "resps": [["x"]], "doc": {"sandbox": {"sample": 9_999}}}
    path.write_text("".join(json.dumps(line) + "\n" for line in (LINE | {"resps": [["x"]]}, late)))
    found = read_stored(path)
    config = resolve(EvaluationConfig, {"model": "scripted"}, None).config
    plan = new_plan(config, as_suites(found), found.name, as_answers(found))
    assert plan.places == [(0, 0, 0), (0, 1, 0)]


def test_members_are_bounded_in_size_and_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_MOST_MEMBER", 1 << 20)
    monkeypatch.setattr(archive, "_MOST_ALL", 1 << 21)
    monkeypatch.setattr(archive, "_MOST_MEMBERS", 4)
    large, many, several = b"[" + b" " * (1 << 21), {f"{n}": b"" for n in range(5)}, b"{" + b" " * (1 << 19) + b"}"
    path = tmp_path / "x.eval"
    assert "larger than 1 MiB" in refusal(path, log(large))
    assert "larger than 1 MiB" in refusal(path, with_zstd(large))
    assert "more than 4 members" in refusal(path, zipped(many))
    plenty = {
        "header.json": several,
        **{f"samples/{n}.json": json.dumps(SAMPLE | {"id": n, "x": " " * (3 << 18)}).encode() for n in range(3)},
    }
    assert "larger than 2 MiB" in refusal(path, zipped(plenty))


def test_answers_are_bounded_in_values_and_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "more than 8,000,000 values" in refusal(tmp_path / "x.json", b"[" + b"[]," * 4_000_000 + b"0]")
    monkeypatch.setattr(stored, "MOST_TEXT", 100)
    lines = [json.dumps(LINE | {"doc_id": number}).encode() + b"\n" for number in range(5)]
    path = tmp_path / "samples_x_1.jsonl"
    assert "of text" in refusal(path, b"".join(lines))
    path.write_bytes(lines[0] * 9)
    assert len(read_stored(path).answers) == 2


def test_a_call_that_failed_elsewhere_is_missing_and_none_of_ours(sandbox: Sandbox, tmp_path: Path) -> None:
    failed = {"id": 8, "error": {"message": "x"}, "output": {"choices": []}}
    (tmp_path / "x.json").write_text(json.dumps({"samples": [SAMPLE, SAMPLE | failed]}))
    done = sandbox("evaluate", "--import", "x.json", "--judge", "scripted", "--run-id", "one")
    assert (done.code, "--retry-failed" in done.err) == (3, False)
    assert "2 answers planned = 2 complete + 0 failed" in done.err
    assert '"missing":"failed"' in (tmp_path / "runs" / "one" / "answers.jsonl").read_text()


def test_a_folder_of_somebody_elses_files_is_no_evaluation(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="Name one file of it"):
        read_stored(tmp_path)


def test_samples_that_were_asked_otherwise_are_items_of_a_cluster(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    one, two = SAMPLE, SAMPLE | {"epoch": 2}
    path.write_text(json.dumps({"samples": [one, two]}))
    [suite] = as_suites(read_stored(path))
    assert ([item.id for item in suite.items], suite.sampling.samples) == (["7"], 2)
    for other in (two | {"input": "Why is the sky so blue?"}, two | {"epoch": 3}, two | {"target": "dust"}):
        path.write_text(json.dumps({"samples": [one, other]}))
        [suite] = as_suites(read_stored(path))
        assert [(item.id, item.cluster) for item in suite.items] == [("7/0", "7"), (f"7/{other['epoch'] - 1}", "7")]
        assert suite.sampling.samples == 1
