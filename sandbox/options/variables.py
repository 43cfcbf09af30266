"""Variables that look like options and give none: a slip in a name, or nothing in them. Knows names, not values."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sandbox.options.option import SHARED_PREFIX, Declared, options
from sandbox.text import nearest

# Read elsewhere: by the cache of vectors, by the mark of own runs, and by the project's own tests.
_NO_OPTIONS: Final = frozenset({"SANDBOX_CACHE_DIR", "SANDBOX_STATE_DIR", "SANDBOX_TEST_DATA", "SANDBOX_SCREENSHOTS"})


def idle_variables(kinds: Iterable[type[Declared]], environment: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each variable that is meant for `sandbox` and gives no option of `kinds`, all commands'."""
    known = {option.variable for kind in kinds for option in options(kind).values()}
    for name in sorted(environment):
        if not name.startswith(SHARED_PREFIX) or name in _NO_OPTIONS:
            continue
        if name not in known:
            yield f"The variable {name} is no option, and changes nothing.{nearest(name, known)}"
        elif not environment[name]:
            yield f"The variable {name} is empty, and counts as not set."
