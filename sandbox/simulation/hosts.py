"""A run that is taken up again asks where it asked before, unless somebody says otherwise on the command line.

Compares what the manifest says with where models would be asked now; opens nothing.
"""

from collections.abc import Mapping
from typing import Final

from agents.endpoints.address import Address, AddressError, read_address
from sandbox.calls.routes import addresses, default_of
from sandbox.errors import UsageError
from sandbox.options.config import Config
from sandbox.runs.manifest import Manifest
from sandbox.society.plan import Plan

_FLAGS: Final = {"base_url": "--base-url", "observer_base_url": "--observer-base-url", "society": "--config"}


def check_same_hosts(plan: Plan, manifest: Manifest, origins: Mapping[str, str]) -> None:
    """Raises `UsageError` where `plan` turns to a host that the run never asked, and no flag agrees to it.

    Where a model was is not known of older runs, and a `[[society.models]]` has a file for a flag.
    """
    for option, name in (("base_url", plan.models[0].name), ("observer_base_url", plan.observer.name)):
        # Agents and observer of one name at two hosts: each host is known, and has a key of its own.
        was, now = getattr(manifest.config, option), getattr(plan.config, option)
        if was and now and _origin(was) != _origin(now) and origins.get(option) != "flag":
            raise UsageError(_refusal(manifest.run_id, name, (was,), read_address(now), _FLAGS[option]))
    _check_default(plan, manifest, origins)
    for name, found in addresses(plan.routes).items():
        before = manifest.models.endpoints.get(name, ())
        known = {_origin(text) for text in before}
        strange = next((address for address in found if address.origin not in known), None)
        if not before or strange is None:
            continue
        option = _option(plan.config, name, strange)
        if origins.get(option) != ("file" if option == "society" else "flag"):
            raise UsageError(_refusal(manifest.run_id, name, before, strange, _FLAGS[option]))


def _check_default(plan: Plan, manifest: Manifest, origins: Mapping[str, str]) -> None:
    """Where the default key went it goes again, though another model of the same name may be elsewhere."""
    was, now = manifest.models.default_endpoint, default_of(plan.routes)
    if was and now and _origin(was) != now[1].origin and origins.get("base_url") != "flag":
        raise UsageError(_refusal(manifest.run_id, now[0], (was,), now[1], _FLAGS["base_url"]))


def _origin(text: str) -> str:
    """Scheme, host and port of a base URL; of what is none, as it is nobody's word for a host, itself."""
    try:
        return read_address(text).origin
    except AddressError:
        return text


def _option(config: Config, name: str, address: Address) -> str:
    """The option that says where `name` is asked when that is at `address`."""
    own = (model for model in config.society if model.name == name and model.base_url)
    if any(read_address(model.base_url or "") == address for model in own):
        return "society"
    observer = config.observer_base_url
    return "observer_base_url" if observer and read_address(observer) == address else "base_url"


def _refusal(run_id: str, name: str, before: tuple[str, ...], now: Address, flag: str) -> str:
    agreed = f"{flag} FILE with that endpoint" if flag == "--config" else f"{flag} {now}"
    return (
        f"Run {run_id} asked {name} at {', '.join(before)}, and would now ask {now}: another host.\n"
        f"Give {agreed} to agree to it{'' if flag == '--config' else f', or {flag} {before[-1]} to stay'}."
    )
