"""What is meant by a number with a unit behind it: it is offered, or nothing is, and never a number of another size."""

from tables import table

from sandbox.options.domain import Domain

SECONDS, CALLS = Domain(float, (), 0, 10**6, above=True), Domain(int, (), 1, 10**12)


@table(
    ("domain", "value", "offered"),
    [
        (CALLS, "10k", " Did you mean 10000?"),
        (CALLS, "2M", " Did you mean 2000000?"),
        (CALLS, "2m", ""),
        (CALLS, "3x", " Did you mean 3?"),
        (CALLS, "5 apples", ""),
        (SECONDS, "500ms", " Did you mean 0.5?"),
        (SECONDS, "60s", " Did you mean 60?"),
        (SECONDS, "1h", " Did you mean 3600?"),
        (SECONDS, "2m", ""),
        (SECONDS, "$5", " Did you mean 5?"),
        (SECONDS, "5EUR", ""),
        (Domain(float, (), 0, 1), "50%", " Did you mean 0.5?"),
    ],
)
def test_a_unit_is_heeded(domain: Domain, value: str, offered: str) -> None:
    assert domain.nearest(value) == offered
