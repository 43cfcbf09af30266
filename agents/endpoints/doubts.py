"""What the list of models made doubtful, and what a first request that failed may have meant.

Knows what an endpoint said of itself; asks it no more than for lists of models.
"""

from collections.abc import Iterator

from agents.endpoints.endpoint import STARTING, Endpoint
from agents.endpoints.keys import about_key
from agents.endpoints.misplaced import alternatives, is_misplaced, wants_https
from agents.model import ModelError

_FEW = 5
_LONGEST = 80


def doubts(endpoint: Endpoint, model: str) -> Iterator[str]:
    """Warnings about `model`, which answers: its name is not on the list of `endpoint`, or it has no system role."""
    listing = endpoint.listing
    if listing is not None and not listing.lists(model):
        beside = f", and does not list it.{_names(endpoint, model)}" if listing.names else ""
        yield f"{endpoint.base_url} answers to {model!r}{beside or ', and its list of models is empty.'}"
    if not endpoint.takes(model).system:
        yield f"{model} takes no system message: it is put before what the user says."


async def explained(endpoint: Endpoint, model: str, error: ModelError) -> str:
    """What is wrong where the smallest request to `model` ended in `error`, in at most three lines."""
    first, *more = str(error).splitlines()
    listing = endpoint.listing
    if wants_https(error):
        return f"{first}\nIt speaks https: use --base-url https://{endpoint.address.base.partition('://')[2]}"
    of_key = about_key(error.status, error.words or first)
    silent = _is_silent(endpoint, error)
    if listing is None and not of_key and is_misplaced(error) and (found := await _found(endpoint)):
        return f"{first}\n{endpoint.address.origin} answers at {found[0]}: use --base-url {found[1]}"
    if listing is not None and not listing.lists(model) and not of_key:
        return _unlisted(endpoint, model, error, first)
    if more and error.status in STARTING:
        return str(error)
    return "\n".join([first, *(_advice(endpoint, error, of_key=of_key or silent) or more)][:3])


async def _found(endpoint: Endpoint) -> tuple[str, str] | None:
    """The path at which the host of `endpoint` lists models, and the base URL of that."""
    for address in alternatives(endpoint.address):
        if await endpoint.lists_at(address):
            return address.path or "/", address.base
    return None


def _unlisted(endpoint: Endpoint, model: str, error: ModelError, said: str) -> str:
    names = _names(endpoint, model)
    if error.kind == "unknown_model":
        return f"{endpoint.base_url} does not serve the model {model!r}.{names}\n{said}\nCheck --model and --base-url."
    unlisted = f"{said}\n{endpoint.base_url} does not list the model {model!r} either.{names}"
    return "\n".join([unlisted, *_advice(endpoint, error, of_key=_is_silent(endpoint, error))])


def _names(endpoint: Endpoint, model: str) -> str:
    """The names that `model` may have meant, or some of all."""
    listing = endpoint.listing
    if listing is None or not listing.names:
        return " Its list of models is empty."
    if near := listing.nearest(model):
        return f" Did you mean {' or '.join(map(repr, near))}?"
    few = ", ".join(name[:_LONGEST] for name in sorted(listing.names)[:_FEW])
    return f" It lists {few}{', ...' if len(listing.names) > _FEW else ''}."


def _advice(endpoint: Endpoint, error: ModelError, *, of_key: bool) -> list[str]:
    if of_key:
        return [endpoint.key.advice]
    if error.status in STARTING:
        return ["A server that is still loading its model is waited for with --wait SECONDS."]
    return []


def _is_silent(endpoint: Endpoint, error: ModelError) -> bool:
    """Whether it may be for want of a key: gateways fail without a word where none was sent."""
    return error.status == 500 and endpoint.key.value is None
