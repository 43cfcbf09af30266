"""What a recipe asks for: proportions of a mix, and the options that say the same."""

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st
from tables import table

from sandbox.export.recipe import KINDS, Recipe
from sandbox.span import Span

Counts = st.fixed_dictionaries({kind: st.integers(0, 500) for kind in KINDS})
Mix = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)).filter(any)


@given(Counts, Mix, st.none() | st.integers(1, 300))
def test_a_mix_takes_as_much_as_its_proportions_allow(
    counts: dict[str, int], mix: tuple[int, int, int], most: int | None
) -> None:
    quota = Recipe(format="sft", mix=mix).quota(counts, most)
    assert all(0 <= quota[kind] <= counts[kind] for kind in KINDS)
    assert most is None or sum(quota.values()) <= most
    unit = min(counts[kind] / weight for kind, weight in zip(KINDS, mix, strict=True) if weight)
    unit = min(unit, most / sum(mix)) if most else unit
    for kind, weight in zip(KINDS, mix, strict=True):
        assert quota[kind] <= unit * weight + 1e-9
        assert quota[kind] > unit * weight - 1 - 1e-9


def test_without_a_mix_each_kind_has_its_own_limit() -> None:
    counts = {"imitation": 5, "self-critic": 0, "realignment": 90}
    assert Recipe(format="sft").quota(counts) == counts
    assert Recipe(format="sft").quota(counts, 10) == {"imitation": 5, "self-critic": 0, "realignment": 10}


@table(
    ("recipe", "flags"),
    [
        (Recipe(format="dpo"), ["--format", "dpo"]),
        (Recipe(format="parquet", keep_duplicates=True), ["--format", "parquet"]),
        (
            Recipe(format="sft", mix=(5, 1, 1), rounds=Span(2, 2**62), no_cut=True, min_length=3),
            ["--format", "sft", "--mix", "5:1:1", "--round", "2-", "--no-cut", "--min-length", "3"],
        ),
        (
            Recipe(format="kto", rounds=Span(1, 4), threshold=5.0),
            ["--format", "kto", "--threshold", "5.0", "--round", "1-4"],
        ),
    ],
)
def test_flags_say_what_was_asked_for(recipe: Recipe, flags: list[str]) -> None:
    assert recipe.flags() == flags


def test_every_field_has_an_option() -> None:
    from sandbox.export.options import ExportOptions

    names = {"rounds": "round"}
    options = {field.name for field in fields(ExportOptions)}
    assert {names.get(field.name, field.name) for field in fields(Recipe)} <= options
