"""What a user must say before a run is taken up whose manifest is not their own word, and the flags that say it.

Nobody is asked, nothing is spent and no file is opened that only such a manifest names. Knows options and routes; opens
nothing itself.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from sandbox.calls.keys import variable_of
from sandbox.calls.routes import Route, Routes, default_endpoint
from sandbox.errors import SandboxError
from sandbox.options.config import Config
from sandbox.options.consistency import is_served
from sandbox.options.extensions import is_extension
from sandbox.options.option import options
from sandbox.options.speakers import speakers
from sandbox.runs.own_mark import trouble
from sandbox.runs.own_word import is_own_word
from sandbox.runs.reading import Run
from sandbox.simulation.agreeing import agreeing, command, short, shown_place

MOST_SHOWN: Final = 6
# What is the same whoever names it; everything else is a file, a folder or a repository of somebody's choice.
_BUNDLED: Final[Mapping[str, Collection[str]]] = {
    "questions": ("hh-rlhf", "starter"),
    "prior": ("hh-rlhf", "starter"),
    "prompts": (),
    "embedder": (Config.embedder, "hash"),
}
_OF_SPENDING: Final = ("observer_base_url", "observer_api_key_env", "budget_usd", "budget_tokens", "budget_calls")
_LONGEST_NAME: Final = 100
_OF_PLACES: Final = ("observer_base_url", "observer_api_key_env", "society")


@dataclass(frozen=True)
class Agreement:
    """What is agreed to where `run` is taken up as `now`: `said` are the options of this call, wherever they stand.

    `words` are those of the command that is to be given again. `embeds` where vectors are wanted that the run lacks.
    """

    run: Run
    now: Config
    said: Collection[str] = ()
    words: Sequence[str] = ()
    embeds: bool = False

    @cached_property
    def is_needed(self) -> bool:
        """Whether the manifest is not its user's own word."""
        return not is_own_word(self.run.manifest, self.run.directory.path)

    def check_files(self) -> None:
        """Raises `SandboxError` if a file would be read that only the manifest names."""
        if self.is_needed and any(self._files()):
            raise SandboxError(self.refusal)

    @property
    def is_lacking(self) -> bool:
        """Whether something is asked, spent or read that is not this user's word."""
        return self.is_needed and bool(self._unsaid)

    def check(self) -> None:
        """Raises `SandboxError` if the agreement is lacking."""
        if self.is_lacking:
            raise SandboxError(self.refusal)

    @property
    def lost(self) -> str | None:
        """For people, what the manifest says of operation that does not hold, as it is not this user's word."""
        lost = [" ".join(agreeing(self._named, name)) for name in self._set()] if self.is_needed else []
        if not lost:
            return None
        run_id = self.run.manifest.run_id
        return f"Run {run_id} does not carry your mark: what it was run with is left out ({', '.join(lost)})."

    @property
    def refusal(self) -> str:
        """What the manifest names, and which flags agree to it, in three lines."""
        manifest, unsaid = self.run.manifest, self._unsaid
        origin = "copied, moved or changed" if manifest.mark else "made by others, or before there were marks"
        others = (name for name in unsaid if not name.endswith(("base_url", "api_key_env", "society", "model")))
        named = [*self._places(), *(" ".join(agreeing(self._named, name)) for name in others)]
        more = f" and {len(named) - MOST_SHOWN} more" if len(named) > MOST_SHOWN else ""
        return (
            f"Run {manifest.run_id} does not carry your mark (it was {origin}): where it asks, what it spends and what "
            f"it reads is for you to say. {trouble() or ''}".rstrip()
            + "\n"
            f"Its manifest names {'; '.join(named[:MOST_SHOWN])}{more}.\n"
            f"To agree (look first with --dry-run): {command(self.words, self._named, [*unsaid, *self._set()])}"
        )

    @property
    def _named(self) -> Config:
        return self.run.manifest.config

    @cached_property
    def _unsaid(self) -> list[str]:
        return [*self._files(), *self._operation()]

    def _files(self) -> Iterator[str]:
        """Options that name what would be read, because the run did not keep it."""
        kept, prompts = self.run.directory.questions.exists(), self.run.directory.prompts.is_dir()
        there = {"questions": kept, "prior": kept, "prompts": prompts, "embedder": not self.embeds}
        for name, bundled in _BUNDLED.items():
            value = getattr(self._named, name)
            if value is not None and value not in bundled and name not in self.said and not there[name]:
                yield name

    def _operation(self) -> Iterator[str]:
        """Options that say where models are asked, with which keys, and what is spent."""
        agreed = {name: getattr(self._named, name) for name in _OF_PLACES if name not in self.said}
        asked = speakers(replace(self.now, **agreed))
        at_default = (each for each in asked if not each.base_url and is_served(each.name))
        if "base_url" not in self.said and any(at_default):
            yield "base_url"
        yield from (name for name in _OF_SPENDING if getattr(self._named, name) is not None and name not in self.said)
        if self._named.retry_failed and "retry_failed" not in self.said:  # it cannot go on as anything else
            yield "retry_failed"
        if "society" not in self.said and any(
            each.base_url or each.api_key_env or each.adapter or is_extension(each.name) for each in self._named.society
        ):
            yield "society"
        yield from self._code()

    def _code(self) -> Iterator[str]:
        """Options that name code of an extension, which would answer here."""
        for name in ("observer_model", *(() if self._named.society else ("model",))):
            if is_extension(getattr(self._named, name) or "") and name not in self.said:
                yield name

    def _set(self) -> list[str]:
        """The options of operation that the manifest sets, and nobody said."""
        known = options(Config).items()
        lasting = (name for name, option in known if option.operational and not option.of_one_call)
        return [
            name for name in lasting if name not in self.said and getattr(self._named, name) != getattr(Config, name)
        ]

    def _places(self) -> Iterator[str]:
        """Which models the manifest would have asked where, with which key; what stands for one that is code."""
        for route, models in Routes(speakers(self._named), self._named).models.items():
            if route.extension:
                yield f"{short(route.extension, _LONGEST_NAME)}, code of a package that is installed here"
            if route.place == "http":
                names = [short(each, _LONGEST_NAME) for each in sorted(models)]
                more = f" and {len(names) - 3} others" if len(names) > 3 else ""
                place = short(shown_place(route.base_url or str(default_endpoint())))
                before = () if route.base_url else self.run.manifest.models.endpoints.get(min(models), ())
                earlier = [f" (before: {short(shown_place(each))})" for each in before[-1:] if each != place]
                yield f"{', '.join(names[:3])}{more} at {place} {_key(route)}{''.join(earlier)}"


def _key(route: Route) -> str:
    has_key = route.api_key_env or route.is_default
    return f"with the key in {short(variable_of(route), _LONGEST_NAME)}" if has_key else "without a key"
