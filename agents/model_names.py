"""Whether two names mean the same model, as vendors, routers and servers write them. Knows no list of models."""

import re
from typing import Final

# What files of weights end in, and the tags of routers that choose among hosts of the same model.
_FILE: Final = re.compile(r"(?:[-.](?:ud-)?(?:i?q\d(?:_[a-z0-9]+)*|bf16|f16|f32))?\.gguf$")
_TAG: Final = re.compile(r":(?:free|nitro|floor|exacto|online)$")
# Which host or way routers are to choose, behind `OWNER/NAME`; where only one of two names has it.
_HOST_TAG: Final = re.compile(r"(/[^/:]+):[a-z][^/:]*$")
# Which commit of the weights, as `transformers serve` adds it, or which version, as Vertex has it.
_PINNED: Final = re.compile(r"(?<=[^/])@[^/@]+$")
# Amazon's: `us.anthropic.claude-…-v1:0`.
_OWNERS: Final = re.compile(r"^(?:[a-z]{2,}\.)+(?=[a-z])")
_REVISION: Final = re.compile(r"-v?\d+:\d+$")
_MONTH, _DAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_VERSION: Final = re.compile(
    rf"""-(?: latest | default
          | 20\d\d-?{_MONTH}-?{_DAY}             # 2024-07-18, 20240718
          | {_MONTH}-20\d\d                      # 03-2025
          | {_MONTH}{_DAY} | 2[3-9]{_MONTH}      # 0613, 2407
          | (?<=preview-){_MONTH}-{_DAY}         # preview-05-20
          | 00\d )$""",
    re.VERBOSE,
)


def same_model(one: str, other: str) -> bool:
    """Whether both name one model: path, case, tag and file apart.

    A date, `latest`, a host or a commit may stand where only one of them has it.
    """
    names = [_TAG.sub("", name.strip().lower()) for name in (one, other)]
    for only_one, kept in ((_HOST_TAG, r"\1"), (_PINNED, "")):
        if any(only_one.search(name) is None for name in names):
            names = [only_one.sub(kept, name) for name in names]
    plain = [_plain(name).removesuffix("-latest") for name in names]
    bare = [_bare(name) for name in plain]
    return plain[0] == plain[1] or (bare[0] == bare[1] and any(map(str.__eq__, plain, bare)))


def is_version_of(name: str, model: str) -> bool:
    """Whether `name` is `model` under a path, in another case or with a date; never the other way round."""
    return _plain(model) in (plain := _plain(name), _bare(plain))


def same_family(one: str, other: str) -> bool:
    """Whether both names begin with the same word, as models of one maker do: `gpt-4o` and `gpt-5-mini`."""
    words = [re.match(r"[^\W\d_]*", _plain(name)) for name in (one, other)]
    first, second = (word[0] if word else "" for word in words)
    return same_model(one, other) or (bool(first) and first == second)


def _plain(name: str) -> str:
    """The last part of the path, in one spelling."""
    word = name.strip().lower().replace("\\", "/").rstrip("/").rpartition("/")[2]
    word = _REVISION.sub("", _OWNERS.sub("", _FILE.sub("", word)))
    return re.sub(r"[\W_]+", "-", word).strip("-") or word


def _bare(plain: str) -> str:
    """Without what only tells versions of a model apart."""
    return _VERSION.sub("", plain)
