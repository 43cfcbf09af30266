"""One interaction as a story: who said what in which order, and what the revision changed."""

from pathlib import Path

from conftest import Sandbox
from example_runs import log, scripted_run
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from sandbox.inspection.story import changed_words

TEXTS = st.lists(st.sampled_from(["a", "b", "c", " ", "\n", "longer"]), max_size=12).map("".join)


@table(
    ("before", "after", "shown"),
    [
        ("It is fair.", "It is fair.", "It is fair."),
        ("It is fair.", "It is very fair.", "It is {+very +}fair."),
        ("It is not fair.", "It is fair.", "It is [-not -]fair."),
        ("old", "new", "[-old-]{+new+}"),
        ("", "new", "{+new+}"),
    ],
)
def test_changes_are_marked_word_by_word(before: str, after: str, shown: str) -> None:
    assert changed_words(before, after).plain == shown


@given(TEXTS, TEXTS)
def test_without_the_marks_both_texts_are_there(before: str, after: str) -> None:
    text = changed_words(before, after)
    pieces = [(text.plain[span.start : span.end], str(span.style)) for span in text.spans if span.style]
    marked = sum(len(piece) - 4 for piece, style in pieces if style == "green")
    taken_out = sum(len(piece) - 4 for piece, style in pieces if style == "red")
    kept = len(text.plain) - sum(len(piece) for piece, _ in pieces)
    assert kept + marked == len(after)
    assert kept + taken_out == len(before)


def test_feedback_tells_what_its_author_remembered(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    item = next(item for item in log(run) if any(each["recall"] for each in item["feedback"]))
    feedback = next(each for each in item["feedback"] if each["recall"])
    shown = " ".join(sandbox("inspect", "one", "--interaction", item["id"]).out.split())
    assert f"Feedback of agent {feedback['agent']} ({feedback['label']}): {feedback['rating']} of 7" in shown
    assert f"similarity {feedback['recall']['similarity']}" in shown
    assert " ".join(feedback["recall"]["answer"].split()) in shown
    assert "What the revision changed" in shown
