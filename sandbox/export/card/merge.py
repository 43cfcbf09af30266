"""A dataset card of which one section is ours: what stands between two markers. All else in it is people's.

Knows Markdown and YAML as text, and neither hub nor folder. The markers are lines of their own, outside of code
blocks; the first carries the sha256 of what we wrote below it, so that an edit between them is seen.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final, NamedTuple

import yaml

from sandbox.errors import SandboxError, UsageError
from sandbox.foreign.yaml_text import compose, load

_END: Final = "<!-- sandbox:end -->"
_BEGIN: Final = re.compile(r"<!-- sandbox:begin( sha256=[0-9a-f]{64})? -->")
_TOKEN: Final = re.compile(r"^(?:(?P<marker><!-- sandbox:(begin|end).*)| {0,3}(?P<fence>(`{3}|~{3}).*))$", re.MULTILINE)
_FRONT: Final = re.compile(r"\s*---[ \t]*\r?\n(?P<yaml>(?:[^\n]*\n)*?)---[ \t]*(?:\r?\n|\Z)")
_LICENCE: Final = ("license", "license_name", "license_link")


class _Section(NamedTuple):
    """Where the markers and what is between them stand; `blank` if that is nothing, `intact` if it is as generated."""

    start: int
    end: int
    blank: bool
    intact: bool


def marked(text: str) -> str:
    """`text` between the two markers, as lines. Raises `ValueError` if it holds a marker itself."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"
    if "<!-- sandbox:" in text:
        raise ValueError("generated text holds a marker")
    return f"{_begin(text)}\n{text}{_END}\n"


def merged_card(remote: str, ours: str, *, licence_was: str = "other") -> str:
    """The card `remote` with the section and the front matter keys of `ours`.

    All text outside of the markers stays byte for byte, and so do keys that `ours` has not; `tags` are united, and
    a licence stays unless it is `licence_was`, that of the last export. A card with no text is replaced. Raises
    `SandboxError` where what people wrote would be lost, `UsageError` if `ours` was edited between its markers.
    """
    our_front, our_body = _pieces(ours.replace("\r\n", "\n"))
    section = _own_section(our_body)
    front, body = _pieces(remote)
    front = _merged_front(front, our_front, licence_was)
    return front + (_replaced_section(body, section) if body.strip() else our_body)


def said(card: str, key: str) -> str | None:
    """What the front matter of a card says under `key`; None if nothing. Raises `SandboxError` if it is no YAML."""
    return ", ".join(map(str, _listed(_loaded(_pieces(card)[0]).get(key)))) or None


def _own_section(body: str) -> str:
    """What `marked` gave, as it still stands in our card, without the last line's end."""
    with suppress(SandboxError):
        section = _section(body)
        if section and section.intact:
            return body[section.start : section.end]
    raise UsageError(
        "README.md of the export was edited between its sandbox markers\n"
        "export anew, and write above or below the markers, or on the hub"
    )


def _replaced_section(body: str, new: str) -> str:
    old = _section(body)
    if old is None:
        raise _refusal("has text but no sandbox markers", f"add `<!-- sandbox:begin -->` and, below it, `{_END}`")
    if not (old.blank or old.intact):
        raise _refusal("was edited between the sandbox markers", "move your edits outside, leave nothing between them")
    return body[: old.start] + new.replace("\n", _newline(body[old.start : old.end])) + body[old.end :]


def _section(text: str) -> _Section | None:
    """The one section of a text; None if it has no markers. Raises `SandboxError` if they are not one clean pair."""
    markers = list(_markers(text))
    if not markers:
        return None
    lines = [marker[0].rstrip() for marker in markers]
    if len(lines) != 2 or not _BEGIN.fullmatch(lines[0]) or lines[1] != _END:
        raise _refusal(
            "has sandbox markers that are not one pair, each alone on its line",
            "leave one pair, with only what was generated between them",
        )
    begin, end = markers
    between = text[begin.end() + 1 : end.start()]
    intact = lines[0] == _begin(between.replace("\r\n", "\n"))
    return _Section(begin.start(), end.start() + len(_END), not between.strip(), intact)


