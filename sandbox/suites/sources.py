"""Which suites are meant by what `--suite` names, with their items: those that ship, groups of them, and files.

Knows no model, and fetches nothing (`sandbox/suites/fetch.py`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, get_args

from sandbox.errors import UsageError
from sandbox.suites.definitions import definition, published_items
from sandbox.suites.digest import digest_of
from sandbox.suites.doubts import repeats
from sandbox.suites.fetched import fetched_folder
from sandbox.suites.file import read_suite
from sandbox.suites.limit import limited
from sandbox.suites.lint import checked
from sandbox.suites.papers.countries import countries
from sandbox.suites.papers.ethics import ethics
from sandbox.suites.papers.global_opinions import global_opinions
from sandbox.suites.papers.hhh import hhh, hhh_pairwise
from sandbox.suites.papers.hhh_adversarial import hhh_adversarial
from sandbox.suites.papers.raw import Raw
from sandbox.suites.papers.stereotype import stereotype
from sandbox.suites.papers.toxicity import toxicity
from sandbox.suites.papers.truthfulness import truthfulness
from sandbox.suites.papers.vicuna import vicuna
from sandbox.suites.people import privacy
from sandbox.suites.replaced import with_templates
from sandbox.suites.suite import Kind, Sampling, Suite
from sandbox.text import nearest


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How suites are wanted. None: as the suite says.

    `data`: folder with published data; without one, what was fetched is used. `limit`: items of each suite. `samples`:
    answers to each item; `shuffles`: the same for choices, whose options stand in another order each time.
    `logprobs`: surveys are asked once, with how likely each option was. `pairs`, `pairwise`: of `hhh`, see
    `sandbox/suites/papers/hhh.py`. `prompts`: folder with files `SUITE.jinja`, which replace the templates of judges.
    """

    data: Path | None = None
    seed: int = 0
    limit: int | None = None
    samples: int | None = None
    shuffles: int = 1
    logprobs: bool = False
    pairs: bool = False
    pairwise: bool = False
    prompts: Path | None = None


class Listed(NamedTuple):
    """What `--list` says of a suite that ships. `needs_data`: its items have to be fetched or pointed to."""

    name: str
    kind: Kind
    items: int
    licence: str
    needs_data: bool
    offensive: bool


_PAPERS: Final[Mapping[str, Callable[[Raw, Wanted], Suite]]] = {
    "countries": lambda raw, _: countries(raw),
    "ethics": lambda raw, _: ethics(raw),
    "global": lambda raw, _: global_opinions(raw),
    "hhh": lambda raw, wanted: hhh_pairwise(raw) if wanted.pairwise else hhh(raw, pairs=wanted.pairs),
    "hhh-adversarial": lambda raw, _: hhh_adversarial(raw),
    "privacy": lambda _, wanted: privacy(wanted.seed),
    "stereotype": lambda raw, _: stereotype(raw),
    "toxicity": lambda raw, _: toxicity(raw),
    "truthfulness": lambda raw, _: truthfulness(raw),
    "vicuna": lambda raw, _: vicuna(raw),
}
_STARTER: Final = {
    f"starter-{kind}": Path(__file__).parent / "starter" / f"{kind}.toml" for kind in sorted(get_args(Kind))
}
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "starter": tuple(_STARTER),
    "trust": ("ethics", "privacy", "stereotype", "toxicity", "truthfulness"),
}


