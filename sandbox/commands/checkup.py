"""What `sandbox doctor` says of one thing that a run needs. Checks nothing itself."""

from typing import Literal, NamedTuple

Result = Literal["ok", "warning", "failed"]


class Check(NamedTuple):
    """One thing that was checked; `fix` says what to do where it is not ok."""

    name: str
    result: Result
    detail: str
    fix: str = ""
