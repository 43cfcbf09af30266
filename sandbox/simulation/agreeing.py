"""The command that agrees to what a manifest names, and the names themselves, for a line that people read and copy.

Names stand on one line, whatever is in them. What a shell is given means nothing to it: it stands in quotes, or where
nobody should copy it, a word in capitals stands for it. Knows options and addresses, neither runs nor marks.
"""

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Final

from agents.endpoints.address import AddressError, read_address
from sandbox.calls.routes import default_endpoint
from sandbox.options.config import Config, SocietyModel
from sandbox.options.option import flag_of
from sandbox.text import in_a_line

_LONGEST: Final = 400
_LONGEST_TABLE: Final = 4000
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
# Read from a pipe: there is no file yet that says it.
_PIPED: Final = ("--config", "/dev/stdin")


def command(words: Sequence[str], named: Config, names: Iterable[str]) -> str:
    """The command of `words` given again, with flags that say what `named` says of the options `names`."""
    wanted = list(dict.fromkeys(names))
    flags = [word for name in wanted if name != "society" for word in agreeing(named, name)]
    again = " ".join([*map(shlex.quote, words), *flags])
    if "society" not in wanted:
        return again
    table = _models(named.society)
    if any(word.partition("=")[0] == "--config" for word in words):
        return f"{again}, with {shlex.quote(table) if table else '[[society.models]]'} in its file"
    piped = f"printf %s {shlex.quote(table)} | {again} {' '.join(_PIPED)}" if table else None
    return piped or f"{again} --config FILE, with [[society.models]] in it"


def agreeing(named: Config, name: str) -> list[str]:
    """The words of a command that say of option `name` what `named` says."""
    value = getattr(named, name)
    if name == "base_url":
        value = value or default_endpoint().base
    return [flag_of(name)] if value is True else [flag_of(name), _word(name, value)]


def shown_place(base_url: str) -> str:
    """A base URL for people; one that nobody could ask, such as with look-alikes of letters, in ASCII."""
    return base_url if _is_address(base_url) else ascii(base_url)[1:-1]


def short(text: str, longest: int = _LONGEST) -> str:
    """`text` on a line of a bounded length."""
    line = in_a_line(text)
    return line if len(line) <= longest else f"{line[:longest]} ..."


def _models(society: Sequence[SocietyModel]) -> str | None:
    """The models of a mixed society as a line of TOML; None where it should not be copied."""
    given = [{name: value for name, value in asdict(each).items() if value is not None} for each in society]
    usable = all(_is_usable(name, str(value)) for each in given for name, value in each.items())
    tables = ", ".join(map(_table, given))
    return f"society.models = [{tables}]" if usable and len(tables) <= _LONGEST_TABLE else None


def _table(given: dict[str, object]) -> str:
    pairs = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in given.items())
    return f"{{ {', '.join(pairs)} }}"


def _word(name: str, value: object) -> str:
    """`value` as a word for a shell; what should not be copied, as a stranger wrote it, is left for the user to say."""
    text = str(value)
    return shlex.quote(text) if _is_usable(name, text) else name.upper()


def _is_usable(name: str, text: str) -> bool:
    """Whether `text` can be copied: of printed characters, few of them, an address or a variable where one belongs."""
    fitting = not name.endswith("base_url") or _is_address(text)
    fitting &= not name.endswith("api_key_env") or bool(_VARIABLE.fullmatch(text))
    return fitting and text.isprintable() and len(text) <= _LONGEST


def _is_address(text: str) -> bool:
    try:
        return bool(read_address(text))
    except AddressError:
        return False
