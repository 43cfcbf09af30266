"""Which of many files are one question set: the shards of a folder, or of a split of a dataset. Opens none of them."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import count
from pathlib import PurePosixPath
from typing import Final

from sandbox.errors import UsageError
from sandbox.questions.kinds import ENDINGS, kind_of, without_ending

_SHARD: Final = re.compile(r"(?P<stem>.*?)[-_.]?(?P<index>\d{1,9})-of-(?P<total>\d{1,9})")
_SPLIT: Final = re.compile(r"(?<![a-z])(train|test|validation|valid|val|dev|eval)(?:ing|uation)?(?![a-z])")
# What the hub's own library lays beside the data.
_ABOUT: Final = frozenset({"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"})
_SHOWN: Final = 8


def of_folder(names: Collection[str], shown: str) -> list[str]:
    """The files that are read of a folder with these: all that hold questions, in order of name.

    Raises `UsageError` where they are of more than one kind, and where one of `-00000-of-00002` is missing.
    """
    found = _data(names)
    kinds = sorted({kind_of(name) or "" for name in found})
    if not found:
        raise UsageError(f"{shown} is a folder without question files\nwanted: files that end in {ENDINGS}")
    if len(kinds) > 1:
        raise UsageError(
            f"{shown} is a folder of {' and '.join(kinds)} files\nname one of them, or keep one kind in it"
        )
    _check_whole(found, shown)
    return found


def of_split(paths: Collection[str], part: Sequence[str], shown: str) -> list[str]:
    """The files of the training split, or of the `part` of a dataset: the name of a folder, a split or a file.

    Raises `UsageError` with the parts that there are, where the paths do not say which it is.
    """
    data = _data(paths)
    there = [path for path in data if set(part) <= _words(path)]
    splits = {_split(path) for path in there}
    found = [path for path in there if _split(path) == "train" or len(splits) == 1]
    kinds = [kind for path in found if (kind := kind_of(path))]
    best = ".parquet" if ".parquet" in kinds else next(iter(kinds), None)
    found = [path for path in found if kind_of(path) == best]
    if len({_group(path) for path in found}) != 1:
        raise UsageError(_which(data, shown, bool(there)))
    _check_whole(found, shown)
    return found


def _data(names: Collection[str]) -> list[str]:
    paths = sorted((name for name in names if kind_of(name)), key=str)
    return [name for name in paths if not _hidden(name) and PurePosixPath(name).name not in _ABOUT]


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "_")) for part in PurePosixPath(name).parts)


def _stem(path: str) -> str:
    """The name of a file without its ending and the number of its shard."""
    name = without_ending(PurePosixPath(path).name)
    shard = _SHARD.fullmatch(name)
    return shard["stem"] if shard else name


def _words(path: str) -> set[str]:
    """By what a part of a dataset can be called: folders, the name of the file, its split."""
    *folders, name = PurePosixPath(path).parts
    return {*folders, name, _stem(path), _split(path)}


def _split(path: str) -> str:
    """`train`, `test`, `validation`, ... as the name of the file says, else that of a folder; empty for none."""
    for part in (_stem(path), *reversed(PurePosixPath(path).parts[:-1])):
        if found := _SPLIT.search(part.lower()):
            return found[1]
    return ""


def _group(path: str) -> str:
    """What files of one set have in common: the folder, and the name where that says which split it is."""
    folder, stem = PurePosixPath(path).parent, _stem(path)
    named = _SPLIT.search(stem.lower()) or _SHARD.fullmatch(without_ending(PurePosixPath(path).name))
    return str(folder / stem) if named else str(folder)


def _label(path: str) -> str:
    """How that group can be asked for."""
    return _stem(path) if _group(path) == "." else _group(path)


def _which(data: Sequence[str], shown: str, any_there: bool) -> str:
    if not data:
        return f"{shown} has no question files\nwanted: files that end in {ENDINGS}"
    groups = sorted({_label(path) for path in data})
    listed = ", ".join(groups[:_SHOWN]) + (", ..." if len(groups) > _SHOWN else "")
    what = "has more than one set" if any_there else "has no such part"
    return f"{shown} {what}: {listed}\nname one of them behind a colon, such as ORG/NAME:{groups[0]}"


def _check_whole(names: Sequence[str], shown: str) -> None:
    missing = next(_missing(names), None)
    if missing:
        raise UsageError(f"{shown} is not whole: {missing!r} is missing\nget it, too, or name a single file")


def _missing(names: Sequence[str]) -> Iterator[str]:
    """The first shard of each set that is not there, by the name that it would have. Some count from 1."""
    sets: dict[tuple[str, str, str], dict[int, str]] = defaultdict(dict)
    for name in names:
        bare = without_ending(name)
        if shard := _SHARD.fullmatch(bare):
            before, after = bare[: shard.start("index")], bare[shard.end("index") :]
            sets[before, after + name[len(bare) :], shard["total"]][int(shard["index"])] = shard["index"]
    for (before, after, total), shards in sets.items():
        first = 0 if 0 in shards or int(total) not in shards else 1
        absent = next(number for number in count(first) if number not in shards)
        if absent < first + int(total):
            yield f"{before}{absent:0{len(next(iter(shards.values())))}d}{after}"
