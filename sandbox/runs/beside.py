"""What lies beside a run and is called after it: ratings and annotations as `RUN.NAME`. Knows names, and no file."""

from pathlib import Path


def beside(run: Path, name: str) -> Path:
    """Where what has this `name` lies, of the run in the folder `run`."""
    place = named_place(run)
    return place.with_name(f"{place.name}.{name}")


def named_place(path: Path) -> Path:
    """`path` with a last part that is a name, which `.` and `..` are not."""
    return path if path.name not in ("", "..") else path.resolve()


def run_of(folder: str, name: str, told: str) -> str:
    """The folder of the run beside which `folder` lies under `name`; `told` where it is called otherwise."""
    own = folder.removesuffix(f".{name}")
    return own if own not in ("", folder) else told
