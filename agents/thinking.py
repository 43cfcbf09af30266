"""What a model thinks before it answers, told apart from the answer, where both stand in one text.

Models are served with and without a parser for their reasoning, so thoughts arrive between tags, before a lone closing
tag (the chat template wrote the opening one), or in the channels of gpt-oss (harmony). The marks are those of the
reasoning parsers of vLLM 0.32.0 and llama.cpp. Knows texts only; end marks are `agents.marks`', what a reply comes to
`agents.spoken`'s. Nothing raises, and the time is linear in the text.
"""

import json
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from agents.marks import is_quoted

NAMES: Final = (
    r"(?:ant|\w{1,20}_)?think(?:ing)?(?:_process)?|thoughts?(?:_process)?|chain_of_thoughts?|cot|reasoning|reflection"
    r"|(?:reasoning_)?scratchpad(?:_reasoning)?|(?:inner|internal)_monologue|analysis"
)
_WORDS: Final = r"think(?:ing)?|thought|reasoning"
TAG: Final = re.compile(
    rf"""
      (?P<open><(?:\w{{1,20}}:)?(?:{NAMES})(?:\s[^<>]{{0,100}})?>|\[think\]|◁think▷|<unused94>(?:thought)?
        |<\|(?:(?:start|begin)_(?:of_)?)?(?:{_WORDS})\|>|<\|inner_prefix\|>|<\|channel>\s*thought)
     |(?P<close></(?:\w{{1,20}}:)?(?:{NAMES})\s*>|\[/think\]|◁/think▷|<unused95>
        |<\|(?:end_(?:of_)?|/)(?:{_WORDS})\|>|<\|inner_suffix\|>|<channel\|>|\[begin\ final\ response\])
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ANNOUNCED: Final = re.compile(
    r"\s*here(?:['\u2019]s| is| are) my (?:thought process|reasoning steps?|thinking)\s*:.*?"
    r"(?:here(?:['\u2019]s| is) my (?:final )?response\s*:|\[begin final response\])",
    re.IGNORECASE | re.DOTALL,
)
_WRAPPED: Final = re.compile(
    r"\s*(?:<((?:final_)?(?:answer|response|output)|final|solution)>|<\|(?:start|begin)_(?:of_)?(?:response|text|solution|answer)\|>)(.*?)"
    r"(?:</\1>|<\|end_(?:of_)?(?:response|text|solution|answer)\|>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_MESSAGE: Final = re.compile(
    r"(?:<\|start\|>\s{0,4}(?P<role>\w{0,40})[^<]{0,100})?"
    r"(?:<\|channel\|>\s{0,4}(?P<channel>\w{0,40})[^<]{0,100}(?:<\|constrain\|>[^<]{0,100})?)?<\|message\|>"
)
_MESSAGE_END: Final = re.compile(r"<\|(?:end|return|call|start|channel|message)\|>")
_END_MARK: Final = re.compile(r"<\|(?:end|return|call)\|>")
# The same after a tokenizer that leaves special tokens out when it writes text.
_BARE_CHANNELS: Final = re.compile(
    r"\s*(?:assistant)?(?:analysis|commentary)(?:.*assistantfinal|(?=\S).*?assistant\s+final(?![a-z]))"
    r"|\s*assistantfinal(?=[A-Z{])",
    re.DOTALL,
)
_BARE_ANALYSIS: Final = re.compile(r"\s*(?:assistant)?analysis[A-Z]")
# A channel that is meant, and is not only talked of: at the start, or after the header of a turn, or with its name.
_HARMONY: Final = re.compile(
    r"\A\s*<\|(?:channel|start|message)\|>|(?<!`)(?<!['\"])"
    r"(?:<\|start\|>\s{0,4}assistant|<\|channel\|>\s{0,4}(?:analysis|commentary|final)\b)"
)
# The template may have opened the first channel.
_OPENED: Final = re.compile(r"\A\s*(?:analysis|commentary|final)\s{0,4}(?=<\|message\|>)")
# A decoder that fails counts the lines before that place: behind each of many tags, the time would not be linear.
_MOST_THOUGHTS: Final = 20
_LINE_START: Final = re.compile(r"(?:\A|\n)[ \t]*\Z")
_JSON_START: Final = re.compile(r"\s*(?:```\w*\s*)?(?=\{)")


class Answer(NamedTuple):
    """A text without the thoughts before it: whether there were `any`, and whether they are `open`, with no end."""

    text: str
    any: bool
    open: bool


def without_thinking(text: str, *, cut: bool = False) -> Answer:
    """Tell the answer in `text` from thoughts; `cut` says that the token limit ended it.

    Thoughts are taken out wherever they stand. An opening tag in the middle of a line, with no closing one, is only
    talked about, unless the limit cut the text off. JSON that is whole stays whole: a tag in one of its strings is not
    about the text around it.
    """
    whole = json_end(text)
    if not whole and _OPENED.match(text):
        return _harmony(f"<|channel|>{text.lstrip()}")
    if not whole and _HARMONY.search(text):
        return _harmony(text)
    if bare := _BARE_CHANNELS.match(text):
        return Answer(text[bare.end() :], any=True, open=False)
    if cut and _BARE_ANALYSIS.match(text):
        return Answer("", any=True, open=True)
    if announced := _ANNOUNCED.match(text):
        return Answer(text[announced.end() :], any=True, open=False)
    tags = list(TAG.finditer(text, whole))
    return _untagged(text, tags, cut) if tags else Answer(text, any=False, open=False)


def _untagged(text: str, tags: Sequence[re.Match[str]], cut: bool) -> Answer:
    """Take out what stands between tags, and all that stands before a closing tag that nothing opened."""
    kept: list[str] = []
    thoughts: list[str] = []
    at, opened = 0, None
    last = next((tag for tag in reversed(tags) if tag["close"]), None)
    for tag in tags:
        # A thought may end, and an answer begin, with a quotation: what is the only end of a thought is its end.
        if tag.start() < at or (is_quoted(tag) and (cut or not opened or tag is not last)):
            continue
        if tag["close"]:
            thoughts += [text[at : tag.start()], *(() if opened else kept)]
            kept = kept if opened else []
            at, opened = tag.end(), None
            if len(thoughts) < _MOST_THOUGHTS and (end := json_end(text, at)):
                kept.append(text[at:end])
                at = end
        elif opened is None:
            kept.append(text[at : tag.start()])
            at, opened = tag.end(), tag
    is_open = opened is not None and (cut or _begins(opened))
    if opened is None or not is_open:
        kept.append(text[opened.start() if opened else at :])
    any_ = is_open or any(thought.strip() for thought in thoughts)
    return Answer(_unwrapped("".join(kept)) if at else text, any=any_, open=is_open)


def _begins(opened: re.Match[str]) -> bool:
    """Whether a tag that nothing closes begins a thought, and is not only talked about."""
    text = opened.string
    return text[opened.end() :].startswith(("\n", "\r")) or _LINE_START.search(text, 0, opened.start()) is not None


def _harmony(text: str) -> Answer:
    """What the final channel holds (https://cookbook.openai.com/articles/openai-harmony); what is beside is thinking.

    A turn that the model invents for somebody else ends the answer.
    """
    final: list[str] = []
    beside = open_ = False
    at = 0
    for message in _MESSAGE.finditer(text):
        if message["role"] not in (None, "", "assistant"):
            break
        end = _MESSAGE_END.search(text, message.end())
        beside = beside or bool(_END_MARK.sub("", text[at : message.start()]).strip())
        at = end.start() if end else len(text)
        if message["channel"] in (None, "", "final"):
            final.append(text[message.end() : at])
        else:
            beside, open_ = True, end is None
    nothing = not final
    return Answer("".join(final), any=beside or nothing, open=nothing and (open_ or not at))


def _unwrapped(text: str) -> str:
    """An answer that follows thoughts, out of the tags that some models put around it."""
    wrapped = _WRAPPED.match(text)
    return wrapped[2] + text[wrapped.end() :] if wrapped else text


def json_end(text: str, at: int = 0) -> int:
    """Where a whole JSON object ends that begins `at`, perhaps in a fence of Markdown; 0 if there is none."""
    start = _JSON_START.match(text, at)
    try:
        return _DECODER.raw_decode(text, start.end())[1] if start else 0
    except (ValueError, RecursionError):
        return 0


_DECODER: Final = json.JSONDecoder(strict=False)
