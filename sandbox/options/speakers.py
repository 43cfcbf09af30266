"""Who is asked in a simulation, by its options: the models of the agents and that of the observer, and their adapters.

Nothing slow is imported here, because `--help` needs it.
"""

from collections.abc import Iterable
from dataclasses import replace

from sandbox.options.config import Config, SocietyModel


def agent_models(config: Config) -> tuple[SocietyModel, ...]:
    """The models that agents speak through."""
    return config.society or (SocietyModel(name=config.model, adapter=config.adapter),)


def observer_model(config: Config) -> SocietyModel:
    """The model of the observer: as the agents', the first one in a mixed society, unless said otherwise.

    It speaks through no adapter but its own.
    """
    first = replace(agent_models(config)[0], adapter=config.observer_adapter)
    if config.observer_base_url:
        name = config.observer_model or first.name
        base_url, key = config.observer_base_url, config.observer_api_key_env
        return SocietyModel(name=name, base_url=base_url, api_key_env=key, adapter=first.adapter)
    return SocietyModel(name=config.observer_model, adapter=first.adapter) if config.observer_model else first


def speakers(config: Config) -> list[SocietyModel]:
    """Every model that is asked in a run: those of the agents, then the observer's."""
    return [*agent_models(config), observer_model(config)]


def adapters_of(models: Iterable[SocietyModel]) -> list[str]:
    """The adapters of `models`, each once, in order."""
    return list(dict.fromkeys(model.adapter for model in models if model.adapter))
