"""Populations: the file of groups, who of a society is of which, and what so few agents cannot show."""

from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import table

from sandbox.errors import UsageError
from sandbox.runs.population import Group, Population, read_population
from sandbox.society.draws import draw
from sandbox.society.placement import caution, counts_of, least_p, placed

NORTH = '[[groups]]\nname = "north"\npersona = "You grew up in the north."\nshare = 2\n'
SOUTH = '[[groups]]\nname = " South "\npersona = """\nYou grew up in the south.\n"""\n'


def population(*shares: float, placement: str = "mixed") -> Population:
    groups = [{"name": f"g{number}", "persona": "p", "share": share} for number, share in enumerate(shares)]
    return Population.model_validate({"placement": placement, "groups": groups})


def read(folder: Path, text: str | bytes) -> Population:
    path = folder / "people.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_population(str(path))


def test_a_file_of_groups(tmp_path: Path) -> None:
    found = read(tmp_path, NORTH + SOUTH)
    assert found == Population(
        placement="mixed",
        groups=(
            Group(name="north", persona="You grew up in the north.", share=2.0),
            Group(name="South", persona="You grew up in the south.", share=1.0),
        ),
    )
    assert read(tmp_path, ('placement = "blocks"\r\n' + NORTH + SOUTH).encode("utf-8-sig")).placement == "blocks"
    assert Population.model_validate_json(found.model_dump_json()) == found


def test_the_file_in_the_documents_is_one(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "populations.md").read_text()
    shown = read(tmp_path, page.partition("```toml\n")[2].partition("```")[0])
    assert (shown.placement, [group.share for group in shown.groups]) == ("mixed", [2, 1])
    for agents, said in ((3, "3 agents against 3 never come below .1,"), (4, "4 against 4 not below .029.")):
        assert said in page
        assert f"{least_p((agents, agents)):.2g}".removeprefix("0").rstrip("0") in said


def test_the_digest_is_of_all_that_is_said(tmp_path: Path) -> None:
    variants = [
        NORTH + SOUTH,
        SOUTH + NORTH,
        NORTH + NORTH.replace("north", "South"),
        'placement = "blocks"\n' + NORTH + SOUTH,
    ]
    variants += [(NORTH + SOUTH).replace("share = 2", "share = 3"), (NORTH + SOUTH).replace("in the south", "abroad")]
    assert len({read(tmp_path, text).digest() for text in variants}) == len(variants)
    assert read(tmp_path, NORTH + SOUTH).digest() == read(tmp_path, "# Two\n" + NORTH + SOUTH).digest()


