"""Which variable names the proxy on the way to an address, and whether it can be used. Sends nothing."""

import os
from urllib.request import proxy_bypass

from agents.endpoints.address import Address
from agents.model import FatalModelError


def proxy_variable(scheme: str) -> str | None:
    """The variable that names the proxy for addresses of `scheme`."""
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    return next((name for name in names if os.environ.get(name)), None)


def check_proxy(address: Address) -> None:
    """Raises `FatalModelError` for a proxy on the way to `address` that speaks SOCKS, which the transport does not."""
    variable = proxy_variable(address.scheme)
    passed = address.is_loopback or proxy_bypass(address.host)
    if variable and not passed and os.environ[variable].lower().startswith("socks"):
        raise unusable_proxy(address, "it speaks SOCKS.")


def unusable_proxy(address: Address, why: str) -> FatalModelError:
    """The error of a proxy that no request can be sent through. It never shows the proxy, which may hold a password."""
    variable = proxy_variable(address.scheme) or "the environment"
    return FatalModelError(
        "connection",
        f"The proxy of {variable} cannot be used to reach {address}: {why}\n"
        f"Name a proxy that speaks HTTP, or go past it with NO_PROXY={address.host}.",
    )
