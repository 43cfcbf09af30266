"""One HTTP session to one address: requests as the openai client makes them, sent by the transport beneath it.

Its own calls cost five times the processor time of that transport's: what they work out is the same each time, and is
worked out once (`rehearsed`). Errors are those of the seam. Knows HTTP; not what is asked.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Final

import orjson

from agents.endpoints.address import Address
from agents.endpoints.answer import Answer, read_headers
from agents.endpoints.complaints import complaint
from agents.endpoints.keys import Key
from agents.endpoints.misplaced import redirected
from agents.endpoints.said import Sender
from agents.endpoints.unreachable import unreachable
from agents.endpoints.wire import too_long
from agents.model import ModelError

if TYPE_CHECKING:
    from agents.endpoints.rehearsed import Rehearsed


class Session:
    """Requests to `address`, with `key` and up to `connections` of them at once; `timeout` is in seconds for each.

    With `ambient` the openai client's environment variables (organization, project, extra headers) are sent too.
    Importing the openai client takes a second; it happens here, not at start-up.
    """

    def __init__(self, address: Address, key: Key, timeout: float, connections: int, *, ambient: bool) -> None:
        import aiohttp
        import httpx2
        import openai

        from agents.endpoints.bounded import MOST_BYTES, BoundedReader, TooLongError
        from agents.endpoints.rehearsed import Rehearsal

        self.address: Final = address
        self._timeout: Final = timeout
        self._too_long: Final = TooLongError
        self._most: Final = MOST_BYTES
        self._errors: Final = (openai.OpenAIError, httpx2.HTTPError, aiohttp.ClientError)
        self._rehearsal: Final = Rehearsal(address, key, timeout, connections, ambient=ambient)
        self._rehearsed: Final[dict[str, Rehearsed]] = {}
        self._reader: Final = BoundedReader()
        self._http: aiohttp.ClientSession | None = None
        self.sender: Final = Sender(str(address), key)

    async def get(self, url: str) -> Answer:
        """What `url`, which is at the address, answers. Raises `ModelError`."""
        return await self._send("GET", url, None)

    async def post(self, url: str, body: dict[str, Any]) -> Answer:
        """What `url`, which is at the address, answers to `body`. Raises `ModelError`."""
        return await self._send("POST", url, orjson.dumps(body))

    async def close(self) -> None:
        """Close the session."""
        if self._http:
            await self._http.close()

    async def _send(self, method: str, url: str, body: bytes | None) -> Answer:
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._exchange(method, url, body)
        except self._errors as error:  # some of them are `TimeoutError`s too: no connection came about
            raise unreachable(error, self.sender) from None
        except TimeoutError:
            late = f"{self.sender.name} did not answer within {self._timeout:g} s."
            raise ModelError("timeout", late, lost=True) from None
        except self._too_long:
            raise too_long(self.sender, f"is longer than {self._most >> 20} MiB") from None
        if 200 <= answer.status < 300:
            return answer
        if 300 <= answer.status < 400:
            raise redirected(answer.status, answer.headers, self.sender)
        raise complaint(answer.status, answer.content, answer.headers, self.sender)

    async def _exchange(self, method: str, url: str, body: bytes | None) -> Answer:
        """Send as rehearsed, and read what comes. Raises what the layers below do."""
        request = self._rehearsed.get(method + url)
        if request is None:
            request = self._rehearsed[method + url] = await self._rehearsal.of(method, url)
        self._http = self._http or self._rehearsal.connect()
        headers = request.headers.copy()
        if body is not None:
            headers["content-length"] = str(len(body))
        async with self._http.request(method, request.url, headers=headers, data=body, **request.options) as response:
            return Answer(response.status, read_headers(response.raw_headers), await self._reader.read(response))
