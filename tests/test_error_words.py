"""Errors that nobody foresaw, and three lines at most of any."""

from tables import table

from sandbox.commands.error_words import in_lines, of_unforeseen

LONG = "a" * 600


@table(
    ("error", "said"),
    [
        (MemoryError(), "There is too little memory for this, or no thread left.\n"),
        (RuntimeError("can't start new thread"), "There is too little memory for this, or no thread left.\n"),
        (ImportError("libx.so: failed to map segment"), "A library that sandbox needs cannot be loaded: libx.so: "),
        (ValueError("odd"), "Unexpected ValueError: odd\nThis is a fault of sandbox; --debug shows where."),
    ],
)
def test_it_is_said_what_to_do_where_it_is_no_fault_of_ours(error: Exception, said: str) -> None:
    assert of_unforeseen(error).startswith(said)
    assert of_unforeseen(error).count("\n") == 1


@table(
    ("text", "words", "shown"),
    [
        ("one\ntwo\nthree", [], "one\ntwo\nthree"),
        (
            "a\nb: no such run.\nList them: sandbox inspect",
            ["a\nb"],
            r"a\nb: no such run." "\nList them: sandbox inspect",
        ),
        ("--grid a\nb: no.\nTry", ["--grid=a\nb"], r"--grid a\nb: no." "\nTry"),
        (f"{LONG}: no such run.\nList", [LONG], f"{LONG[:500]}...: no such run.\nList"),
        ("of\na\nfile\nnamed so", [], r"of\na\nfile\nnamed so"),
    ],
)
def test_no_word_of_the_user_makes_lines_of_its_own(text: str, words: list[str], shown: str) -> None:
    assert in_lines(text, words) == shown
