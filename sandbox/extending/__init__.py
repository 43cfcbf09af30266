"""What authors of extensions import, and nothing else: the seam to a model, and the errors that a user is told.

`docs/extending.md` has the three entry points and their signatures.
"""

from agents.model import Finish, Message, Model, ModelError, Reply, Request, Schema, Usage
from sandbox.errors import SandboxError, UsageError

__all__ = [
    "Finish",
    "Message",
    "Model",
    "ModelError",
    "Reply",
    "Request",
    "SandboxError",
    "Schema",
    "Usage",
    "UsageError",
]
