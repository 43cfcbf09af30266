"""Labels of KTO rows: which values are truth values, and which only look like one."""

from typing import Final

from sandbox.checking.tally import Tally

_WORDS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def label_of(value: object, tally: Tally) -> bool | None:
    """What a label says, None where that is not clear; what is no truth value is noted. Nulls are counted elsewhere."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float) and value in (0, 1):
        tally.note("integer_label")
        return bool(value)
    if isinstance(value, str):
        tally.note("text_label")
        return _WORDS.get(value.strip().lower())
    tally.note("odd_label")
    return None