def _markers(text: str) -> Iterator[re.Match[str]]:
    """Lines that are markers: in code blocks of people they are none, and code of ours hides no end."""
    fence, inside = "", False
    for line in _TOKEN.finditer(text):
        if line["fence"]:
            fence = fence if inside else _fence_after(fence, line["fence"].rstrip())
        elif not fence:
            inside = line["marker"].startswith("<!-- sandbox:begin")
            yield line


def _fence_after(fence: str, line: str) -> str:
    """The fence that is open after a line of at least three backticks or tildes, if `fence` was before it."""
    run = line[: len(line) - len(line.lstrip(line[0]))]
    if fence:
        return "" if line == run and run.startswith(fence) else fence
    return "" if run[0] == "`" and "`" in line[len(run) :] else run


def _begin(text: str) -> str:
    return f"<!-- sandbox:begin sha256={sha256(text.encode()).hexdigest()} -->"


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _pieces(card: str) -> tuple[str, str]:
    """The lines of the front matter, none if there is none, and what follows it."""
    found = _FRONT.match(card)
    return (found["yaml"], card[found.end() :]) if found else ("", card)


def _refusal(what: str, remedy: str) -> SandboxError:
    return SandboxError(f"README.md on the hub {what}, and is not overwritten\n{remedy},\nor push to another name")


def _merged_front(front: str, ours: str, licence_was: str) -> str:
    """The lines of `front` with our keys in the places of theirs, or after all others."""
    theirs, newline = _loaded(front), _newline(front)
    new = {key: text.replace("\n", newline) for key, text in _new_keys(theirs, ours, licence_was).items()}
    merged = "".join(_replaced_keys(front, new))
    if _loaded(merged) != {**theirs, **_loaded("".join(new.values()))}:
        raise _unreadable()
    return f"---{newline}{merged}---{newline}"


def _replaced_keys(theirs: str, new: Mapping[str, str]) -> Iterator[str]:
    """Their lines, ours in place of keys that are in `new`, and the rest of ours; comments at the margin stay."""
    pending = dict(new)
    for key, text in _blocks(theirs):
        yield pending.pop(key, "") if key in new else text
        if key in new:
            yield "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
    yield from pending.values()


def _new_keys(theirs: Mapping[str, Any], ours: str, licence_was: str) -> dict[str, str]:
    """What is to be written of our keys, as lines."""
    new = {key: re.sub(r"^#.*\n", "", text, flags=re.MULTILINE) for key, text in _blocks(ours) if key}
    if {key: theirs[key] for key in _LICENCE if theirs.get(key)} not in ({}, {"license": licence_was}):
        new = {key: text for key, text in new.items() if key not in _LICENCE}
    if "tags" in theirs and "tags" in new:
        old = _listed(theirs["tags"])
        more = [tag for tag in _listed(_loaded(ours)["tags"]) if tag not in old]
        new["tags"] = yaml.safe_dump({"tags": old + more}, allow_unicode=True)
        if not more:
            del new["tags"]
    return new


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _blocks(front: str) -> list[tuple[str, str]]:
    """The keys of front matter with their lines; what stands before the first has the key ''."""
    root = _parsed(compose, front, yaml.MappingNode)
    keys = [key for key, _ in root.value] if root else []
    starts = [0, *(key.start_mark.index for key in keys), len(front)]
    names = ["", *(str(key.value) for key in keys)]
    return [(name, front[start:end]) for name, (start, end) in zip(names, pairwise(starts), strict=True)]


def _loaded(front: str) -> dict[str, Any]:
    """Front matter as a mapping of texts: what a date or a number is does not matter here."""
    return _parsed(load, front, dict) or {}


def _parsed(parse: Callable[..., Any], front: str, kind: type) -> Any:
    """What `parse` makes of YAML, None of nothing. Raises `SandboxError` if it is not of that kind."""
    with suppress(yaml.YAMLError, RecursionError):
        found = parse(front, yaml.BaseLoader)
        if found is None or isinstance(found, kind):
            return found
    raise _unreadable()


def _unreadable() -> SandboxError:
    return _refusal("has front matter (between its `---` lines) that cannot be merged", "make it YAML, one key a line")
