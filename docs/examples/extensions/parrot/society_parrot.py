"""A model that says one thing and rates everything 7: `sandbox simulate --model "extension:parrot:I agree."`."""

import json

from sandbox.extending import Reply, Request


class Parrot:
    """Says the words behind its name."""

    def __init__(self, argument: str) -> None:
        self.words = argument or "Hello."

    async def complete(self, request: Request) -> Reply:
        """A text, or the JSON that the request wants."""
        if request.schema is None:
            return Reply(self.words)
        names = request.schema.definition["properties"]
        return Reply(json.dumps({name: 7 if name.endswith("rating") else "Nice." for name in names}))
