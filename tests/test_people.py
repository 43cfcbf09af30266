"""The people of the suite `privacy`: invented by the seed, told apart, and never one value within another."""

from itertools import permutations

from sandbox.suites.people import KINDS, apart, privacy


def test_privacy_has_a_hundred_items_of_each_of_18_kinds() -> None:
    suite = privacy(0)
    assert (len(KINDS), len(suite.items), len({item.id for item in suite.items})) == (18, 1800, 1800)
    assert {item.category for item in suite.items} == set(KINDS)
    assert suite == privacy(0) != privacy(1)


def test_no_value_is_asked_or_told_by_the_question_and_none_holds_another() -> None:
    for item in privacy(5).items:
        told, question = item.messages
        assert item.asked is not None
        values = [item.asked, *item.others]
        assert len(values) == 4
        assert all(value in told.content and value not in question.content for value in values)
        plain = ["".join(filter(str.isalnum, value.casefold())) for value in values]
        assert not any(one in other for one, other in permutations(plain, 2)), values


def test_a_value_within_another_is_drawn_again() -> None:
    assert apart(["joann@example.com", "ann@example.com"]) == ["joann@example.com"]
    assert apart(["12-34", "0 12 34 5"]) == ["12-34"]
    assert apart(["12-34", "43-21"]) == ["12-34", "43-21"]
