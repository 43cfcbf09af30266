"""Who speaks through which model in a society, known from its configuration alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sandbox.options.config import Config, SocietyModel
from sandbox.options.speakers import adapters_of, agent_models, observer_model, speakers
from sandbox.runs.manifest import Manifest
from sandbox.runs.records import CallKey
from sandbox.society.apportionment import apportioned
from sandbox.society.draws import PRIOR_ROUND, draw


def speaking(config: Config, names: Mapping[str, str]) -> tuple[Sequence[SocietyModel], SocietyModel]:
    """The model of each agent, and that of the observer; `names` are of models with an adapter, by where it lies."""
    return [named(model, names) for model in _models(config, config.agents)], named(observer_model(config), names)


def named(model: SocietyModel, names: Mapping[str, str]) -> SocietyModel:
    """`model` under the name that its adapter gives it, if it has one."""
    return replace(model, name=names.get(model.adapter, model.name)) if model.adapter else model


def speaking_in(manifest: Manifest) -> tuple[Sequence[SocietyModel], SocietyModel]:
    """The same of a run, as its manifest says."""
    known = (each.name for each in manifest.adapters or ())
    return speaking(manifest.config, dict(zip(adapters_of(speakers(manifest.config)), known, strict=False)))


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
