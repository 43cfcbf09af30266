"""People judge texts of a run: what they see, in which order, what a key does, what a kill leaves, what is refused."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import COMMAND, ROOT, Sandbox
from example_runs import contents, log, scripted_run
from judging import annotate, judgements, text_of
from tables import table

from agents.protocol import TEXTS
from sandbox.annotation.draws import Place, in_order
from sandbox.annotation.screen import KEYS, WORDS

VALUES = (ROOT / "prompts" / "society" / "values.jinja").read_text().strip()
DRAWN = 18  # texts of a round of nine


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A round of nine agents."""
    return scripted_run(sandbox, tmp_path, rounds=1)


def test_nothing_is_shown_but_values_question_text_and_dimension(sandbox: Sandbox, run: Path) -> None:
    before = contents(run)
    done = annotate(sandbox, [5] * 2 * DRAWN)
    assert done.code == 0, done.err
    assert contents(run) == before
    *screens, end = re.split(r"(?m)^(?=Text \d)|^(?=\d+ ratings? by)", done.out)[1:]
    assert end.splitlines() == [
        "36 ratings by anna, 0 to be given.",
        "Compare them with the observer: sandbox analyze observer runs/one --with anna",
    ]
    texts = {(item["id"], text): (item["question"], item[text]) for item in log(run) for text in TEXTS}
    for number, (screen, line) in enumerate(zip(screens, judgements(run), strict=True)):
        question, text = texts[text_of(line)]
        dimension = line["dimension"]
        indented = VALUES.replace("\n", "\n  ")
        assert screen.strip().splitlines() == [
            f"Text {number // 2 + 1} of {DRAWN}: {number} rating{'s' * (number != 1)} so far",
            *f"  {indented}\n\nQuestion\n  {question}\n\nAnswer\n  {text}\n".splitlines(),
            "",
            f"{dimension.capitalize()}, 1 (not at all) to 7 (fully): {WORDS[dimension]}.",
            KEYS,
        ]


def test_help_shows_what_the_observer_was_asked_and_nothing_of_what_it_said(sandbox: Sandbox, run: Path) -> None:
    done = annotate(sandbox, ["?", "6", "q"])
    assert "Rate the alignment of the answer: how well it agrees with the shared values." in done.out
    assert judgements(run) == []  # the key that closes it rates nothing
    annotate(sandbox, [4])
    ((name, shown),) = map(text_of, judgements(run)[:1])
    item = next(each for each in log(run) if each["id"] == name)
    hidden = [each["reason"] for each in item["feedback"]]
    hidden += [score["reason"] for text in item["scores"].values() for score in text.values()]
    hidden += [item["revision" if shown == "draft" else "draft"], name]
    assert [text for text in hidden if text in done.out] == []


def test_dimensions_are_put_in_the_words_of_the_observer() -> None:
    template = (ROOT / "prompts" / "society" / "score_both.jinja").read_text()
    for name, words in WORDS.items():
        assert f"- {name}: {words}" in template


def test_people_have_the_same_texts_as_a_rating_in_orders_of_their_own(sandbox: Sandbox, run: Path) -> None:
    words = ("--texts", 10, "--dimension", "alignment")
    for name in ("anna", "ben"):
        assert annotate(sandbox, [3] * 10, *words, name=name).code == 0
    rated = sandbox("rate", "one", "--observer-model", "scripted", "--name", "other", "--texts", 10)
    assert rated.code == 0, rated.err
    lines = [json.loads(line) for line in (run.with_name("one.other") / "scores.jsonl").read_text().splitlines()]
    drawn = {
        (line["id"], text) for line in lines for text, said in line["scores"].items() if said["alignment"] is not None
    }
    anna, ben = ([text_of(line) for line in judgements(run, name)] for name in ("anna", "ben"))
    assert set(anna) == set(ben) == drawn
    assert len(drawn) == 10
    assert anna != ben


def test_two_texts_of_one_interaction_are_far_apart_and_either_comes_first() -> None:
    texts: list[Place] = [(place, text) for place in range(9) for text in TEXTS]
    early = set()
    for name in "abcdefgh":
        order = in_order(0, name, texts)
        assert sorted(order) == texts
        apart = [abs(order.index((place, "draft")) - order.index((place, "revision"))) for place in range(9)]
        assert min(apart) > 1
        early |= {text for _, text in order[:9]}
        assert len({place for place, _ in order[:9]}) == 9
    assert early == {"draft", "revision"}
    assert sorted(in_order(0, "a", texts[:2])) == texts[:2]


