r"""Marks of chat templates that stand in a text: where an answer ends although the text goes on.

A server with the wrong stop token leaves the end-of-turn mark in the answer, and often a turn that the model invents
after it. In training such a mark becomes a real end of turn. Knows texts only; thoughts are `agents.thinking`'s.
"""

import re
from typing import Final

# What no prose holds. Llama 3, ChatML (Qwen, Yi), Phi, GLM, gpt-oss, Command R, Granite, OpenChat, DeepSeek, Gemma.
_TURN: Final = (
    r"<\|(?:im_(?:end|start|sep)|e[oO][tTmMsS](?:_id)?|end(?:_?of_?(?:text|turn|message|sentence|prompt|role|speech))?"
    r"|begin_?of_?text|start_?of_?(?:text|turn|role)|(?:start|end)_header_id|(?:START|END)_OF_TURN_TOKEN|(?:EOS|BOS)_TOKEN"
    r"|user|system|assistant|human|bot|observation|tool|return|call|start|endofprompt|USER_TOKEN|SYSTEM_TOKEN"
    r"|CHATBOT_TOKEN|endoftext|pad)\|>"
    "|<\uff5c(?:end▁of▁sentence|begin▁of▁sentence|User|Assistant)\uff5c>"
    r"|<(?:end_of_turn|start_of_turn|end_of_utterance|turn\||\|turn)>?"
    r"|\[/?INST\]|<</?SYS>>"
)
# `<s>` and `</s>` also strike text through in HTML: the closing one ends a text only where nothing opened it.
_STRIKE: Final = r"</?s>|<eos>"
_MARK: Final = re.compile(rf"{_TURN}|{_STRIKE}")
_QUOTES: Final = frozenset("`\"'\u201c\u201d\u2018\u2019")
_HEADER: Final = re.compile(
    r"\s*(?:<s>|<bos>|<\|begin_?of_?text\|>|<\uff5cbegin▁of▁sentence\uff5c>|<\|(?:START_OF_TURN_TOKEN|CHATBOT_TOKEN)\|>"
    r"|<\|im_start\|>\s*assistant\s*(?:<\|im_sep\|>)?|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>"
    r"|<\|start_of_role\|>\s*assistant\s*<\|end_of_role\|>|<start_of_turn>\s*model\b|<\|start\|>\s*assistant"
    r"|<\|assistant\|>|<\uff5cAssistant\uff5c>|\[/INST\])+\s*"
)


def end_of_turn(text: str, start: int = 0) -> int | None:
    """Where the answer in `text` ends, before a mark from `start` on; None where there is none.

    A mark that is quoted is talked about.
    """
    struck = False
    for mark in _MARK.finditer(text, start):
        if is_quoted(mark):
            continue
        if mark[0] == "<s>":
            struck = True
        elif mark[0] != "</s>" or not struck:
            return mark.start()
        else:
            struck = False
    return None


def without_header(text: str) -> str:
    """`text` without the marks that open a turn of the assistant."""
    header = _HEADER.match(text)
    return text[header.end() :] if header else text


def is_quoted(found: re.Match[str]) -> bool:
    """Whether what was found stands in quotation marks or backticks: then it is talked about."""
    text = found.string
    return text[found.start() - 1 : found.start()] in _QUOTES and text[found.end() : found.end() + 1] in _QUOTES
