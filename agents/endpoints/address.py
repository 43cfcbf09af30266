"""Takes a base URL apart once, and puts the address of every request together from the parts. Sends nothing.

What is sent to is built from what was understood, never by joining texts: another host than the one that was read
cannot come of it. What two readers of URLs could understand differently is refused.
"""

import ipaddress
import os
import re
from posixpath import normpath
from typing import Final, NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlsplit

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# What people paste behind a base URL: the addresses of single requests.
_PASTED: Final = re.compile(r"(?:/(?:chat/completions|completions|models|responses|embeddings|chat))+\Z", re.IGNORECASE)
_VERSION: Final = re.compile(r"v\d")
_SECRET: Final = re.compile(r"key|token|secret|passw|credential|^auth|^sig(?:nature)?$|^code$", re.IGNORECASE)
# Keys as vendors write them.
_KEY: Final = re.compile(r"(?:sk|pk|rk|gsk|xai|hf|r8)[-_](?=\D*\d)[\w-]{16}|AIza[\w-]{16}")
_HOST: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
# Files of variables leave quotes and line ends around a value, and pages what nobody sees.
_AROUND: Final = "\ufeff\u200b\u2060 \t\r\n\f\v\xa0\"'"
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?")
_OPENAI: Final = "https://api.openai.com/v1"


class AddressError(ValueError):
    """A base URL that no request should be sent to. Says why, and never shows a password or a query."""


class Address(NamedTuple):
    """A base URL in parts: `origin` is scheme, host and port, `path` begins with a slash and ends with none."""

    origin: str
    path: str = ""
    query: str = ""

    def __str__(self) -> str:
        """For people and manifests: without the query, which may say more than where it is."""
        return self.origin + self.path

    def at(self, path: str, query: str = "") -> str:
        """The URL of the request `path`, with the query of the base URL and `query` behind it."""
        both = "&".join(part for part in (self.query, query) if part)
        return f"{self.origin}{self.path}/{path}{'?' if both else ''}{both}"

    @property
    def base(self) -> str:
        """The base URL as it would best be written."""
        return str(self) + (f"?{self.query}" if self.query else "")

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return self.origin.partition(":")[0]

    @property
    def host(self) -> str:
        """The name or number of the machine."""
        return urlsplit(self.origin).hostname or ""

    @property
    def is_loopback(self) -> bool:
        """Whether that is this machine, where a proxy has no place."""
        name = self.host.removesuffix(".")
        try:
            number = ipaddress.ip_address(name)
        except ValueError:
            return name == "localhost" or name.endswith(".localhost")
        mapped = getattr(number, "ipv4_mapped", None) or number
        return bool(mapped.is_loopback or mapped.is_unspecified)


def read_address(text: str) -> Address:
    """The address that a base URL means. Raises `AddressError`."""
    url = text.strip(_AROUND)
    if not url or re.search(r"[\s\\\x00-\x20\x7f]", url):
        raise AddressError(f"{_shown(url)}: not a URL: it holds blanks, line ends or backslashes.")
    if not re.match(r"https?://", url, re.IGNORECASE):
        raise AddressError(f"{_shown(url)}: give a whole URL, such as {_with_scheme(url)}.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressError(f"{_shown(url)}: not a URL: its host or its port cannot be.") from None
    if "@" in parts.netloc:
        raise AddressError("leave the user and password out of the URL; keys come from variables.")
    return Address(_origin(parts, port, url), _path(parts.path), _query(parts.query))


def default_address() -> Address:
    """Where models are served unless somebody says otherwise, as the openai client finds it. Raises `AddressError`."""
    return read_address(os.environ.get("OPENAI_BASE_URL", "").strip(_AROUND) or _OPENAI)


def _origin(parts: SplitResult, port: int | None, url: str) -> str:
    host = parts.hostname or ""
    if not host.isascii():
        raise AddressError(f"{_shown(url)}: write the host in ASCII; a name in other letters has an xn-- form.")
    if host in DEFAULT_PORTS:
        raise AddressError(f"{_shown(url)}: the scheme stands there twice; give it once, such as {host}://HOST/v1.")
    shown = f"[{host}]" if ":" in host else host
    written = re.fullmatch(rf"{re.escape(shown)}(?::[0-9]*)?", parts.netloc, re.IGNORECASE)
    if not written or port == 0 or not (_is_number(host) or (_HOST.fullmatch(host) and not _NUMBER.fullmatch(host))):
        raise AddressError(f"{_shown(url)}: not a URL: no host is called {host!r}.")
    return f"{parts.scheme}://{shown}" + ("" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}")


def _is_number(host: str) -> bool:
    """Whether `host` is the whole number of a machine; half of one means another to each who reads it."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _path(path: str) -> str:
    """`path` with one slash between its parts, without dots, and without what belongs to single requests.

    Raises `AddressError` for one that carries a key.
    """
    if any(map(_KEY.match, path.split("/"))):
        raise AddressError("leave the key out of the URL, which is written down; keys come from variables.")
    clean = normpath(f"/{path.strip('/')}")
    parts = _PASTED.sub("", clean).removesuffix("/").split("/")
    while (size := _twice(parts)) is not None:
        del parts[-size:]
    return "/".join(parts)


def _twice(parts: list[str]) -> int | None:
    """How many of the last `parts` stand there twice, with the version of an API among them; None for none."""
    halves = range(1, len(parts) // 2 + 1)
    doubled = (size for size in halves if parts[-size:] == parts[-2 * size : -size])
    return next((size for size in doubled if any(map(_VERSION.match, parts[-size:]))), None)


def _query(query: str) -> str:
    """`query`, which is sent with every request. Raises `AddressError` for one that carries a key."""
    for name, value in parse_qsl(query, keep_blank_values=True):
        if _SECRET.search(name) or value.startswith("sk-") or _KEY.match(value):
            raise AddressError(f"leave {name!r} out of the URL, which is written down; keys come from variables.")
    return query


def _with_scheme(url: str) -> str:
    """What `url` may have been meant to be."""
    rest = re.sub(r"^(?:[a-z][a-z0-9+.-]*:)?/+", "", url, flags=re.IGNORECASE).rpartition("@")[2].partition("?")[0]
    host = rest.partition("/")[0]
    name, _, port = host.partition(":")
    if not _HOST.fullmatch(name):
        return "http://localhost:8000/v1"
    near = port.isdigit() or name == "localhost" or re.fullmatch(r"[\d.]+", name)
    return f"{'http' if near else 'https'}://{rest}"


def _shown(url: str) -> str:
    """`url` for people, without what may be a user, a password or a key."""
    return repr(url.rpartition("@")[2].partition("?")[0])
