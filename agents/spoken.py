"""What a reply says, without what stands around it: thoughts, end-of-turn marks, turns that the model invented.

The journal keeps replies whole; drafts, revisions, reasons and ratings are read from this. Knows replies, not what was
asked.
"""

import re
from typing import Final, NamedTuple

from agents.marks import end_of_turn, without_header
from agents.model import Finish, Reply
from agents.thinking import json_end, without_thinking

# Whatever is a mark or begins a thought has one of these, or begins with one of those words; most replies have none.
_SIGNS: Final = ("<", "[", "◁")
_WORDS: Final = re.compile(r"\s*(?:assistant|analysis|commentary|here)", re.IGNORECASE)


class Spoken(NamedTuple):
    """The answer in a reply. `finish` is `length` where the reply ends within its thoughts, and `stop` at a mark.

    `thought` is whether the reply held thinking, `cut_thinking` whether it ends within it, `marked` whether an end mark
    was cut off.
    """

    text: str
    finish: Finish | None
    thought: bool = False
    cut_thinking: bool = False
    marked: bool = False


def spoken(reply: Reply) -> Spoken:
    """What `reply` says."""
    if not (reply.thinking or any(sign in reply.text for sign in _SIGNS) or _WORDS.match(reply.text)):
        return Spoken(reply.text, reply.finish)
    answer = without_thinking(reply.text, cut=reply.finish == "length")
    text = without_header(answer.text)
    end = end_of_turn(text, json_end(text))
    thought = answer.any or bool(reply.thinking)
    if end is not None:
        return Spoken(text[:end].rstrip(), _stopped(reply.finish), thought, marked=True)
    ended = not (answer.open or (thought and reply.finish == "length" and not text.strip()))
    return Spoken(text, reply.finish if ended else "length", thought, cut_thinking=not ended)


def said_in(text: str) -> str:
    """A part of an answer, such as a reason within JSON, without thoughts and marks of its own."""
    return spoken(Reply(text)).text


def _stopped(finish: Finish | None) -> Finish | None:
    """What ended an answer that ends with a mark: the limit only cut off what came after it."""
    return "stop" if finish == "length" else finish