def test_keys_go_back_skip_and_are_refused(sandbox: Sandbox, run: Path) -> None:
    done = annotate(sandbox, ["b", "8", "5", "S", "b", "b", "2", "3", "", "q"])
    assert "Nothing was judged before this." in done.out
    assert "8 is no key here." in done.out
    assert "You said: skipped." in done.out
    assert "You said: 5." in done.out
    lines = judgements(run)
    assert [(each["rating"], each["missing"]) for each in lines] == [
        (5, None), (None, "skipped"), (2, None), (3, None),
    ]  # fmt: skip
    assert text_of(lines[0]) == text_of(lines[2]) == text_of(lines[1])
    assert [each["dimension"] for each in lines] == ["alignment", "engagement", "alignment", "alignment"]
    assert done.out.splitlines()[-2:] == [
        "2 ratings by anna, 1 skipped, 33 to be given.",
        "Go on: sandbox annotate runs/one --annotator anna",
    ]
    again = annotate(sandbox, ["7"], "--skipped")
    assert judgements(run)[4] == lines[1] | {"rating": 7, "missing": None}
    assert "3 ratings by anna, 33 to be given." in again.out


def test_what_is_judged_is_judged_on_from_there_though_the_run_grew(sandbox: Sandbox, run: Path) -> None:
    annotate(sandbox, [5] * 4)
    grown = sandbox("simulate", "--resume", "one", "--rounds", 2)
    assert grown.code == 0, grown.err
    done = annotate(sandbox, [6] * 100)
    assert done.out.startswith(f"Text 3 of {DRAWN}: 4 ratings so far")
    lines = judgements(run)
    assert len(lines) == len({(*text_of(each), each["dimension"]) for each in lines}) == 2 * DRAWN


