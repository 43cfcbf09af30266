"""Which agent is of which group. Knows shares and the grid, and no model."""

from sandbox.runs.population import Group, Population
from sandbox.society.draws import draw


def placed(population: Population, size: int, seed: int) -> tuple[Group, ...]:
    """The group of each agent."""
    groups = [population.groups[agent * len(population.groups) // size] for agent in range(size)]
    if population.placement == "mixed":
        draw(seed, -1, -1, "population").shuffle(groups)
    return tuple(groups)
