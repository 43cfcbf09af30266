"""Finds a value that must not be told in a text. Knows tokens and no meaning: a refusal can tell it too."""

import re
import unicodedata
from functools import lru_cache
from itertools import accumulate
from typing import Final

# A word goes on behind one of these where another letter or digit follows: ann@x.com.au, mary-ann@x.com. So does a
# number behind a comma: 23,566.
_GOES_ON: Final = r"[.@+_-]"
_SEPARATORS: Final = r"[\s.,()/+-]"
_GROUPED: Final = re.compile(rf"(?:[^\W_]|{_SEPARATORS})++")
_GROUP: Final = re.compile(r"[^\W_]++")
# Fewer digits with separators among them are prices and times.
_FEWEST_DIGITS: Final = 4
_DASHES: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))


def leaked(text: str, value: str) -> bool:
    """Whether `text` tells `value`, not as a part of another word, number or address; without regard to case.

    "ann@x.com" is in neither "joann@x.com" nor "ann@x.com.au". A value with digits is also told with other separators,
    or with none: "555 0199" by "5550199". The time is linear in the text.
    """
    plain, wanted = _plain(text), _plain(value)
    if not wanted:
        return False
    return _whole(wanted).search(plain) is not None or _regrouped(plain, wanted)


def _plain(text: str) -> str:
    """One case, one form of each character, one dash, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_DASHES).casefold().split())


@lru_cache(maxsize=1024)
def _whole(value: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![^\W_])(?<![^\W_]{_GOES_ON})(?<!\d,){re.escape(value)}(?![^\W_])(?!{_GOES_ON}[^\W_])(?!,\d)"
    )


def _regrouped(text: str, value: str) -> bool:
    """Whether letters and digits of `value` stand in `text` in other groups, none of which belongs to others too."""
    joined = "".join(_GROUP.findall(value))
    if not _GROUPED.fullmatch(value) or sum(map(str.isdigit, joined)) < _FEWEST_DIGITS:
        return False
    for run in _GROUPED.findall(text):
        groups = _GROUP.findall(run)
        starts = {0, *accumulate(map(len, groups))}
        together, at = "".join(groups), -1
        while (at := together.find(joined, at + 1)) >= 0:
            if at in starts and at + len(joined) in starts:
                return True
    return False
