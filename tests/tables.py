"""Tables of tiny cases: one test goes through all of a table, and names each case that fails.

`pytest.mark.parametrize` makes a test of each case, which costs more than such a case takes. Use that for cases that
take long, which several processes can share, or that need fixtures of their own; a case has only `tmp_path` to itself.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

import pytest

Test = Callable[..., None]
LONGEST_NAME = 300


def table(names: str | Sequence[str], cases: Iterable[Any] | Callable[[], Iterable[Any]]) -> Callable[[Test], Test]:
    """Call the test with each case in turn: one value where there is one name, else as many as there are names.

    A function that makes the cases is called when the test runs: it may import what is slow.
    """
    kept = cases if callable(cases) else tuple(cases)
    own = [names] if isinstance(names, str) else list(names)

    def decorate(test: Test) -> Test:
        parameters = inspect.signature(test).parameters

        @wraps(test)
        def through_all(**fixtures: Any) -> None:
            failed, all_cases = [], tuple(kept() if callable(kept) else kept)
            assert all_cases
            for number, case in enumerate(all_cases):
                values = [case] if isinstance(names, str) else case
                try:
                    test(**dict(zip(own, values, strict=True)), **_of_one_case(fixtures, number))
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - whatever it is, this case fails
                    error.add_note(f"in case {number}: {case!r}"[:LONGEST_NAME])
                    failed.append(error)
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} of {len(all_cases)} cases fail", failed)

        fixtures = [each for name, each in parameters.items() if name not in own]
        through_all.__signature__ = inspect.Signature(fixtures)  # type: ignore[attr-defined]
        return through_all

    return decorate


def _of_one_case(fixtures: dict[str, Any], number: int) -> dict[str, Any]:
    """The same fixtures, but a folder for this case alone."""
    if "tmp_path" not in fixtures:
        return fixtures
    folder = fixtures["tmp_path"] / f"case-{number}"
    folder.mkdir()
    return fixtures | {"tmp_path": folder}
