"""Simulate a society of language models that discuss questions, evaluate, train and analyse: the Python API.

    import sandbox

    run = sandbox.simulate(model="scripted", questions="starter", rounds=3)

Names are imported when they are used: this module is as quick as nothing. docs/python.md documents every one.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

TYPE_CHECKING = False  # for type checkers it is true: they know it by its name, and typing need not be imported
if TYPE_CHECKING:
    from sandbox.api.evaluate import evaluate
    from sandbox.api.evaluation import Evaluation
    from sandbox.api.forecast import forecast
    from sandbox.api.loaded import Runs, load
    from sandbox.api.run import Run
    from sandbox.api.simulate import simulate
    from sandbox.api.study import study
    from sandbox.api.study_folder import Study
    from sandbox.api.told import OfCell
    from sandbox.api.train import train
    from sandbox.api.training import Training
    from sandbox.errors import SandboxError, SandboxWarning, UsageError
    from sandbox.options.config import Config
    from sandbox.options.evaluation import EvaluationConfig
    from sandbox.options.training import TrainingConfig

__version__ = "0.2.0"
__all__ = [
    "Config",
    "Evaluation",
    "EvaluationConfig",
    "OfCell",
    "Run",
    "Runs",
    "SandboxError",
    "SandboxWarning",
    "Study",
    "Training",
    "TrainingConfig",
    "UsageError",
    "evaluate",
    "forecast",
    "load",
    "simulate",
    "study",
    "train",
]

_MODULES = {
    "Config": "sandbox.options.config",
    "Evaluation": "sandbox.api.evaluation",
    "EvaluationConfig": "sandbox.options.evaluation",
    "OfCell": "sandbox.api.told",
    "Run": "sandbox.api.run",
    "Runs": "sandbox.api.loaded",
    "SandboxError": "sandbox.errors",
    "SandboxWarning": "sandbox.errors",
    "Study": "sandbox.api.study_folder",
    "Training": "sandbox.api.training",
    "TrainingConfig": "sandbox.options.training",
    "UsageError": "sandbox.errors",
    "evaluate": "sandbox.api.evaluate",
    "forecast": "sandbox.api.forecast",
    "load": "sandbox.api.loaded",
    "simulate": "sandbox.api.simulate",
    "study": "sandbox.api.study",
    "train": "sandbox.api.train",
}


if not TYPE_CHECKING:  # which would take any name for one of these

    def __getattr__(name: str) -> object:
        """A name of the API, imported when it is used first."""
        if name not in _MODULES:
            raise AttributeError(f"module 'sandbox' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _check_agents_package() -> None:
    """PyPI's `openai-agents` also installs a top-level package `agents`; with it in the way nothing here works."""
    found = find_spec("agents")
    if not (found and found.origin and Path(found.origin).with_name("social_agent.py").is_file()):
        raise ImportError(
            "Another package named 'agents' (openai-agents?) hides the one of sandbox: "
            "install sandbox in an environment of its own."
        )


_check_agents_package()
