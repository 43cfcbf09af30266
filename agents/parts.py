"""Takes what was said apart into JSON objects and prose. Knows what an object looks like, not what is asked of it.

Inside a JSON object only its keys speak, so a rating quoted in a reason counts for nothing, even if the object
is broken or cut off. Prose is read around objects and before a broken one, never inside. The time is linear in the
text.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from agents.amounts import whole
from agents.surrogates import without_surrogates

Pairs = list[tuple[str, object]]

_OPENING: Final = re.compile(
    r"\{\s*+(?:\"[^\"\\\n{}]{0,80}+(\")|'[^'\\\n{}]{0,80}+(')"
    r"|[\u201c\u201d][^\u201c\u201d\\\n{}]{0,80}+[\u201c\u201d])\s*+:"
)
_DECODER: Final = json.JSONDecoder(object_pairs_hook=list, parse_int=whole, strict=False)


class Parts(NamedTuple):
    """A text taken apart: whole JSON objects, the prose around them, and the rest from a broken object on.

    `quote` is the quotation mark of the broken one.
    """

    objects: list[Pairs]
    prose: str
    broken: str
    quote: str

    def values(self, key: str) -> Iterator[object]:
        """What whole objects have under `key`, compared without case."""
        for pairs in self.objects:
            yield from (value for name, value in pairs if name.strip().casefold() == key.casefold())

    def given(self, *keys: str) -> list[object]:
        """What stands under `keys`: in whole objects, else the words in the broken one that are whole."""
        if not self.objects and not self.broken:
            return []
        whole = [value for key in keys for value in self.values(key)]
        return whole or [match["quoted"] or match["word"] for match in _words(keys, self.quote).finditer(self.broken)]


def take_apart(text: str) -> Parts:
    """Decode object after object; the first that opens like one and is none makes all the rest broken.

    Objects inside a broken one are not looked for: they may be a quotation in its reason. Stopping at the first
    failure also bounds the work.
    """
    objects: list[Pairs] = []
    prose, at = [], 0
    while opening := _OPENING.search(text, at):
        start = opening.start()
        prose.append(text[at:start])
        try:
            pairs, at = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            return Parts(objects, "".join(prose), text[start:], opening[1] or opening[2] or "\u201c")
        objects.append(pairs)
        prose.append(" ")
    return Parts(objects, "".join((*prose, text[at:])), "", '"')


def stripped(value: object) -> str | None:
    """Take the blanks off a text; None if nothing is left or it is no text."""
    # An escape in JSON (`\ud83d`) makes new ones after the edge removed all.
    return without_surrogates(value).strip() or None if isinstance(value, str) else None


@cache
def _words(keys: tuple[str, ...], quote: str) -> re.Pattern[str]:
    """A key of a broken object with a word or a quoted text that ends where the next key or the object does."""
    opened, closed = ("\u201c", "\u201d") if quote == "\u201c" else (quote, quote)
    mark = f"[{opened}{closed}]"
    quoted = rf"{mark}(?P<quoted>[^{opened}{closed}\\\n{{}}]{{0,500}}+){mark}\s*+(?:[,}}]|\Z)"
    return re.compile(
        rf"[{{,]\s*+{mark}(?i:{'|'.join(keys)}){mark}\s*+:\s*+(?:{quoted}|(?P<word>\w{{1,20}}+)\s*+[,}}])"
    )
