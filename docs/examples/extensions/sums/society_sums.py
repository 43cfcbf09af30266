"""Sums with a key: `sandbox simulate --questions extension:sums:30 --labels none`."""

from collections.abc import Iterator


def sums(argument: str) -> Iterator[dict[str, object]]:
    """As many as the number behind the name says, else 10."""
    for number in range(1, int(argument or 10) + 1):
        right = number + 7
        options = [right - 1, right] if number % 2 else [right, right + 1]
        yield {"question": f"What is {number} + 7?", "options": [*map(str, options)], "gold": options.index(right)}
