"""Downloads the published data of suites, checks that it is what it was, and keeps it in the form they are read in.

Files come from GitHub at a commit, so they are the same for everybody; a digest says so. Knows no item.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from sandbox.errors import SandboxError, UsageError
from sandbox.suites.definitions import definition, toml
from sandbox.suites.fetched import fetched_folder, keep
from sandbox.suites.papers import originals
from sandbox.suites.sources import members

HOST: Final = "https://raw.githubusercontent.com"
_PATIENCE: Final = 30.0  # seconds that the host may say nothing
_MOST_BYTES: Final = 64 * 2**20  # of a file; the largest has 4 MB
_MAKES: Final[Mapping[str, Callable[..., Iterable[originals.Row] | originals.Row]]] = {
    "vicuna/questions.jsonl": originals.vicuna,
    "hhh/pairs.jsonl.gz": originals.hhh,
    "truthfulqa/mc.jsonl.gz": originals.truthfulness,
    "ethics/commonsense_short.csv.gz": originals.ethics,
    "stereotype/statements.json": originals.stereotype,
    "toxicity/prompts.jsonl.gz": originals.toxicity,
    "goqa-NONCOMMERCIAL/survey.jsonl.gz": originals.global_opinions,
    "representation/askreddit_countries.csv": originals.countries,
    "representation/us_favourability_2023.csv": originals.favourability,
}


class Fetched(NamedTuple):
    """What is there now: which suites can be asked, under which licences, and in which folder the files are."""

    suites: Sequence[str]
    licences: Mapping[str, str]
    files: Sequence[str]
    folder: str

    def __str__(self) -> str:
        terms = [f"{name}: {licence}" for name, licence in self.licences.items()]
        return "\n".join(
            [f"In {self.folder}: {', '.join(self.files)}", "Licences, which bind whoever uses it:", *terms]
        )


def fetch(name: str) -> Fetched:
    """Get the data of the suite `name`, or of each of a group, unless it is there.

    Raises `UsageError` for a name that is none or needs no data, and `SandboxError` where the data cannot be had, or is
    not what it was.
    """
    named, folder = members(name), fetched_folder()
    found = [each for each in toml("originals")["original"] if set(named) & set(each["suites"])]
    if not found:
        raise UsageError(f"suite {name} needs no data: ask it with `sandbox evaluate --suite {name}`")
    for original in found:
        if not (folder / original["to"]).is_file():
            _get(original, folder / original["to"])
    suites = sorted({suite for original in found for suite in original["suites"]})
    licences = {suite: definition(suite).licence for suite in suites}
    return Fetched(suites, licences, [original["to"] for original in found], str(folder))


def _get(original: Mapping[str, Any], path: Path) -> None:
    root = f"{HOST}/{original['repository']}/{original['commit']}"
    contents = [_checked(f"{root}/{file}", digest) for file, digest in original["files"].items()]
    keep(path, _MAKES[original["to"]](*contents))


def _checked(url: str, digest: str) -> bytes:
    content = _downloaded(url)
    if sha256(content).hexdigest() != digest:
        raise SandboxError(
            f"{url} is not what it was: its sha256 is another one, so nothing is kept of it\n"
            "try again; behind a proxy, look at what comes from there"
        )
    return content


def _downloaded(url: str) -> bytes:
    import httpx2

    content = bytearray()
    try:
        with httpx2.stream("GET", url, timeout=_PATIENCE) as response:
            if response.status_code != httpx2.codes.OK:
                raise SandboxError(_unavailable(url, f"HTTP {response.status_code}"))
            for block in response.iter_bytes():
                content += block
                if len(content) > _MOST_BYTES:
                    raise SandboxError(_unavailable(url, "it does not end"))
    except httpx2.TimeoutException:
        raise SandboxError(_unavailable(url, "no answer in time")) from None
    except httpx2.HTTPError:
        raise SandboxError(_unavailable(url, "it cannot be reached")) from None
    return bytes(content)


def _unavailable(url: str, why: str) -> str:
    return f"cannot get {url}: {why}\ntry again where there is a network, or name a folder with --suite-data"
