"""Which suites are meant by what `--suite` names, with their items: those that ship, groups of them, and files.

Knows no model, and fetches nothing (`sandbox/suites/fetch.py`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from sandbox.errors import UsageError
from sandbox.suites.definitions import definition, published_items
from sandbox.suites.digest import digest_of
from sandbox.suites.fetched import fetched_folder
from sandbox.suites.file import read_suite, template_in
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
from sandbox.suites.suite import Kind, Suite
from sandbox.text import nearest


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How suites are wanted. None: as the suite says.

    `data`: folder with published data; without one, what was fetched is used. `limit`: items of each suite. `samples`:
    answers to each item; `shuffles`: the same for choices, whose options stand in another order each time.
    `pairs`, `pairwise`: of `hhh`, see `sandbox/suites/papers/hhh.py`. `prompts`: folder with files `SUITE.jinja`, which
    replace the templates of judges.
    """

    data: Path | None = None
    seed: int = 0
    limit: int | None = None
    samples: int | None = None
    shuffles: int = 1
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


TOML: Final = ".toml"
_SHIPPED: Final[Mapping[str, Callable[[Raw, Wanted], Suite]]] = {
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
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "trust": ("ethics", "privacy", "stereotype", "toxicity", "truthfulness"),
}


def load_suites(words: Sequence[str], wanted: Wanted) -> tuple[Suite, ...]:
    """The suites that `words` name, sorted by name and each once, with items and digest.

    A word is a suite that ships, a group of them, or the path of a file that ends in `.toml`. Raises `UsageError` for a
    word that names none, for data that is missing or damaged, and for two suites of one name.
    """
    names = sorted({name for word in words if not _is_file(word) for name in _named(word)})
    files = dict.fromkeys(Path(word) for word in words if _is_file(word))
    found = [*(checked(_shipped(name, wanted)) for name in names), *(read_suite(path) for path in files)]
    found = _prompted(found, wanted.prompts) if wanted.prompts else found
    suites = sorted((_as_wanted(suite, wanted) for suite in found), key=lambda suite: suite.name)
    for one, other in pairwise(suites):
        if one.name == other.name:
            raise UsageError(f"two suites are called {one.name!r}: a name is what answers are told apart by")
    return tuple(suites)


def listing() -> list[Listed]:
    """Every suite that ships, in order of name."""
    return [_listed(name) for name in sorted(_SHIPPED)]


def _named(word: str) -> Iterable[str]:
    if word in GROUPS:
        return GROUPS[word]
    if word in _SHIPPED:
        return [word]
    known = [*_SHIPPED, *GROUPS]
    raise UsageError(
        f"there is no suite {word[:100]!r}.{nearest(word, known)}\n"
        "`sandbox evaluate --list` names those that ship; the path of one of your own ends in .toml"
    )


def _is_file(word: str) -> bool:
    return word.endswith(TOML)


def _shipped(name: str, wanted: Wanted) -> Suite:
    return _SHIPPED[name](Raw(name, [wanted.data or fetched_folder()]), wanted)


def _prompted(suites: Iterable[Suite], folder: Path) -> list[Suite]:
    """`suites`, judged by the templates in `folder`. Raises `UsageError` where it has none for any of them."""
    found, replaced = [], 0
    for suite in suites:
        path = folder / f"{suite.name}.jinja"
        if suite.judge and path.is_file():
            replaced += 1
            judge = suite.judge.model_copy(update={"template": template_in(path)})
            suite = checked(suite.model_copy(update={"judge": judge}))  # noqa: PLW2901
        found.append(suite)
    if not replaced:
        wanted = ", ".join(f"{suite.name}.jinja" for suite in found if suite.judge) or "none: nothing is judged"
        raise UsageError(f"--prompts {folder}: has no template of these suites (wanted: {wanted})")
    return found


def _as_wanted(suite: Suite, wanted: Wanted) -> Suite:
    suite = _resampled(suite, wanted)
    suite = suite if wanted.limit is None else limited(suite, wanted.limit, wanted.seed)
    return suite.model_copy(update={"digest": digest_of(suite)})


def _resampled(suite: Suite, wanted: Wanted) -> Suite:
    samples = wanted.samples or suite.sampling.samples
    if suite.metric == "accuracy" and wanted.shuffles > 1:
        samples = wanted.shuffles
    if all(item.given for item in suite.items):
        samples = 1
    sampling = suite.sampling.model_copy(update={"samples": samples})
    return suite.model_copy(update={"sampling": sampling})


def _listed(name: str) -> Listed:
    suite, published = definition(name), published_items(name)
    items = len(_SHIPPED[name](Raw(name, []), Wanted()).items) if published is None else published
    return Listed(name, suite.kind, items, suite.licence, published is not None, suite.offensive)
