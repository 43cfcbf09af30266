"""Who speaks through which model in a society, known from its configuration alone."""

from collections.abc import Iterator, Sequence

from sandbox.options.config import Config, SocietyModel, agent_models, observer_model
from sandbox.runs.records import CallKey
from sandbox.society.apportionment import apportioned
from sandbox.society.draws import PRIOR_ROUND, draw


def speaking(config: Config) -> tuple[Sequence[SocietyModel], SocietyModel]:
    """The model of each agent, and that of the observer."""
    return list(_models(config, config.agents)), observer_model(config)


def name_asked(key: CallKey, models: Sequence[SocietyModel], observer: SocietyModel) -> str:
    """The name of the model that `key` asks; empty for a key that no call of such a society has."""
    if key.dimension is not None:
        return observer.name
    return models[key.speaker].name if 0 <= key.speaker < len(models) else ""


def _models(config: Config, size: int) -> Iterator[SocietyModel]:
    """The model of each agent: shares by largest remainder, then shuffled by the seed."""
    models = agent_models(config)
    counts = apportioned([model.share for model in models], size)
    order = [index for index, count in enumerate(counts) for _ in range(count)]
    draw(config.seed, PRIOR_ROUND, -1, "models").shuffle(order)
    return (models[index] for index in order)