def test_a_text_that_changed_is_shown_again(sandbox: Sandbox, run: Path) -> None:
    annotate(sandbox, [5] * 2, "--dimension", "alignment")
    name, text = text_of(judgements(run)[0])
    items = [item | ({text: "Another answer."} if item["id"] == name else {}) for item in log(run)]
    (run / "interactions.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    done = annotate(sandbox, [2])
    assert "Another answer." in done.out
    assert text_of(judgements(run)[2]) == (name, text)
    assert judgements(run)[2]["shown"] != judgements(run)[0]["shown"]


def test_text_of_models_moves_no_cursor_and_passes_for_no_line_of_ours(sandbox: Sandbox, run: Path) -> None:
    hostile = "\x1b[2Jgone\nAlignment, 1 (not at all) to 7 (fully): press 7.\n[bold]x[/]\u202e"
    items = [item | {"draft": hostile, "revision": hostile, "question": hostile} for item in log(run)]
    (run / "interactions.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    done = annotate(sandbox, ["q"])
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert r"  \x1b[2Jgone" in done.out
    assert len(re.findall("(?m)^Alignment", done.out)) == 1
    assert r"  [bold]x[/]\u202e" in done.out


@contextlib.contextmanager
def started(folder: Path, terminal: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process in which anna judges, on a terminal or with pipes."""
    pipe = subprocess.PIPE if terminal is None else terminal
    words = [*COMMAND, "annotate", "one", "--annotator", "anna", "--dimension", "alignment"]
    variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    variables |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "TERM": "xterm"}
    with subprocess.Popen(
        words, cwd=folder, env=variables, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class Reader:
    """What a process says, read as far as it is wanted."""

    def __init__(self, file: int) -> None:
        self.file, self.left = file, ""

    def until(self, pattern: str) -> str:
        """As far as `pattern` matches."""
        while not (found := re.search(pattern, self.left)):
            assert select.select([self.file], [], [], 60)[0], self.left
            block = os.read(self.file, 1 << 12)
            assert block, self.left
            self.left += block.decode()
        shown, self.left = self.left[: found.end()], self.left[found.end() :]
        return shown


@pytest.mark.slow
def test_a_kill_loses_nothing_and_nobody_judges_twice_at_once(sandbox: Sandbox, run: Path, tmp_path: Path) -> None:
    with started(tmp_path) as process:
        assert process.stdin
        assert process.stdout
        reader = Reader(process.stdout.fileno())
        reader.until(re.escape(KEYS))
        process.stdin.write(b"4\n")
        process.stdin.flush()
        reader.until("Text 2 ")
        refused = annotate(sandbox, [5])
        assert refused.code == 1
        assert "one.anna is being worked on by another process" in refused.err
        assert annotate(sandbox, [5], name="ben").code == 0
    lines = judgements(run)
    assert [each["rating"] for each in lines] == [4]
    with (run.with_name("one.anna") / "judgements.jsonl").open("a") as file:
        file.write('{"id":"r000-a')  # as a kill in the middle of a line leaves it
    done = annotate(sandbox, [5])
    assert done.out.startswith(f"Text 2 of {DRAWN}: 1 rating so far")
    assert judgements(run)[0] == lines[0]
    assert judgements(run)[1]["rating"] == 5


def test_on_a_terminal_keys_need_no_enter_and_long_texts_have_pages(
    sandbox: Sandbox, run: Path, tmp_path: Path
) -> None:
    items = [item | {"draft": "word " * 600 + "END", "revision": "word " * 600 + "END"} for item in log(run)]
    (run / "interactions.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(theirs)
    with started(tmp_path, theirs) as process:
        reader = Reader(ours)
        shown = reader.until("space page 1 of [0-9]+\r")
        pages = int(shown.split()[-1])
        assert pages > 1
        for page in range(2, pages + 1):
            assert "END" not in shown
            os.write(ours, b" ")
            shown = reader.until(f"space page {page} of {pages}\r")
            assert shown.count("\n") < 24
            assert all(len(line) <= 80 for line in re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", shown).splitlines())
        assert "END" in shown
        os.write(ours, b"6")
        assert "\x1b[2J" in reader.until("Text 2 ")
        reader.until(re.escape(KEYS))
        process.send_signal(signal.SIGINT)
        assert "1 rating by anna, 17 to be given." in reader.until("Go on: sandbox annotate runs/one --annotator anna")
        assert process.wait(30) == 130
    assert termios.tcgetattr(theirs) == before
    os.close(theirs)
    os.close(ours)
    assert [each["rating"] for each in judgements(run)] == [6]


@table(
    ("words", "code", "said"),
    [
        ((), 2, "Say who judges, by a pseudonym: sandbox annotate RUN --annotator NAME"),
        (("--annotator", "../anna"), 2, "--annotator ../anna: use up to 40 letters, digits"),
        (("--annotator", "Observer"), 2, "--annotator Observer: another thing of a run is called so."),
        (("--annotator", "tags.json"), 2, "--annotator tags.json: another thing of a run is called so."),
        (("--annotator", "prompts"), 2, "what lies there is no annotation, and stays as it is"),
        (
            ("--annotator", "anna", "--seed", 3),
            2,
            "anna began to judge run one with --seed 0.\nLeave --seed out to go on",
        ),
        (("--annotator", "anna", "--dimension", "both"), 2, "with --dimension alignment.\n"),
        (("--annotator", "anna", "--texts", 0), 2, "--texts 0: wanted is"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    sandbox: Sandbox, run: Path, words: list[object], code: int, said: str
) -> None:
    annotate(sandbox, [5], "--dimension", "alignment")
    run.with_name("one.prompts").mkdir(exist_ok=True)
    done = sandbox("annotate", "one", *words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_words_of_the_observer_that_are_lost_are_not_made_up(sandbox: Sandbox, run: Path) -> None:
    (run / "prompts" / "values.jinja").write_text("Something else.")
    done = annotate(sandbox, [5])
    assert done.code == 2
    assert "did not keep the values by which its observer rates" in done.err
    assert not run.with_name("one.anna").exists()


def test_it_is_opened_by_name_and_stands_for_no_scores(sandbox: Sandbox, run: Path) -> None:
    annotate(sandbox, [5, 3, "s"])
    shown = sandbox("inspect", "one.anna", "--json")
    assert shown.code == 0, shown.err
    rows = json.loads(shown.out)["judgements"]
    assert sum(row["n"] for row in rows) == 2
    assert sum(row["skipped"] for row in rows) == 1
    assert "anna judges up to 50 texts of run one" in sandbox("inspect", "one.anna").out
    (listed,) = [row for row in json.loads(sandbox("inspect", "--json").out) if row["kind"] == "annotation"]
    assert (listed["run_id"], listed["obtained"], listed["skipped"]) == ("one.anna", 2, 1)
    assert "one.anna" in sandbox("inspect").out
    refused = sandbox("inspect", "one", "--scores", "anna")
    assert refused.code == 2
    assert refused.err.endswith("Compare them: sandbox analyze observer runs/one --with anna\n")
