"""What the openai client would send, and by which way: worked out once, since it is the same for every call.

Knows the openai client and the layers below; sends nothing. Import this module inside functions only: the client takes
a second to import.
"""

import re
import ssl
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import aiohttp
import httpx2
import openai
from multidict import CIMultiDict
from yarl import URL

from agents.endpoints.address import Address
from agents.endpoints.keys import Key
from agents.endpoints.proxies import check_proxy, unusable_proxy
from agents.endpoints.unreachable import no_certificates
from agents.model import FatalModelError

CONNECT_SECONDS: Final = 5.0
# What RFC 9110 allows in names and values of headers, but for what is not ASCII, which the openai client does not send.
_NAME: Final = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_VALUE: Final = re.compile(r"[\t -~]*")


class Rehearsed(NamedTuple):
    """A request as the openai client makes it, but for its body: `url`, `headers`, and `options` of `aiohttp`."""

    url: URL
    headers: CIMultiDict[str]
    options: Mapping[str, Any]


class _Unsent(openai.DefaultAioHttpClient):
    """The HTTP client with which the openai client sends by aiohttp; it sends nothing, and answers with nothing."""

    async def send(self, request: httpx2.Request, **_: Any) -> httpx2.Response:
        """No answer of anybody, but one that knows its `request`."""
        return httpx2.Response(200, request=request)


class Rehearsal:
    """The openai client for `address`, with `key`, and up to `connections` at once; `timeout` is in seconds.

    With `ambient` its environment variables (organization, project, extra headers) are heard too. Proxies and
    certificates are those that it finds. Raises `FatalModelError` where they cannot be used.
    """

    def __init__(self, address: Address, key: Key, timeout: float, connections: int, *, ambient: bool) -> None:
        self._http: Final = _unsent(address, timeout, connections)
        self._client: Final = openai.AsyncOpenAI(
            base_url=str(address), api_key=key.sent, max_retries=0, http_client=self._http
        )
        if not ambient:
            self._client.organization = self._client.project = self._client.admin_api_key = None
            self._client._custom_headers = {}  # the client has no other way to ignore its environment
        _check_headers(self._client, address)
        # There is no public word for the way to an address: a transport, with the proxy of the environment or none.
        self._way: Final[Any] = self._http._transport_for_url(httpx2.URL(str(address)))
        self._through: Final = _through(self._way, address)

    def connect(self) -> aiohttp.ClientSession:
        """A session whose connections go that way, for the loop that runs; whoever calls closes it."""
        bare: aiohttp.ClientSession = self._way.get_client()
        connector = bare.connector
        bare.detach()
        # The openai client keeps cookies of hosts that are numbers too: a router may tell its servers apart by them.
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def of(self, method: str, url: str) -> Rehearsed:
        """What `method` at `url`, a whole address, is sent with; with a body of JSON where it is POST."""
        ask: Any = self._client.post if method == "POST" else self._client.get
        response = await ask(url, cast_to=httpx2.Response, **({"body": {}} if method == "POST" else {}))
        request: httpx2.Request = response.request
        return Rehearsed(URL(str(request.url)), CIMultiDict(request.headers), self._options(request))

    def _options(self, request: httpx2.Request) -> Mapping[str, Any]:
        """What the transport of the openai client gives aiohttp with each request."""
        return {
            # A redirect would carry the key to another host.
            "allow_redirects": False,
            # What a body unpacks to is bounded where it is read.
            "auto_decompress": False,
            "timeout": aiohttp.ClientTimeout(sock_connect=request.extensions["timeout"]["connect"]),
            **self._through,
        }


def _certificates(address: Address) -> ssl.SSLContext | bool:
    """Whom to trust. On this machine nobody is asked for a certificate without https, and reading them takes 20 ms."""
    if address.origin.startswith("https"):
        # Without the environment, certificates that the user names would go with its proxies.
        return httpx2.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if address.is_loopback else True


def _check_headers(client: openai.AsyncOpenAI, address: Address) -> None:
    """Raises `FatalModelError` for what the environment puts into a header that no header can hold."""
    own = client._custom_headers
    said: dict[str, list[Any]] = {
        "OPENAI_ORG_ID": [client.organization],
        "OPENAI_PROJECT_ID": [client.project],
        "OPENAI_CUSTOM_HEADERS": [*own.values(), *(None if _NAME.fullmatch(name) else "\n" for name in own)],
    }
    for variable, texts in said.items():
        if not all(_VALUE.fullmatch(text) for text in texts if isinstance(text, str)):
            raise FatalModelError(
                "connection",
                f"Nothing can be sent to {address}: what {variable} says cannot stand in a header.\n"
                f"Write it in ASCII, a line for each header, or unset {variable}.",
            )


def _through(way: Any, address: Address) -> Mapping[str, Any]:
    """What the transport `way` gives aiohttp so that a request to `address` goes through its proxy, if it has one."""
    proxy: httpx2.Proxy | None = way.proxy
    if proxy is None:
        return {}
    try:
        # As RFC 7617 has it: Latin-1, which it would be else, cannot write every password.
        auth = aiohttp.BasicAuth(*proxy.auth, encoding="utf-8") if proxy.auth else None
    except ValueError:
        raise unusable_proxy(address, "its user cannot hold a colon.") from None
    return {"proxy": str(proxy.url), "proxy_auth": auth, "proxy_headers": proxy.headers}


def _unsent(address: Address, timeout: float, connections: int) -> _Unsent:
    check_proxy(address)
    try:
        return _Unsent(
            limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
            # A try as a whole is timed where it is sent; a timer for each read beside that would only cost time.
            timeout=httpx2.Timeout(None, connect=min(timeout, CONNECT_SECONDS)),
            follow_redirects=False,
            trust_env=not address.is_loopback,
            verify=_certificates(address),
        )
    except OSError as error:
        raise no_certificates(address, error) from None
    except (ValueError, httpx2.InvalidURL):
        raise unusable_proxy(address, "what stands there is no address.") from None
