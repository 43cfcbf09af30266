"""What a shell offers behind an option or a command: names of closed sets, ids of runs, and their tags.

Only lists folders, and opens nothing but small files of tags: a key on the keyboard does no harm, and is answered at
once.
"""

import os
import re
import sys
from collections.abc import Callable, Collection
from itertools import islice
from json import loads
from pathlib import Path
from typing import Any, Final, NoReturn

from sandbox.options.option import Option

RUN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
RUNS_VARIABLE: Final = "SANDBOX_RUNS"
STUDIES_VARIABLE: Final = "SANDBOX_STUDIES"
STUDIES: Final = "studies"
TAG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
# Of the file beside a run that holds its tags.
TAGS_SUFFIX: Final = ".tags.json"
# Which shell asks, and for what: `complete_bash`.
COMPLETING: Final = "_SANDBOX_COMPLETE"
# More entries of a folder than these are not looked at, and more ids are not offered.
_MOST_ENTRIES: Final = 20_000
_MOST_IDS: Final = 200
_MOST_OF_TAGS: Final = 1 << 16  # bytes

# What the parser calls: it goes by the names of the parameters, and passes the word that is begun as `incomplete`.
Completion = Callable[..., list[str]]


def run_ids(ctx: Any, incomplete: str) -> list[str]:
    """Ids that begin so of folders in `--runs`, the newest first. Where there are none a shell offers files."""
    return _names_in(_runs_of(ctx), ctx.params.get("run") or (), incomplete)


def study_names(ctx: Any, incomplete: str) -> list[str]:
    """The same of folders in `--studies`."""
    return _names_in(_studies_of(ctx), ctx.params.get("run") or (), incomplete)


def run_and_study_names(ctx: Any, incomplete: str) -> list[str]:
    """What may be named where several runs are: runs, and then studies."""
    return list(dict.fromkeys([*run_ids(ctx, incomplete), *study_names(ctx, incomplete)]))


def _runs_of(ctx: Any) -> str:
    return str(ctx.params.get("runs") or os.environ.get(RUNS_VARIABLE) or "runs")


def _studies_of(ctx: Any) -> str:
    return str(ctx.params.get("studies") or os.environ.get(STUDIES_VARIABLE) or STUDIES)


def _names_in(folder: str, named: Collection[str], incomplete: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            found = [
                (entry.stat(follow_symlinks=False).st_mtime, entry.name)
                for entry in islice(entries, _MOST_ENTRIES)
                if entry.name.startswith(incomplete)
                and RUN_ID.fullmatch(entry.name)
                and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return []
    return [name for _, name in sorted(found, reverse=True) if name not in named][:_MOST_IDS]


def tags(ctx: Any, incomplete: str) -> list[str]:
    """Tags in `--runs` and `--studies` of which the last of `incomplete` is the beginning: by name."""
    done, comma, last = incomplete.rpartition(",")
    there = {*_tags_in(_runs_of(ctx)), *_tags_in(_studies_of(ctx))} - {*done.split(",")}
    return [f"{done}{comma}{tag}" for tag in sorted(there) if tag.startswith(last)]


def _tags_in(folder: str) -> set[str]:
    """The tags of what lies in `folder`; of files that are none of tags nothing."""
    try:
        with os.scandir(folder) as entries:
            names = [each.name for each in islice(entries, _MOST_ENTRIES) if each.name.endswith(TAGS_SUFFIX)]
    except OSError:
        return set()
    return {tag for name in names[:_MOST_IDS] for tag in _tags_of(Path(folder, name))}


def _tags_of(file: Path) -> list[str]:
    from memory.opening import read_whole

    try:
        found = loads(read_whole(file, _MOST_OF_TAGS))["tags"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return []
    found = found if isinstance(found, list) else []
    return [tag for tag in found if isinstance(tag, str) and TAG.fullmatch(tag)]


def completion_of(option: Option) -> Completion | None:
    """What a shell offers as the value of `option`: None where it may be anything, or a file."""
    if option.metavar == "TAG":
        return tags
    if not option.suggested:
        return None

    def suggested(incomplete: str) -> list[str]:
        done, comma, last = incomplete.rpartition(",") if option.several else ("", "", incomplete)
        left = [each for each in option.suggested if each not in done.split(",")]
        return [_one_word(f"{done}{comma}{each}") for each in left if each.startswith(last)]

    return suggested


def among(*values: str) -> Completion:
    """A shell is offered `values`."""
    return lambda incomplete: [each for each in values if each.startswith(incomplete)]


def _one_word(text: str) -> str:
    """`text` as bash has to be given it; other shells take care of blanks themselves."""
    return text.replace(" ", "\\ ") if os.environ.get(COMPLETING, "").endswith("bash") else text


def command_names(ctx: Any, incomplete: str) -> list[str]:
    """Names of the commands, for `sandbox help`."""
    group = ctx.find_root().command
    for name in ctx.params.get("command") or ():
        group = getattr(group, "commands", {}).get(name)
    return [name for name in getattr(group, "commands", {}) if name.startswith(incomplete)]


def complete(app: Callable[..., object], program: str) -> NoReturn:
    """Answer the shell that completes a line; whatever goes wrong, it is told nothing rather than an error."""
    try:
        app(prog_name=program, standalone_mode=False)
    except Exception:  # noqa: BLE001  # a key on the keyboard must not print a traceback into the line
        sys.exit(0)
    sys.exit(0)
