"""Words and numbers for people: means, money, durations, counts, the nearest word. Knows no terminal and no run."""

import difflib
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

# Said wherever its figures stand.
SCRIPTED_NOTE: Final = "scripted is no language model: its scores mean nothing."
MOST_NAMED: Final = 5  # in a sentence
LONG_PATH: Final = 24  # letters


def written(value: str | float | bool) -> str:
    """As it stands in TOML, without quotes: all digits of a number."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def mean(value: float | None) -> str:
    """`4.25`, or a dash where there is none."""
    return "-" if value is None else f"{value:.2f}"


def money(usd: float | None) -> str:
    """`$0.12`; an unknown price is said to be unknown."""
    if usd is None:
        return "unknown"
    return f"${usd:.2f}" if usd >= 0.01 or usd == 0 else f"${usd:.5f}"


def duration(seconds: float) -> str:
    """`48 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def age(seconds: float) -> str:
    """`48s`, `12m`, `3h`, `5d`."""
    for unit, most in (("s", 60), ("m", 60), ("h", 48)):
        if seconds < most:
            return f"{max(seconds, 0):.0f}{unit}"
        seconds /= 60 if unit != "h" else 24
    return f"{seconds:.0f}d"


def bytes_shown(count: int) -> str:
    """`812 B`, `3.4 MB`."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def counted(number: int, noun: str) -> str:
    """`1 round`, `3 rounds`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def change(before: float | None, after: float | None) -> str:
    """`4.25 -> 5.00`: means of all drafts and of all revisions, of those interactions that have both rated."""
    return f"{mean(before)} -> {mean(after)}"


def some(names: Sequence[str]) -> str:
    """`a, b`; of many the first, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def joined(*notes: str | None) -> str | None:
    """Those that there are, as one; None where there is none."""
    return "; ".join(filter(None, notes)) or None


def broken(text: str, width: int) -> str:
    """`text` in lines of at most `width`, broken behind a mark, as between values of a condition, if one is near."""
    lines: list[str] = []
    while len(text) > width:
        at = max(text.rfind(mark, width // 2, width) for mark in " ,/.") + 1 or width
        lines.append(text[:at].rstrip())
        text = text[at:]
    return "\n".join([*lines, text])


def last_part(text: str) -> str:
    """`.../mine.jsonl` of a path that is long: what tells files apart stands at its end."""
    parts = text.rsplit("/", 1)
    return f".../{parts[-1]}" if len(text) > LONG_PATH and len(parts) > 1 else text


def in_a_line(text: str) -> str:
    """`text` on one line: where it would end a line, or move on in it, stands a code."""
    return text.replace("\n", r"\n").replace("\t", r"\t")


def typed(path: Path) -> str:
    """`path` as a word of a command, in quotes where a shell wants them."""
    return shlex.quote(str(path))


def nearest(word: str, words: Iterable[str], likeness: float = 0.6) -> str:
    """` Did you mean 'x'?`, or nothing where no word is so near, from 0 (anything) to 1 (the same)."""
    found = difflib.get_close_matches(word, list(words), n=1, cutoff=likeness)
    return f" Did you mean {found[0]!r}?" if found else ""
