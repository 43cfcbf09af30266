"""Why no answer came from an endpoint, as an error of the seam. Knows the openai client and the layers below."""

from typing import Final

from agents.endpoints.complaints import complaint
from agents.endpoints.said import Sender
from agents.model import ModelError

# The transport calls any broken connection a ConnectTimeout; what aiohttp itself raised tells whether there was one.
_NEVER_SENT: Final = frozenset({"ClientConnectorError", "ConnectionTimeoutError"})


def translate(error: Exception, sender: Sender) -> ModelError:
    """An error of the openai client or a layer below as one of the seam."""
    import openai

    if isinstance(error, openai.APIStatusError):
        return complaint(error.status_code, error.response.content, error.response.headers, sender)
    causes: list[BaseException] = [error]
    while causes[-1].__cause__:
        causes.append(causes[-1].__cause__)
    said = sender.readable(str(causes[-1]))
    # The client reports a broken connection as a timeout; the innermost cause tells them apart.
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    sent = names.isdisjoint(_NEVER_SENT)
    if isinstance(causes[-1], TimeoutError):
        return ModelError("timeout", f"{sender.name} did not answer in time: {said}", lost=sent)
    if "ClientPayloadError" in names:
        return ModelError("malformed", f"{sender.name} broke off its reply: {said}", lost=True)
    return ModelError(
        "connection",
        f"Cannot reach {sender.name}: {said}\n"
        "Start the server, set --base-url or OPENAI_BASE_URL, or use --model local or --model scripted.",
        lost=sent,
    )
