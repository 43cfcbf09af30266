"""`sandbox pack` and `sandbox unpack`: which folder goes into which file and back, and what came of it. Only shows."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.commands.signals import ended_by_signals
from sandbox.errors import SandboxError
from sandbox.inspection.output import Answer, deliver
from sandbox.options.resolution import naming_places, resolve
from sandbox.packing.options import PackOptions, UnpackOptions
from sandbox.packing.packing import SUFFIX, Packed, Progress, pack
from sandbox.packing.sources import source_named
from sandbox.packing.unpacking import Unpacked, unpack
from sandbox.progress.alive import alive
from sandbox.runs.annotation.reading import Annotation, read_annotation
from sandbox.runs.rating.reading import Rating, read_rating
from sandbox.terminal import plain, warn
from sandbox.text import bytes_shown, counted, some, typed

_NOUN = {"simulation": "run"}


def run_pack(name: str, flags: Mapping[str, Any], file: Path | None) -> int:
    """Pack what is called `name`; the exit code."""
    resolved = resolve(PackOptions, flags, file)
    options = resolved.config
    with naming_places(resolved):
        source = source_named(name, options.runs, options.studies)
        out = options.output or Path(f"{source.name}{SUFFIX}")
        with ended_by_signals(), alive(f"Packing {source.name}") as doing:
            done = pack(source, out, memory=options.memory, progress=_told(doing, f"Packing {source.name}"))
    if done.left:
        warn(f"Not in the archive, as no {_noun(done.kind)} has it: {some(done.left)}.")
    deliver(Answer(document=lambda: _document(done), shown=lambda: map(plain, _packed(done))), json=options.json)
    return 0


def run_unpack(archive: Path, flags: Mapping[str, Any], file: Path | None) -> int:
    """Unpack `archive`; the exit code."""
    resolved = resolve(UnpackOptions, flags, file)
    options = resolved.config
    with naming_places(resolved), ended_by_signals(), alive(f"Unpacking {archive}") as doing:
        told = _told(doing, f"Unpacking {archive}")
        done = unpack(archive, options.out, options.runs, options.studies, told)
    deliver(Answer(document=lambda: _document(done), shown=lambda: map(plain, _unpacked(done))), json=options.json)
    return 0


def _told(doing: Callable[[str], None], what: str) -> Progress:
    return lambda done, total: doing(f"{what}, {bytes_shown(done)} of {bytes_shown(total)}")


def _document(done: Packed | Unpacked) -> dict[str, Any]:
    return {**done._asdict(), "path": str(done.path)}


def _packed(done: Packed) -> list[str]:
    what = f"{_noun(done.kind)} {done.name}: {counted(done.files, 'file')}, {bytes_shown(done.bytes)}"
    return [
        f"{done.path} is written: {what} in {bytes_shown(done.size)}.",
        f"sha256 {done.sha256}",
        f"Who gets it runs: sandbox unpack {typed(Path(done.path.name))}",
    ]


def _unpacked(done: Unpacked) -> list[str]:
    what = f"{counted(done.files, 'file')}, {bytes_shown(done.bytes)}, all as its list says"
    show = "study show" if done.kind == "study" else "inspect"
    return [
        f"{done.path} is there: {_noun(done.kind)}, {what}.",
        *_lacking(done),
        f"Look at it: sandbox {show} {typed(done.path)}",
    ]


def _lacking(done: Unpacked) -> Iterator[str]:
    """The run without which it is of little use, where that is not beside it."""
    readers: Mapping[str, Callable[[Path], Rating | Annotation]] = {
        "rating": read_rating,
        "annotation": read_annotation,
    }
    with suppress(SandboxError):  # whoever looks at it is told
        if done.kind in readers and not (run := readers[done.kind](done.path).run_path).exists():
            yield f"It is of texts of a run that is not beside it: unpack that too, as {run}."


def _noun(kind: str) -> str:
    return _NOUN.get(kind, kind)
