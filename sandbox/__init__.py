"""The society of agents and its runs: what happens, in which order, and what is kept of it."""

from importlib.util import find_spec
from pathlib import Path

__version__ = "0.2.0"


def _check_agents_package() -> None:
    """PyPI's `openai-agents` also installs a top-level package `agents`; with it in the way nothing here works."""
    found = find_spec("agents")
    if not (found and found.origin and Path(found.origin).with_name("social_agent.py").is_file()):
        raise ImportError(
            "Another package named 'agents' (openai-agents?) hides the one of sandbox: "
            "install sandbox in an environment of its own."
        )


_check_agents_package()
