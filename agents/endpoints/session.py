"""One HTTP session to one address: the openai client's own low-level calls, and its errors as those of the seam.

The typed `chat.completions.create` costs twice the processor time of `post` with orjson. Knows HTTP; not what is asked.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from agents.endpoints.address import Address
from agents.endpoints.complaints import complaint
from agents.endpoints.keys import Key
from agents.endpoints.misplaced import redirected
from agents.endpoints.proxies import check_proxy, unusable_proxy
from agents.endpoints.said import Sender
from agents.endpoints.unreachable import no_certificates, unreachable
from agents.endpoints.wire import too_long
from agents.model import ModelError

if TYPE_CHECKING:
    import httpx2

CONNECT_SECONDS: Final = 5.0


class Session:
    """Requests to `address`, with `key` and up to `connections` of them at once; `timeout` is in seconds for each.

    With `ambient` the openai client's environment variables (organization, project, extra headers) are sent too.
    Importing the openai client takes a second; it happens here, not at start-up.
    """

    def __init__(self, address: Address, key: Key, timeout: float, connections: int, *, ambient: bool) -> None:
        import aiohttp
        import httpx2
        import openai

        from agents.endpoints.bounded import MOST_BYTES, TooLongError

        self.address: Final = address
        self._timeout: Final = timeout
        self._cast: Final = httpx2.Response
        self._status_error: Final = openai.APIStatusError
        self._too_long: Final = TooLongError
        self._most: Final = MOST_BYTES
        # The openai client lets some errors of the layers below through.
        self._errors: Final = (openai.OpenAIError, httpx2.HTTPError, aiohttp.ClientError)
        self._client: Final = openai.AsyncOpenAI(
            base_url=str(address), api_key=key.sent, max_retries=0, http_client=self._http(connections)
        )
        self.sender: Final = Sender(str(address), key)
        if not ambient:
            self._client.organization = self._client.project = self._client.admin_api_key = None
            self._client._custom_headers = {}  # the client has no other way to ignore its environment

    def _http(self, connections: int) -> "httpx2.AsyncClient":
        import httpx2

        from agents.endpoints.bounded import BoundedClient

        check_proxy(self.address)
        try:
            return BoundedClient(
                limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
                # A try as a whole is timed in `_send`; a timer for each read beside that would only cost time.
                timeout=httpx2.Timeout(None, connect=min(self._timeout, CONNECT_SECONDS)),
                # A redirect would carry the key to another host.
                follow_redirects=False,
                trust_env=not self.address.is_loopback,
                # Without the environment, certificates that the user names would go with its proxies.
                verify=httpx2.create_ssl_context() if self.address.origin.startswith("https") else True,
            )
        except OSError as error:
            raise no_certificates(self.address, error) from None
        except (ValueError, httpx2.InvalidURL):
            raise unusable_proxy(self.address, "what stands there is no address.") from None

    async def get(self, url: str) -> "httpx2.Response":
        """What `url`, which is at the address, answers. Raises `ModelError`."""
        return await self._send(url, None)

    async def post(self, url: str, body: dict[str, Any]) -> "httpx2.Response":
        """What `url`, which is at the address, answers to `body`. Raises `ModelError`."""
        return await self._send(url, body)

    async def close(self) -> None:
        """Close the session."""
        await self._client.close()

    async def _send(self, url: str, body: dict[str, Any] | None) -> "httpx2.Response":
        try:
            async with asyncio.timeout(self._timeout):
                # Whole addresses, so that the client joins nothing, which also costs time with every request.
                if body is None:
                    return await self._client.get(url, cast_to=self._cast)
                return await self._client.post(url, body=body, cast_to=self._cast)
        except TimeoutError:
            late = f"{self.sender.name} did not answer within {self._timeout:g} s."
            raise ModelError("timeout", late, lost=True) from None
        except self._too_long:
            raise too_long(self.sender, f"is longer than {self._most >> 20} MiB") from None
        except self._status_error as error:
            said = error.response
            if 300 <= error.status_code < 400:
                raise redirected(error.status_code, said.headers, self.sender) from None
            raise complaint(error.status_code, said.content, said.headers, self.sender) from None
        except self._errors as error:
            raise unreachable(error, self.sender) from None
