"""A cache of prompts without bounds: how many words of a prompt stand at the beginning of an earlier one.

What the best of servers could leave unread, so that orders of calls can be compared. Counts words, and makes no reply.
"""

from typing import Final

from fake_endpoint.bodies import Body, words_of


class Prefixes:
    """The beginnings of all prompts that were read, each kept as a hash of what stands in it."""

    def __init__(self) -> None:
        self._read: Final[set[int]] = set()

    def read(self, body: Body) -> int:
        """Read the prompt of `body`; how many words of it were read before."""
        beginning, known, words = 0, 0, words_of(body)
        for word in words[:-1]:  # a server reads at least one, to have something to go on from
            beginning = hash((beginning, word))
            known += beginning in self._read
            self._read.add(beginning)
        return known
