"""Says what it looks like when no answer came: no such name, nobody there, a dead proxy, the wrong scheme.

Sends nothing. Knows the layers below the session by what they raise; `complaints` reads a status that came.
"""

import errno
import os
import socket
import ssl
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from agents.endpoints.address import Address
from agents.endpoints.proxies import proxy_variable
from agents.endpoints.said import Sender
from agents.model import FatalModelError, ModelError

# What aiohttp raises where no connection came about.
_NEVER_SENT: Final = frozenset({"ClientConnectorError", "ConnectionTimeoutError", "ClientHttpProxyError"})
_PROXY: Final = frozenset({"ClientProxyConnectionError", "ClientHttpProxyError"})
_ELSEWHERE: Final = "set --base-url or OPENAI_BASE_URL, or use --model local or --model scripted."
_NO_WAY: Final = ("the network knows no way there", f"Check the network, or {_ELSEWHERE}")
_EXHAUSTED: Final = (
    "there are too many open files here",
    "Use a smaller --concurrency, or raise the limit first: ulimit -n 4096",
)
_BY_NUMBER: Final = {
    **dict.fromkeys((errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN), _NO_WAY),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), _EXHAUSTED),
}


class NobodyThereError(ModelError):
    """Nobody listens at the address, or nobody does yet."""


def unreachable(error: Exception, sender: Sender) -> ModelError:
    """An error of the layers below that is no status."""
    causes: list[BaseException] = [error]
    while causes[-1].__cause__:
        causes.append(causes[-1].__cause__)
    base_url, said = sender.name, sender.readable(_words(causes[-1])) or "it takes no connection"
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    sent = names.isdisjoint(_NEVER_SENT)
    if isinstance(causes[-1], TimeoutError) and causes[-1].errno is None:
        # A machine that is still starting takes no connection.
        return (ModelError if sent else NobodyThereError)(
            "timeout", f"{base_url} did not answer in time: {said}", lost=sent
        )
    if "ClientPayloadError" in names:
        return ModelError("malformed", f"{base_url} broke off its reply: {said}", lost=True)
    if "DecodingError" in names:
        return ModelError("malformed", f"{base_url} sent a reply that cannot be unpacked: {said}", lost=True)
    if "ClientResponseError" in names and not _PROXY & names:
        what = f"{base_url} answers, but not as HTTP has it: {said}"
        return ModelError("connection", f"{what}\nLook at what serves this address, or {_ELSEWHERE}", lost=True)
    told = _told(causes, names, base_url, said)
    yet = told.startswith("Cannot reach") and not _PROXY & names
    return (NobodyThereError if yet else ModelError)("connection", told, lost=sent)


def no_certificates(address: Address, error: OSError) -> FatalModelError:
    """The certificates that a variable names, or those of this system, cannot be read."""
    named = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), None)
    why = "they are none" if isinstance(error, ssl.SSLError) else error.strerror
    return FatalModelError(
        "connection",
        f"Cannot speak https with {address}: the certificates{f' of {named}' if named else ''} cannot be read: {why}.\n"
        f"{f'Mend {named}, or unset it' if named else 'Set SSL_CERT_FILE to a file of certificates'}.",
    )


def _words(error: BaseException) -> str:
    """What the system says, without its number and without what asyncio adds; what else is there to quote."""
    message, kinds = getattr(error, "message", None), {kind.__name__ for kind in type(error).__mro__}
    if "HttpProcessingError" in kinds:  # its own words begin with a status of nobody, and end with a mark below a line
        return " ".join(str(message).split()).removesuffix(" ^")
    if "ServerDisconnectedError" in kinds and not isinstance(message, str):
        return "it closed the connection within its headers"
    if not isinstance(error, OSError) or isinstance(error, ssl.SSLError):
        return str(error)
    known = os.strerror(error.errno) if error.errno and error.errno > 0 else None  # gaierror's numbers are below 0
    return known or error.strerror or str(error)


def _told(causes: Sequence[BaseException], names: set[str], base_url: str, said: str) -> str:
    """What failed, why, and what to do about it."""
    parts, last = urlsplit(base_url), causes[-1]
    if proxy := _proxy(causes, names, parts.hostname or ""):
        variable = proxy_variable(parts.scheme)
        return (
            f"Cannot reach {base_url} through the proxy {proxy}{f' of {variable}' if variable else ''}: {said}\n"
            f"Mend {variable or 'the proxy'}, or go past it with NO_PROXY={parts.hostname}."
        )
    if isinstance(last, ssl.SSLError):
        return _of_tls(last, base_url, said)
    if isinstance(last, socket.gaierror):
        return (
            f"Cannot reach {base_url}: no address is known for {parts.hostname} ({said}).\n"
            f"Check how it is spelt, and the network; or {_ELSEWHERE}"
        )
    if isinstance(last, ConnectionRefusedError):
        return (
            f"Cannot reach {base_url}: nobody listens there ({said}).\n"
            f"Start the server, and give it time with --wait SECONDS; or {_ELSEWHERE}"
        )
    if isinstance(last, OSError) and last.errno in _BY_NUMBER:
        why, remedy = _BY_NUMBER[last.errno]
        return f"Cannot reach {base_url}: {why} ({said}).\n{remedy}"
    closed = "ServerDisconnectedError" in names or isinstance(last, ConnectionResetError)
    hint = " It may want https:// instead of http://." if closed and parts.scheme == "http" else ""
    return f"Cannot reach {base_url}: {said}\nStart the server, {_ELSEWHERE}{hint}"


def _of_tls(error: ssl.SSLError, base_url: str, said: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"Cannot trust {base_url}: {said}\n"
            "Use the name that its certificate is for, or set SSL_CERT_FILE to the certificate of who issued it."
        )
    plain = f"http://{base_url.partition('://')[2]}"
    return f"Cannot speak https with {base_url}: {said}\nIf it is a server without https, use --base-url {plain}"


def _proxy(causes: Sequence[BaseException], names: set[str], host: str) -> str | None:
    """The proxy that failed, without its password; None if the way led through none."""
    connecting = next((cause for cause in causes if getattr(cause, "host", None)), None)
    if connecting is not None:
        at = f"{getattr(connecting, 'host', '')}:{getattr(connecting, 'port', '')}"
        elsewhere = isinstance(causes[-1], socket.gaierror) and getattr(connecting, "host", host) != host
        return at if elsewhere or _PROXY & names else None
    request = next((info for cause in causes if (info := getattr(cause, "request_info", None))), None)
    # Its `url` is the server that was asked for, its `real_url` the proxy.
    return f"{request.real_url.host}:{request.real_url.port}" if request is not None and _PROXY & names else None
