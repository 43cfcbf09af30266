"""Files of questions as people have them, folders, pipes and addresses: they are read, or it is said what to do."""

import codecs
import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import COMMAND, ROOT, Sandbox
from tables import table

LIES, VOWS = "Is a white lie fair?", "Must every vow be kept?"
OBJECTS = [{"question": LIES}, {"question": VOWS}]
SMALL = ("--model", "scripted", "--embedder", "hash", "--grid", 2, "--neighbours", 1, "--run-id", "one")


def dialogue(question: str, answer: str, end: str) -> str:
    return f"Human: {question}{end}{end}Assistant: {answer}"


def shown(sandbox: Sandbox, source: object, *words: object) -> tuple[list[str], int]:
    """The questions that `questions show` lists, and how many pairs."""
    done = sandbox("questions", "show", "--json", "--questions", source, *words)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    return [question["text"] for question in found["questions"]], found["pairs"]


def said(sandbox: Sandbox, source: object, *words: object) -> str:
    done = sandbox("questions", "show", "--questions", source, *words)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.strip().splitlines()) <= 3
    return done.err


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_dialogues_with_the_line_ends_of_any_system(sandbox: Sandbox, tmp_path: Path, end: str) -> None:
    rows = [
        {"chosen": begin + dialogue(text, "Think first.", end), "rejected": begin + dialogue(text, "No.", end)}
        for text, begin in ((LIES, ""), (VOWS, 2 * end))
    ]
    (tmp_path / "hh.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert shown(sandbox, "hh.jsonl") == ([LIES, VOWS], 2)


def test_a_text_of_an_old_mac(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes(f"{LIES}\r{VOWS}\r\rWhy?".encode())
    assert shown(sandbox, "old.txt") == ([LIES, VOWS, "Why?"], 0)


@pytest.mark.parametrize("name", ["question", "prompt"])
def test_plain_chosen_and_rejected_answers_are_prior_memories(
    sandbox: Sandbox, tmp_path: Path, run: Path, name: str
) -> None:
    rows = [{name: f"May I keep {n}?", "chosen": f"Ask {n}.", "rejected": f"Take {n}."} for n in range(4)]
    (tmp_path / "set.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = sandbox("simulate", "--questions", "set.jsonl", *SMALL, "--labels", "half", "--prior-size", 2)
    assert done.code == 0, done.err
    kept = [json.loads(line) for line in (run / "memory" / "agent-000.jsonl").read_text().splitlines()]
    answers = [entry["answer"] for entry in kept if entry["round"] == -1]
    assert answers
    assert all(answer.startswith("Ask ") for answer in answers)
    last = [json.loads(line) for line in (run / "memory" / "agent-003.jsonl").read_text().splitlines()]
    assert all(entry["answer"].startswith("Take ") for entry in last if entry["round"] == -1)


def compressed(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


LINES = "".join(json.dumps(each) + "\n" for each in OBJECTS).encode()


@table(
    ("name", "content"),
    [
        ("array.json", json.dumps(OBJECTS, indent=1).encode()),
        ("texts.json", json.dumps([LIES, VOWS]).encode()),
        ("lines.json", LINES),
        ("lines.ndjson", LINES),
        ("packed.jsonl.zst", compressed(LINES)),
        ("packed.txt.zst", compressed(f"{LIES}\n{VOWS}".encode())),
        ("unnamed.jsonl", gzip.compress(LINES, mtime=0)),
        ("table.tsv", f"question\tnote\n{LIES}\tx\n{VOWS}\ty\n".encode()),
        ("blank.csv", f"id, question\n1, {LIES}\n2, {VOWS}\n".encode()),
        ("upper.csv", f"Question\n{LIES}\n{VOWS}\n".encode()),
        ("semicolon.csv", f"\ufeffid;question\r\n1;{LIES}\r\n2;{VOWS}\r\n".encode()),
        ("excel.csv", f"sep=;\r\nQuestion;Note\r\n{LIES};\r\n{VOWS};\r\n".encode("utf-16")),
        ("prompt.jsonl", LINES.replace(b"question", b"prompt")),
        ("notepad.txt", f"{LIES}\r\n{VOWS}\r\n".encode("utf-16")),
    ],
)
def test_files_as_people_have_them_are_read(sandbox: Sandbox, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert shown(sandbox, tmp_path / name)[0] == [LIES, VOWS]


@table(
    ("source", "expected"),
    [
        ("https://example.org/q.jsonl", "'https://example.org/q.jsonl' is an address"),
        ("s3://bucket/q.jsonl", "download it, and name the file"),
        ("https://huggingface.co/datasets/org/name/viewer", "name the dataset instead: --questions org/name"),
        ("hf://datasets/org/name/train.jsonl", "name the dataset instead: --questions org/name"),
        ("nothing.jsonl", "no question file 'nothing.jsonl'"),
        ("nothing", "ORG/NAME of the hub"),
    ],
)
def test_what_is_no_path_is_told_as_what_it_is(sandbox: Sandbox, source: str, expected: str) -> None:
    assert expected in said(sandbox, source)


def test_a_short_row_is_an_error_with_its_line(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text(f'question,considerate,inconsiderate\n"{LIES}\nOr not?",a,b\n{VOWS}\n')
    assert "'q.csv', line 4: fewer fields than columns (1, not 3)" in said(sandbox, "q.csv")


def test_columns_by_their_names(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "q.csv").write_text(f'"Ask, please",Good,bad\n{LIES},Yes.,No.\n')
    offered = said(sandbox, "q.csv")
    assert "found 'Ask, please', 'Good', 'bad'" in offered
    assert "--column question=" in offered
    words = ["question=Ask, please", "considerate=good", "inconsiderate=bad"]
    flags = [each for word in words for each in ("--column", word)]
    assert shown(sandbox, "q.csv", *flags) == ([LIES], 1)
    (tmp_path / "list.toml").write_text(f"column = {json.dumps(words)}\n")
    (tmp_path / "text.toml").write_text(f"column = {json.dumps(','.join(words))}\n")
    for file in ("list.toml", "text.toml"):
        assert shown(sandbox, "q.csv", "--config", file) == ([LIES], 1)
    monkeypatch.setenv("SANDBOX_COLUMN", "question=Ask, please,chosen=Good, rejected = bad")
    assert shown(sandbox, "q.csv") == ([LIES], 1)


def test_a_column_that_is_not_there_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps({"question": LIES, "good": "Yes."}))
    (tmp_path / "q.txt").write_text(LIES)
    message = said(sandbox, "q.jsonl", "--column", "considerate=god")
    assert "--column considerate=god: there is no column 'god'\nfound 'question', 'good'" in message
    message = said(sandbox, "q.jsonl", "--column", "question=ask", "--column", "considerate=good")
    assert "there is no column 'ask'" in message
    assert "nothing that was read has columns" in said(sandbox, "q.txt", "--column", "question=good")
    for wrong in ("question", "prompt=question", "question=", "question=a,question=b"):
        assert f"--column {wrong}: wanted is KEY=NAME, such as question=prompt" in said(
            sandbox, "q.jsonl", "--column", wrong
        )


def test_columns_of_questions_and_of_a_prior_of_its_own(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    asked = [{"ask": f"May I keep {n}?"} for n in range(4)]
    pairs = [{"question": f"May I take {n}?", "good": "Ask.", "bad": "Grab it."} for n in range(2)]
    (tmp_path / "q.json").write_text(json.dumps(asked))
    (tmp_path / "prior.json").write_text(json.dumps(pairs))
    files = ("--questions", "q.json", "--prior", "prior.json", "--prior-size", 2)
    columns = ("--column", "question=ask,considerate=good", "--column", "inconsiderate=bad")
    done = sandbox("simulate", *files, *SMALL, *columns)
    assert done.code == 0, done.err
    manifest = json.loads((run / "manifest.json").read_text())
    assert (manifest["questions"]["count"], manifest["prior"]["count"]) == (4, 2)
    assert manifest["config"]["column"] == "question=ask,considerate=good,inconsiderate=bad"
    assert manifest["origins"]["column"] == "flag"
    assert sandbox("simulate", "--resume", "one", "--rounds", 2).code == 0
    assert sandbox("simulate", *files, *SMALL[:-1], "two", *columns, "--labels", "none").code == 0
    wrong = sandbox("simulate", *files, *SMALL, "--column", "question=ask,considerate=god,inconsiderate=bad")
    assert "--column considerate=god: there is no column 'god'\nfound 'ask' and 'question', 'good', 'bad'" in wrong.err


def test_the_way_that_a_column_was_named_is_no_part_of_what_a_run_is(sandbox: Sandbox, tmp_path: Path) -> None:
    prints = []
    for name, words in (("question", ()), ("ask", ("--column", "question=ask"))):
        (tmp_path / "q.json").write_text(json.dumps([{name: f"May I keep {n}?"} for n in range(4)]))
        run = ("--questions", "q.json", *SMALL[:-1], name, "--labels", "none", *words)
        assert sandbox("simulate", *run).code == 0
        prints.append(json.loads((tmp_path / "runs" / name / "manifest.json").read_text())["fingerprint"])
    assert prints[0] == prints[1]


def test_a_folder_is_read_in_order_of_name(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, text in enumerate((LIES, VOWS)):
        table = pa.table({"question": [text]})
        (tmp_path / "shards").mkdir(exist_ok=True)
        pq.write_table(table, tmp_path / "shards" / f"train-{number:05d}-of-00002.parquet")
    for other in ("README.md", ".hidden.jsonl", "_SUCCESS", "dataset_info.json"):
        (tmp_path / "shards" / other).write_text("{}")
    (tmp_path / "shards" / "more.jsonl").mkdir()
    assert shown(sandbox, "shards/") == ([LIES, VOWS], 0)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "b.jsonl.gz").write_bytes(gzip.compress(LINES, mtime=0))
    (tmp_path / "plain" / "a.jsonl").write_text('{"question": "Why?"}')
    assert shown(sandbox, "plain") == (["Why?", LIES, VOWS], 0)
    monkeypatch.chdir("plain")
    assert "plain (.)" in sandbox("questions", "show", "--questions", ".").out


@table(
    ("names", "expected"),
    [
        (["train-00000-of-00002.jsonl"], "'train-00001-of-00002.jsonl' is missing"),
        (["q-2-of-2.jsonl.gz"], "'q-1-of-2.jsonl.gz' is missing"),
        (["a-0-of-1.jsonl", "b-1-of-3.jsonl", "b-2-of-3.jsonl"], "'b-0-of-3.jsonl' is missing"),
        (["a.jsonl", "b.csv"], "is a folder of .csv and .jsonl files\nname one of them"),
        (["notes.md"], "is a folder without question files"),
        ([], "wanted: files that end in .jsonl"),
    ],
)
def test_a_folder_that_is_no_set_says_why(sandbox: Sandbox, tmp_path: Path, names: list[str], expected: str) -> None:
    for name in names:
        (tmp_path / name).write_bytes(gzip.compress(LINES, mtime=0) if name.endswith(".gz") else LINES)
    assert expected in said(sandbox, tmp_path)


def test_shards_may_be_counted_from_one(sandbox: Sandbox, tmp_path: Path) -> None:
    for number, text in ((1, LIES), (2, VOWS)):
        (tmp_path / f"part{number}-of-2.txt").write_text(text)
    assert shown(sandbox, tmp_path) == ([LIES, VOWS], 0)


@table(
    "content",
    [
        LINES,
        codecs.BOM_UTF8 + json.dumps(OBJECTS).encode(),
        f"{LIES}\n\n{VOWS}".encode(),
        f"{LIES}\r\n{VOWS}".encode("utf-16"),
        gzip.compress(LINES, mtime=0),
        f'id;Question\n1;"{LIES}"\n2;"{VOWS}"\n'.encode(),
        f"prompt\r\n{LIES}\r\n{VOWS}\r\n".encode(),
    ],
)
def test_what_is_piped_in_is_read(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content))))  # type: ignore[arg-type]
    assert shown(sandbox, "-") == ([LIES, VOWS], 0)


@pytest.mark.slow
def test_one_pipe_gives_questions_and_prior_memories(tmp_path: Path, run: Path) -> None:
    rows = [{"prompt": f"May I keep {n}?", "chosen": "Ask.", "rejected": "Grab it."} for n in range(4)]
    words = ("--questions", "-", "--prior", "-", "--prior-size", 2, *SMALL)
    done = subprocess.run(
        [*COMMAND, "simulate", *map(str, words)], cwd=tmp_path, input=json.dumps(rows), capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    manifest = json.loads((run / "manifest.json").read_text())
    assert (manifest["questions"]["name"], manifest["questions"]["count"]) == ("-", 4)
    assert manifest["questions"]["sha256"] == manifest["prior"]["sha256"]


def test_nothing_piped_in_is_told(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b""))))  # type: ignore[arg-type]
    assert "no questions in 'standard input'" in said(sandbox, "-")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
def test_a_named_pipe_needs_no_ending(sandbox: Sandbox) -> None:
    reading, writing = os.pipe()
    os.write(writing, LINES)
    os.close(writing)
    assert shown(sandbox, f"/dev/fd/{reading}") == ([LIES, VOWS], 0)
    os.close(reading)


def test_of_a_text_that_nobody_reads_the_beginning_is_shown(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("why " * 10_000 + "\n")
    done = sandbox("questions", "show", "--questions", "q.txt")
    assert (done.code, len(done.out) < 5_000, "39,999 characters; --json has all" in done.out) == (0, True, True)
    assert (
        len(json.loads(sandbox("questions", "show", "--questions", "q.txt", "--json").out)["questions"][0]["text"])
        == 39_999
    )
