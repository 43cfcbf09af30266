"""A population: groups of agents, each with a persona and a share of the society. Knows the file, and no agent."""

import hashlib
from pathlib import Path
from typing import Literal

from sandbox.options.toml import read_toml
from sandbox.runs.asks import Record


class Group(Record):
    """A group of agents that speak as `persona`; shares are relative."""

    name: str
    persona: str
    share: float = 1.0


class Population(Record):
    """All groups, and how their agents stand on the grid: shuffled by the seed, or group by group."""

    placement: Literal["mixed", "blocks"] = "mixed"
    groups: tuple[Group, ...]

    def digest(self) -> str:
        """Sha256 of what it says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def read_population(path: str) -> Population:
    """The population in the TOML file at `path`."""
    return Population.model_validate(read_toml(Path(path), path))
