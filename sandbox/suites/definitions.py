"""The definitions of the suites that ship: how each is asked, judged and counted, in TOML and templates of ours.

Their items come from elsewhere (`sandbox/suites/papers`, `sandbox/suites/people.py`, `sandbox/suites/starter`).
"""

import tomllib
from importlib.resources import files
from typing import Any, Final

from sandbox.suites.suite import Suite

_SHIPPED: Final = files("sandbox.suites") / "shipped"


def definition(name: str) -> Suite:
    """The suite `name` that ships, without items and digest."""
    document = toml(name)
    return Suite.model_validate(
        {
            **document["suite"],
            **document["score"],
            "sampling": document.get("sampling", {}),
            "judge": _judge(document["judge"]) if "judge" in document else None,
        }
    )


def published_items(name: str) -> int | None:
    """How many items come of the published data; None where the suite needs none."""
    count: int | None = toml(name).get("data", {}).get("items")
    return count


def toml(name: str) -> dict[str, Any]:
    """What the file `name` holds."""
    return tomllib.loads((_SHIPPED / f"{name}.toml").read_text(encoding="utf-8"))


def _judge(table: dict[str, Any]) -> dict[str, Any]:
    """As `Judge` has it: the template itself in place of the name of its file."""
    rest = {key: value for key, value in table.items() if key != "prompt"}
    return {**rest, "template": (_SHIPPED / table["prompt"]).read_text(encoding="utf-8")}
