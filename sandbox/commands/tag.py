"""`sandbox tag`: give runs tags and a note, take them away, or show them. Writes beside runs alone."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sandbox.commands.unquoted import quotes_missed
from sandbox.errors import SandboxError, UsageError, of_system
from sandbox.inspection.output import Answer, Shown, deliver
from sandbox.options.resolution import naming_places, resolve
from sandbox.options.tagging import TagOptions, split_tags
from sandbox.runs.clock import timestamp
from sandbox.runs.named import no_such_run, run_path, study_path
from sandbox.runs.tags import MOST_TAGS, Tags, one_at_a_time, path_of, read_tags, write_tags
from sandbox.terminal import plain_line
from sandbox.text import nearest


def run_tag(names: Sequence[str], flags: Mapping[str, Any]) -> int:
    """Change what the options say of all that is called `names`, and show what they then have; the exit code.

    Nothing is written where anything cannot be.
    """
    resolved = resolve(TagOptions, flags, None)
    asked = resolved.config
    with ExitStack() as held, naming_places(resolved), quotes_missed(TagOptions, asked.runs, asked.studies):
        _check(asked)
        folders = {name: _folder(name, asked.runs, asked.studies) for name in names}
        held.enter_context(one_at_a_time(folders.values()))
        before = {name: read_tags(folder) for name, folder in folders.items()}
        _check_removed(split_tags(asked.remove), before.values())
        after = {name: _changed(name, tags, asked) for name, tags in before.items()}
        for name, folder in folders.items():
            if after[name] != before[name]:
                _write(folder, after[name])
    answer = Answer(document=lambda: _document(after, folders), shown=lambda: _shown(after))
    deliver(answer, json=asked.json)
    return 0


def _check(asked: TagOptions) -> None:
    if asked.note and asked.no_note:
        raise UsageError("--note and --no-note contradict each other: leave one of them out.")
    if both := {*split_tags(asked.add)} & {*split_tags(asked.remove)}:
        raise UsageError(f"{min(both)} is to be given and to be taken away: leave out --add, or --remove.")


def _folder(name: str, runs: Path, studies: Path) -> Path:
    if path := run_path(name, runs, studies) or study_path(name, runs, studies):
        return path
    raise UsageError(f"{no_such_run(name, runs, studies)}\nList them: sandbox inspect")


def _check_removed(taken: Sequence[str], before: Collection[Tags]) -> None:
    """Raises `UsageError` for a tag that none of them has: a slip."""
    there = {tag for tags in before for tag in tags.tags}
    for tag in taken:
        if tag not in there:
            raise UsageError(f"--remove {tag}: nothing named here has it.{nearest(tag, there)}")


def _changed(name: str, before: Tags, asked: TagOptions) -> Tags:
    tags = before.with_tags(split_tags(asked.add), split_tags(asked.remove))
    if len(tags) > MOST_TAGS:
        raise UsageError(f"--add: {name} would have {len(tags)} tags, and {MOST_TAGS} are the most: take some away.")
    note = None if asked.no_note else asked.note or before.note
    if (tags, note) == (before.tags, before.note):
        return before
    return Tags(tags=tags, note=note, changed=timestamp())


def _write(folder: Path, tags: Tags) -> None:
    try:
        write_tags(folder, tags)
    except OSError as error:
        raise SandboxError(f"{path_of(folder)}: cannot be written: {of_system(error)}.") from None


def _document(found: Mapping[str, Tags], folders: Mapping[str, Path]) -> list[dict[str, Any]]:
    return [{"run": name, "path": str(folders[name]), **tags.model_dump(mode="json")} for name, tags in found.items()]


def _shown(found: Mapping[str, Tags]) -> Iterator[Shown]:
    for name, tags in found.items():
        yield plain_line(f"{name}: {tags.shown or 'no tags'}")
        if tags.note:
            yield plain_line(f"  {tags.note}")
