"""Finds a value that must not be told in a text. Knows tokens and no meaning: a refusal can tell it too."""

import re
import unicodedata
from functools import lru_cache
from itertools import accumulate
from typing import Final

# A word or a number goes on behind one of these where another letter or digit follows: ann@x.com.au, mary-ann@x.com.
_GOES_ON: Final = r"[.@+_-]"
_SEPARATORS: Final = r"[\s.()/+-]|,(?=\d)"
_GROUPED: Final = re.compile(rf"(?:[^\W_]|{_SEPARATORS})++")
_GROUP: Final = re.compile(r"[^\W_]++")
# Fewer digits with separators among them are prices and times, unless letters belong to them as to a number plate.
_FEWEST_DIGITS: Final = 4
_FEWEST_WITH_LETTERS: Final = 6
# As Markdown writes a mark that would be emphasis.
_ESCAPED: Final = re.compile(r"\\(?=[_*.+@#()-])")
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
    unescaped = _ESCAPED.sub("", unicodedata.normalize("NFKC", text))
    return " ".join(unescaped.translate(_DASHES).casefold().split())


@lru_cache(maxsize=1024)
def _whole(value: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![^\W_])(?<![^\W_]{_GOES_ON}){re.escape(value)}(?![^\W_])(?!{_GOES_ON}[^\W_])",
    )


def _regrouped(text: str, value: str) -> bool:
    """Whether letters and digits of `value` stand in `text` in other groups, none of which belongs to others too."""
    joined = "".join(_GROUP.findall(value))
    if not _GROUPED.fullmatch(value) or not _is_known_by_its_digits(joined):
        return False
    for run in _GROUPED.findall(text):
        groups = _GROUP.findall(run)
        starts = {0, *accumulate(map(len, groups))}
        together, at = "".join(groups), -1
        while (at := together.find(joined, at + 1)) >= 0:
            if at in starts and at + len(joined) in starts:
                return True
    return False


def _is_known_by_its_digits(joined: str) -> bool:
    digits = sum(map(str.isdigit, joined))
    return digits >= _FEWEST_DIGITS or (0 < digits < len(joined) and len(joined) >= _FEWEST_WITH_LETTERS)
