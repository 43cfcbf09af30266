"""What was found out about an endpoint, in a form that another process of ours can take: it need not ask again.

Knows no endpoint. The key of an embedded model travels with it, so it goes through pipes, and into no file.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from agents.endpoints.capabilities import Capabilities
from sandbox.calls.routes import Route


@dataclass(frozen=True, slots=True)
class Server:
    """The embedded model as another process serves it: `slots` calls at once, and `adapters` by name, in its order."""

    base_url: str
    api_key: str = field(repr=False)
    slots: int
    adapters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What `route` takes for each of its models, and their context sizes where it says them.

    `server` is that of the embedded model.
    """

    route: Route
    takes: Mapping[str, Capabilities]
    contexts: Mapping[str, int]
    server: Server | None = None

    def document(self) -> dict[str, Any]:
        """The same as strings, numbers and collections, for JSON."""
        return {**asdict(self), "route": self.route._asdict()}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """What `document` says."""
        server = document["server"]
        return cls(
            route=Route(**document["route"]),
            takes={
                name: Capabilities(**takes | {"scales": tuple(takes["scales"])})
                for name, takes in document["takes"].items()
            },
            contexts=dict(document["contexts"]),
            server=Server(**server | {"adapters": tuple(server["adapters"])}) if server else None,
        )
