"""Options of a society that studies what its scores hide: what their values may be, and what they come to.

They are off by default, and then nothing that is recorded names them. Knows no society. Nothing slow is imported here,
because `--help` needs it.
"""

import re
from typing import Annotated, Final, Literal, NamedTuple

from annotated_doc import Doc
from annotated_types import Ge, Le, Predicate

from sandbox.options.extensions import names_extension
from sandbox.options.option import BY_CONTENT, OPERATIONAL, RARE, Metavar, Panel, Wanted

PeersRate = Literal["revision"]

_TRUNCATED: Final = re.compile(r"truncated:([1-9][0-9]{0,8})")
_PERSUADER: Final = re.compile(r"persuader:([01]?\.[0-9]{1,9}|[01])")


class View(NamedTuple):
    """How much of a question's material is seen: its first `characters`; None for all of it."""

    characters: int | None = None

    def of(self, material: str) -> str:
        """What is seen of it."""
        return material if self.characters is None else material[: self.characters]


FULL: Final = View()


def view_of(text: str) -> View:
    """What `--evaluator-view` says. Raises `ValueError`."""
    if text == "full":
        return FULL
    if text == "answer-only":
        return View(0)
    match = _TRUNCATED.fullmatch(text)
    if not match:
        raise ValueError(text)
    return View(int(match[1]))


def is_view(text: str) -> bool:
    """Whether `view_of` can read it."""
    return text in ("full", "answer-only") or _TRUNCATED.fullmatch(text) is not None


def persuaders_share(text: str | None) -> float:
    """What share of the agents `--control` makes persuaders; 0 without it. Raises `ValueError`."""
    if text is None:
        return 0.0
    if not is_control(text):
        raise ValueError(text)
    return float(text.partition(":")[2])


def is_control(text: str | None) -> bool:
    """Whether it is none, or makes a share above 0 and not above 1 persuaders."""
    match = _PERSUADER.fullmatch(text or "")
    return text is None or (match is not None and 0 < float(match[1]) <= 1)


# Where an adapter lies changes nothing, and its content, which does, is what identifies a run.
AdapterFolder = Annotated[
    str | None,
    RARE,
    OPERATIONAL,
    BY_CONTENT,
    Panel("Experiment"),
    Metavar("DIR"),
    Doc("folder of sandbox train: agents speak through its adapter, with --model local"),
]
ObserverAdapter = Annotated[
    str | None,
    RARE,
    OPERATIONAL,
    BY_CONTENT,
    Panel("Experiment"),
    Metavar("DIR"),
    Doc("the same for the observer (default: none, whatever --adapter is)"),
]
GoodShare = Annotated[float | None, RARE, Ge(0), Le(1), Doc("share of good agents, with --labels mixed or half")]
PopulationFile = Annotated[
    str | None, RARE, Metavar("FILE"), Doc("TOML file with groups of agents: name, persona and share of each")
]
EvaluatorView = Annotated[
    str,
    RARE,
    Predicate(is_view),
    Metavar("VIEW"),
    Wanted("full, truncated:N (characters) or answer-only"),
    Doc("what neighbours see of a question's material: full, truncated:N or answer-only"),
]
Peers = Annotated[PeersRate | None, RARE, Doc("have neighbours rate the revision, too")]
Step = Annotated[
    str | None,
    RARE,
    Predicate(names_extension),
    Metavar("NAME[:ARGUMENT]"),
    Wanted("the name of an installed extension, such as reflect"),
    Doc("extension: what agents are asked between feedback and revision (docs/extending.md)"),
]
Control = Annotated[
    str | None,
    RARE,
    Predicate(is_control),
    Metavar("persuader:SHARE"),
    Wanted("persuader:SHARE, such as persuader:0.2"),
    Doc("give a share of agents a wrong key to convince others of: a positive control"),
]