def load_suites(words: Sequence[str], wanted: Wanted) -> tuple[Suite, ...]:
    """The suites that `words` name, sorted by name and each once, with items, warnings and digest.

    A word is a suite that ships, a group of them, or the path of a suite's TOML file. Raises `UsageError` for a word
    that names none, for data that is missing or damaged, and for two suites of one name.
    """
    found: dict[str, Suite] = {}
    sources = sorted({source for word in words for source in _sources(word.strip())})
    _check_hhh(sources, wanted)
    loaded = with_templates([_loaded(source, wanted) for source in sources], wanted.prompts)
    for source, suite in zip(sources, loaded, strict=True):
        if suite.name in found:
            raise UsageError(
                f"{source}: another suite is called {suite.name!r}, too, so their records could not be told apart\n"
                "give it another name in its file, or ask them one after the other"
            )
        found[suite.name] = _as_wanted(suite, wanted)
    if wanted.shuffles > 1 and not any(suite.metric == "accuracy" for suite in found.values()):
        raise UsageError("--shuffles is for choices, and none are asked here: leave it out")
    if wanted.logprobs and not any(suite.kind == "survey" for suite in found.values()):
        raise UsageError("--logprobs is for surveys, and none are asked here: leave it out")
    return tuple(found[name] for name in sorted(found))


def _check_hhh(sources: Sequence[str], wanted: Wanted) -> None:
    """Raises `UsageError` where a way to ask `hhh` is wanted that would not come to pass."""
    flags = [flag for flag, given in (("--pairs", wanted.pairs), ("--pairwise", wanted.pairwise)) if given]
    if len(flags) > 1:
        raise UsageError("--pairs and --pairwise are two ways to ask hhh: leave one out")
    if flags and "hhh" not in sources:
        raise UsageError(f"{flags[0]} is for hhh, which is not asked here: leave it out, or add hhh to --suite")


def listing() -> list[Listed]:
    """Every suite that ships, in order of name."""
    return [_listed(name) for name in sorted({*_PAPERS, *_STARTER})]


def members(word: str) -> Sequence[str]:
    """The suites that ship and are called `word`, or the members of the group. Raises `UsageError`."""
    known = {**{name: (name,) for name in (*_PAPERS, *_STARTER)}, **GROUPS}
    if not word:
        raise UsageError("--suite: a name is missing beside a comma; `sandbox evaluate --list` has all")
    if word not in known:
        raise UsageError(
            f"there is no suite {word[:100]!r}.{nearest(word, known)}\n"
            "`sandbox evaluate --list` names those that ship; the path of one of your own ends in .toml"
        )
    return known[word]


def _sources(word: str) -> Iterable[str]:
    """Names of suites that ship, or a path."""
    path = Path(word).expanduser()
    if path.suffix == ".toml" or len(path.parts) > 1:
        return [str(path.absolute())]
    return members(word)


def _loaded(source: str, wanted: Wanted) -> Suite:
    if source in _PAPERS:
        raw = Raw(source, wanted.data or fetched_folder())
        return checked(_PAPERS[source](raw, wanted))
    return read_suite(_STARTER.get(source, Path(source)))


def _as_wanted(suite: Suite, wanted: Wanted) -> Suite:
    suite = suite.model_copy(update={"sampling": _sampling(suite, wanted)})
    suite = suite if wanted.limit is None else limited(suite, wanted.limit, wanted.seed)
    return suite.model_copy(update={"digest": digest_of(suite), "warnings": (*suite.warnings, *repeats(suite))})


def _sampling(suite: Suite, wanted: Wanted) -> Sampling:
    """Texts that are given are judged as often as the suite says, whatever is wanted of answers."""
    samples = wanted.samples or suite.sampling.samples
    if suite.metric == "accuracy" and wanted.shuffles > 1:
        samples = wanted.shuffles
    if all(item.given for item in suite.items):
        return suite.sampling
    if wanted.logprobs and suite.kind == "survey":
        return suite.sampling.model_copy(update={"samples": 1, "logprobs": True})
    return suite.sampling.model_copy(update={"samples": samples})


def _listed(name: str) -> Listed:
    published = published_items(name) if name in _PAPERS else None
    suite = _loaded(name, Wanted()) if published is None else definition(name)
    items = len(suite.items) if published is None else published
    return Listed(name, suite.kind, items, suite.licence, published is not None, suite.offensive)
