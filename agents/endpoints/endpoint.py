"""An OpenAI-compatible endpoint behind the seam: what is asked, what was learnt of who answers, what it lists.

Knows JSON; asks once (`agents.limits.retry` asks again), and knows nothing of what is asked. Requests are `session`'s.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final, Literal

from agents.endpoints.address import Address, default_address, read_address
from agents.endpoints.answer import Answer
from agents.endpoints.capabilities import Capabilities, Level, body, weaker
from agents.endpoints.complaints import RejectedError, complaint_in
from agents.endpoints.keys import NO_KEY, Key
from agents.endpoints.listing import Listing, read_listing, read_on
from agents.endpoints.session import Session
from agents.endpoints.systems import system
from agents.endpoints.wire import decode, reply_from
from agents.model import FatalModelError, ModelError, Reply, Request
from agents.quota import quota

# What servers answer while they load a model, and gateways before servers that are not there yet.
STARTING: Final = frozenset({502, 503, 504})
_NO_LIST: Final = frozenset({"malformed", "too_long", "server_error", "rate_limited", "bad_request"})


class Endpoint:
    """The server at `base_url`, None for what the openai client takes as default.

    `timeout` is in seconds for one try, from dispatch to the last byte.
    `structured` forces a level (`forced`) or finds it out; `connections` is how many calls may be open at once. With
    `ambient` the openai client's environment variables (organization, project, extra headers) are for this endpoint;
    without it nothing of them is sent.
    """

    def __init__(
        self,
        *,
        base_url: str | None,
        key: Key = NO_KEY,
        timeout: float,
        structured: Literal["auto"] | Level = "auto",
        connections: int = 64,
        ambient: bool = True,
    ) -> None:
        address = read_address(base_url) if base_url else default_address()
        self.key: Final = key
        self.listing: Listing | None = None
        self._session: Final = Session(address, key, timeout, connections, ambient=ambient)
        self._chat: Final = address.at("chat/completions")
        self.forced: Final[Level | None] = None if structured == "auto" else structured
        self._at_first: Final = Capabilities(level=self.forced or "json_schema")
        self._takes: Final[dict[str, Capabilities]] = {}
        self._answered: Final[set[str]] = set()

    @property
    def address(self) -> Address:
        """Where that is."""
        return self._session.address

    @property
    def base_url(self) -> str:
        """Where requests go."""
        return str(self.address)

    def takes(self, model: str) -> Capabilities:
        """What is sent for `model`, as far as it is known."""
        return self._takes.get(model, self._at_first)

    def learn(self, model: str, takes: Capabilities) -> None:
        """Remember what `model` takes, for every later request."""
        self._takes[model] = takes

    async def complete(self, request: Request) -> Reply:
        """Ask once. A 400 that names a parameter is learnt from and sent again without it. Raises `ModelError`."""
        while True:
            takes = self.takes(request.model)
            try:
                reply = self._read(await self._session.post(self._chat, body(request, takes)), request)
            except RejectedError as error:
                if not self._learnt_from(error, request.model, takes):
                    raise
            except FatalModelError as error:
                if error.status not in (403, 404) or request.model not in self._answered:
                    raise
                # Key and model were good before: a firewall or a router takes offence at this request alone.
                raise ModelError("bad_request", str(error), status=error.status, words=error.words) from None
            else:
                self._answered.add(request.model)
                return reply

    async def check(self, models: Collection[str], *, patient: bool = False) -> str | None:
        """Find out whether the endpoint is there and what it says of `models`, without a paid call.

        A warning where it gives no list of models. Raises `ModelError`: not reachable, wrong key; with `patient` also
        where it may be about to start.
        """
        try:
            self.listing = await read_on(await self._list(self.address), models, self._page)
        except ModelError as error:
            starting = patient and error.status in STARTING
            if starting or not _gives_no_list(error):
                raise
            self.listing = None
            if error.kind == "too_long":
                return f"{error} The model names could not be checked."
        if self.listing is None:
            return f"{self.base_url} gives no list of models, so the model names could not be checked."
        return None

    async def lists_at(self, address: Address) -> bool:
        """Whether `address`, which is at the same host, gives a list of models."""
        if address.origin != self.address.origin:
            return False
        try:
            return await self._list(address) is not None
        except ModelError:
            return False

    async def _list(self, address: Address) -> Listing | None:
        return read_listing(decode((await self._session.get(address.at("models"))).content, self._session.sender))

    async def _page(self, query: str) -> Any:
        return decode((await self._session.get(self.address.at("models", query))).content, self._session.sender)

    def context(self, model: str) -> int | None:
        """Most tokens of prompt and reply that `model` takes, as the list of models said when it was checked."""
        return self.listing.context(model) if self.listing else None

    async def close(self) -> None:
        """Close the HTTP session."""
        await self._session.close()

    def _read(self, answer: Answer, request: Request) -> Reply:
        """The reply to `request`. Raises `ModelError`: status 200 tells nothing where a body holds an error."""
        sender, headers = self._session.sender, answer.headers
        document = decode(answer.content, sender)
        if error := complaint_in(document, headers, sender):
            raise error
        reply = reply_from(document, sender, quota(headers), system(document, headers), logprobs=request.logprobs)
        # llama.cpp says the name of its base, whichever of its adapters spoke.
        return replace(reply, model=request.model) if self.takes(request.model).scales else reply

    def _learnt_from(self, error: RejectedError, model: str, sent: Capabilities) -> bool:
        if self.takes(model) != sent:
            return True  # another call in flight learnt it first
        learnt = weaker(sent, error.complaint, forced=self.forced)
        if learnt is None:
            return False
        self.learn(model, learnt)
        return True


def _gives_no_list(error: ModelError) -> bool:
    """Whether an endpoint that answers so may be there all the same; some keys may ask and not list (403)."""
    return error.status in (403, 404, 405) or error.kind in _NO_LIST
