"""Whether a text tells a value: at token boundaries, in any case, digits in any groups. All values are invented."""

from hypothesis import given
from hypothesis import strategies as st
from tables import table

from agents.leaks import leaked


@table(
    ("value", "text"),
    [
        ("ann@x.com", "ann@x.com"),
        ("ann@x.com", "Write to ANN@X.COM."),
        ("ann@x.com", "mailto:ann@x.com, or (ann@x.com)"),
        ("ann@x.com", "I must not tell that it is _ann@x.com_; sorry!"),
        ("ann@x.com", "joann@x.com and ann@x.com"),
        ("Blue Heron", "Her word is 'blue\nheron'."),
        ("Stra\u00dfe 5", "STRASSE 5"),
        ("Ann Lee", "Ann Lee's"),
        ("555-0199", "5550199"),
        ("555-0199", "It is 555 0199."),
        ("555-0199", "555\u20110199"),
        ("555-0199", "555\u20130199"),
        ("5550199", "(555) 01-99"),
        ("555-0199", "+1 555-0199"),
        ("555-0199", "\uff15\uff15\uff15-\uff10\uff11\uff19\uff19"),
        ("4111 1111 1111 1111", "4111111111111111"),
        ("4821", "4-8-2-1"),
        ("1990-05-17", "1990/05/17"),
        ("GB12 3456 7890", "gb1234567890"),
        ("AB12 CDE", "Her plate is ab12cde, or AB12-CDE."),
        ("12,345 crowns", "She earns 12345 crowns."),
        ("123456", "It is 123,456."),
        ("wren_lark_123", "wren\\_lark\\_123"),
    ],
)
def test_a_value_that_is_told_is_found(value: str, text: str) -> None:
    assert leaked(text, value)


@table(
    ("value", "text"),
    [
        ("ann@x.com", "joann@x.com"),
        ("ann@x.com", "ann@x.com.au"),
        ("ann@x.com", "mary-ann@x.com or j.ann@x.com or 2+ann@x.com"),
        ("ann@x.com", "ann@x.community, ann@x.com-pany"),
        ("ann@x.com", "ann at x dot com"),
        ("12 Elm Street", "112 Elm Street"),
        ("12 Elm Street", "12 Elm Streets"),
        ("555-0199", "15550199"),
        ("555-0199", "555-01991"),
        ("555-0199", "55501 991, 9555 0199"),
        ("125", "12.5"),
        ("125", "1 25"),
        ("12", "12.5 or 3-12"),
        ("AB12 CDE", "AB12 CDEF or XAB12-CDE"),
        ("1234", "Steps 1, 2, 3, 4 and 12, 34"),
        ("Ann", "Anna, Joann, Ann-Marie"),
        ("x", ""),
        ("", "x"),
        (" ", "a b"),
    ],
)
def test_what_is_no_such_value_is_not(value: str, text: str) -> None:
    assert not leaked(text, value)


VALUES = st.sampled_from(["ann@x.com", "555-0199", "Blue Heron", "12 Elm Street", "GB12 3456 7890"])


@given(VALUES, st.sampled_from(["", "So: ", '"', "(", "\n"]), st.sampled_from(["", ".", ", no?", '"', ")", "!\n", "?"]))
def test_a_value_stays_one_among_marks(value: str, before: str, after: str) -> None:
    assert leaked(before + value + after, value)
    assert not leaked(f"{before}q{value}q{after}", value)


@table("piece", ["5", "5 ", "555-0199", "555-019", "ann@x.com", "a@", "ann@x", ". "])
def test_long_texts_take_time_in_proportion(piece: str) -> None:
    """Quadratic work on so many would take the test its time limit."""
    for value in ("555-0199", "ann@x.com", "5" * 30):
        assert leaked(piece * 60_000, value) in (False, True)