@table(
    ("text", "said"),
    [
        ("", "groups is missing\nwanted: two [[groups]] or more"),
        (NORTH, "groups has fewer than 2 items"),
        ("groups = 3", ":1: groups is no list"),
        ("groups = [1, 2]", ":1: groups.0 is no object"),
        (NORTH * 101, "groups has more than 100 items"),
        ('placment = "mixed"\n' + NORTH + SOUTH, ":1: unknown key 'placment'. Did you mean 'placement'?"),
        (NORTH + SOUTH + "shares = 2", ":10: unknown key 'shares'. Did you mean 'share'?"),
        (NORTH.replace("groups", "group") + SOUTH, ":1: unknown key 'group'. Did you mean 'groups'?"),
        ('placement = "here"\n' + NORTH + SOUTH, ":1: placement is none of 'mixed', 'blocks'"),
        (NORTH + SOUTH + "share = 0", ":10: groups.1.share is not above 0"),
        (NORTH + SOUTH + "share = inf", "groups.1.share is no finite number"),
        (NORTH + SOUTH + "share = nan", "groups.1.share is no number"),
        (NORTH + SOUTH + f"share = 1{'0' * 400}", ":10: groups.1.share"),
        (NORTH + SOUTH + "share = true", "groups.1.share is no number"),
        (NORTH + SOUTH + 'share = "2"', "groups.1.share is no number"),
        (NORTH + SOUTH + "share = 2020-01-01", "groups.1.share is no number"),
        (NORTH + '[[groups]]\nname = "x"', ":5: groups.1.persona is missing"),
        (NORTH + '[[groups]]\nname = "x"\npersona = " "', ":7: groups.1.persona has fewer than 1 characters"),
        (NORTH + f'[[groups]]\nname = "x"\npersona = "{"p" * 4001}"', "groups.1.persona has more than 4000 characters"),
        (NORTH + f'[[groups]]\nname = "{"x" * 41}"\npersona = "p"', ":6: groups.1.name has more than 40 characters"),
        (NORTH + NORTH.replace('"north"', '"NORTH "'), ":6: 'NORTH' stands there twice"),
        (NORTH + NORTH.replace('"north"', '"a\\nb"'), r":6: 'a\nb' cannot be printed"),
        (NORTH + NORTH.replace('"north"', '"a\\u202eb"'), r"'a\u202eb' cannot be printed"),
        (NORTH + SOUTH + "share = ", "not valid TOML: it ends too early"),
        (f"{'a.' * 5000}b = 1", "people.toml"),
        (b"\xff\xfeg\0", "this is UTF-16"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_one_says_where_and_why(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(str(tmp_path))
    assert said in message
    assert len(message.splitlines()) <= 3
    assert max(map(len, message.replace(str(tmp_path), "").splitlines())) < 160


def test_an_absent_file_is_named() -> None:
    with pytest.raises(UsageError, match=r"nowhere.toml: no such file"):
        read_population("nowhere.toml")


@table(
    ("shares", "size", "counts"),
    [((1, 1), 4, [2, 2]), ((2, 1), 100, [67, 33]), ((1, 1, 1), 100, [34, 33, 33]), ((5, 3, 2), 9, [4, 3, 2])],
)
def test_counts_go_by_largest_remainder(shares: tuple[float, ...], size: int, counts: list[int]) -> None:
    assert counts_of(population(*shares), size) == counts


def test_blocks_stand_in_the_order_of_the_file_and_mixed_is_shuffled_by_the_seed() -> None:
    blocks = [group.name for group in placed(population(1, 3, placement="blocks"), 16, 0)]
    assert blocks == ["g0"] * 4 + ["g1"] * 12
    mixed = [[group.name for group in placed(population(1, 3), 16, seed)] for seed in (0, 0, 1)]
    assert mixed[0] == mixed[1] != mixed[2]
    shuffled = list(blocks)
    draw(1, -1, -1, "population").shuffle(shuffled)
    assert mixed[2] == shuffled
    assert all(Counter(names) == Counter(blocks) and names != blocks for names in mixed)


@table(
    ("shares", "size", "remedy"),
    [
        ((9, 1), 4, "use --grid 3 or larger"),
        ((99, 1), 4, "use --grid 8 or larger"),
        ((1e9, 1e-9), 4, "give it a larger share"),
        ((1.0, 5e-324), 4, "give it a larger share"),
    ],
)
def test_a_group_without_an_agent_is_refused_with_the_grid_that_gives_it_one(
    shares: tuple[float, ...], size: int, remedy: str
) -> None:
    with pytest.raises(UsageError, match="of 4 agents the group 'g1' gets none") as caught:
        placed(population(*shares), size, 0)
    assert str(caught.value).splitlines()[1].startswith(remedy)


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=6), st.integers(2, 12))
def test_the_grid_that_is_named_is_the_smallest_that_works(shares: list[float], side: int) -> None:
    def refused(side: int) -> str | None:
        try:
            assert sum(counts_of(population(*shares), side**2)) == side**2
        except UsageError as error:
            return str(error)
        return None

    if (said := refused(side)) and "--grid" in said:
        enough = int(said.partition("--grid ")[2].split()[0])
        assert refused(enough) is None
        assert all(refused(each) for each in range(side, enough))


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([(3, 3), (1, 3), (2, 3), (1, 1, 1), (2, 2, 2), (1, 2, 3), (2, 2, 1, 1), (1, 1, 1, 2), (3, 2, 2)]),
    st.data(),
)
def test_no_permutation_gives_a_smaller_p(counts: tuple[int, ...], data: st.DataObject) -> None:
    size = sum(counts)
    ratings = data.draw(st.lists(st.integers(1, 70), min_size=size, max_size=size, unique=True))
    labels = set(permutations([group for group, count in enumerate(counts) for _ in range(count)]))
    gaps = [gap(labelling, ratings) for labelling in labels]
    hits = sum(each >= max(gaps) - 1e-9 for each in gaps)
    assert hits / len(labels) >= least_p(counts) - 1e-12


def gap(labelling: tuple[int, ...], ratings: list[int]) -> float:
    means = []
    for group in {*labelling}:
        own = [rating for rating, label in zip(ratings, labelling, strict=True) if label == group]
        means.append(sum(own) / len(own))
    return max(means) - min(means)


@table(
    ("counts", "least"),
    [((3, 3), 0.1), ((2, 2), 1 / 3), ((1, 19), 0.05), ((4, 4), 2 / 70), ((2, 2, 2), 6 / 90), ((1, 1), 1)],
)
def test_what_so_few_agents_cannot_show_is_said(counts: tuple[int, ...], least: float) -> None:
    assert least_p(counts) == pytest.approx(least)
    said = caution(counts)
    assert (said is not None) == (least > 0.05)
    assert said is None or f"below {least:.2g} " in said
    assert caution((500_000, 500_000)) is None
