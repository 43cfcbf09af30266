r"""Marks of chat templates that stand in a text: where an answer ends although the text goes on, what is one token.

A server with the wrong stop token leaves the end-of-turn mark in the answer, and often a turn that the model invents
after it. In training such a mark becomes a real end of turn. The names are those of the templates that TRL 1.16 and
transformers 5.23 bring, and of the models named below. Knows texts only; thoughts are `agents.thinking`'s.
"""

import re
from typing import Final

# What no prose holds. Llama 3 and 4, ChatML (Qwen, Yi), Phi, GLM, gpt-oss, Command R, Granite, OpenChat, Kimi, Apertus,
# dots; DeepSeek, Hunyuan; Gemma, Seed, SmolVLM; Llama 2; Mistral, EXAONE. Alternatives of a pattern begin with their
# first character: then `re` skips text that has none of these.
_TURN: Final = (
    r"<(?:\|(?:im_(?:end|start|sep|user|assistant|system|middle)|[eE][oO][tTmMsS](?:_id)?|header_(?:start|end)"
    r"|end(?:_?of_?(?:text|turn|message|sentence|prompt|role|speech|response|userprompt|system))?|END_RESPONSE"
    r"|end_?of_?assistant|stop|STOP|User|Assistant|System|(?:user|assistant|system)_(?:start|end)|begin_?of_?text|start_?of_?(?:text|turn|role)|(?:start|end)_header_id"
    r"|(?:START|END)_OF_TURN_TOKEN|(?:EOS|BOS)_TOKEN|user|system|assistant|human|bot|observation|tool|return|call|start"
    r"|endofprompt|USER_TOKEN|SYSTEM_TOKEN|CHATBOT_TOKEN|endoftext|pad)\|>"
    "|\uff5c[^\uff5c<>\\s]{1,40}\uff5c>"
    r"|(?:end_of_turn|start_of_turn|end_of_utterance|turn\||\|turn|seed:[be]os)>|</?SYS>>)"
    r"|\[(?:/?INST\]|\|(?:endofturn|user|assistant|system)\|\])"
)
# What is one token to a tokenizer, though it ends no answer: roles, tools, pictures, reserved places. Again no prose.
_CONTROL: Final = (
    r"<(?:\|/?[A-Za-z][^\s|<>]{1,40}\|>|\|(?:channel|think|tool\w{0,9})>|(?:channel|tool\w{0,9})\|>)"
    r"|\[(?:\|[a-z]{3,20}\|\]|(?:gMASK|TOOL_CALLS|/?(?:SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS))\])"
)
# What is a token to some tokenizers (Llama 2, Mistral, Gemma, T5, BERT; Qwen's tools), and may be prose or HTML.
_PERHAPS: Final = (
    r"<(?:/?s>|(?:pad|unk|bos|eos|mask|cls|sep|sop|eop|(?:unused|extra_id_|SPECIAL_|reserved_)\d{1,5})>|/?tool_\w{4,8}>)"
    r"|\[(?:PAD|UNK|CLS|SEP|MASK|BOS|EOS|unused\d{1,5}|control_\d{1,5})\]"
)
SPECIAL: Final = re.compile(rf"{_TURN}|{_CONTROL}|{_PERHAPS}")
PERHAPS: Final = re.compile(_PERHAPS)
# `<s>` and `</s>` also strike text through in HTML: the closing one ends a text only where nothing opened it.
_STRIKE: Final = r"<(?:/?s|eos)>"
_MARK: Final = re.compile(rf"{_TURN}|{_STRIKE}")
_CURLY: Final = "\u201c\u201d\u2018\u2019\u201e\u00ab\u00bb"
_QUOTES: Final = frozenset(("``", '""', "''", *(one + other for one in _CURLY for other in _CURLY)))
_HEADER: Final = re.compile(
    r"\s*(?:</?s>|<bos>|<\|begin_?of_?text\|>|<\uff5cbegin▁of▁sentence\uff5c>|<\|(?:START_OF_TURN_TOKEN|CHATBOT_TOKEN)\|>"
    r"|<\|im_start\|>\s*assistant\s*(?:<\|im_sep\|>)?|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>"
    r"|<\|start_of_role\|>\s*assistant\s*<\|end_of_role\|>|<start_of_turn>\s*model\b|<\|start\|>\s*assistant"
    r"|<\|im_assistant\|>\s*assistant\s*<\|im_middle\|>|<\|header_start\|>\s*assistant\s*<\|header_end\|>"
    r"|<\|assistant(?:_start)?\|>|\[\|assistant\|\]|<\uff5c(?:hy_)?Assistant\uff5c>|\[/INST\])+\s*"
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
    return text[found.start() - 1 : found.start()] + text[found.end() : found.end() + 1] in _QUOTES
