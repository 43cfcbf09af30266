"""What a worker asks the desk for, one ask at a time, and what it was denied. Knows amounts and answers."""

from typing import Final, NamedTuple

from sandbox.calls.spending import NOTHING, Amount


class Ask(NamedTuple):
    """At least `need` is missing, and up to `wish` is welcome. An answer tells its `number`."""

    number: int
    need: Amount
    wish: Amount

    @property
    def is_pressing(self) -> bool:
        """Whether it is for what is in flight alone, which cannot end without."""
        return self.need == self.wish


class Asks:
    """`open` is the ask that was not answered; `has_news` is whether the desk knows of another one."""

    def __init__(self) -> None:
        self.open: Ask | None = None
        self.has_news = False
        self._number = 0
        self._whole = NOTHING
        self._denied: Final[list[Amount]] = []

    def seek(self, need: Amount, wish: Amount, held: Amount) -> tuple[bool, bool]:
        """Whether there is hope for `need` beside what is `held`, and whether it is asked for anew.

        Less than is asked for may be there; what was denied beside less, or more, is denied still.
        """
        whole = need.plus(held)
        if any(whole == whole.largest(denied) for denied in self._denied):
            return False, False
        presses = need == wish and not (self.open and self.open.is_pressing)
        if self.open and need == need.largest(self.open.need) and not presses:
            return True, False
        self._number += 1
        self.open = Ask(self._number, need, wish)
        self._whole = whole
        self.has_news = True
        return True, True

    def answer(self, number: int, *, given: bool) -> None:
        """The desk answered the ask of this number, which may be a forgotten one."""
        if self.open and self.open.number == number:
            if not given:
                self._denied.append(self._whole)
            self.open = None

    def hope(self) -> None:
        """There may be more to have than there was, or less to ask for."""
        self._denied.clear()

    def renew(self, returned: Amount) -> bool:
        """So much was given back, which is missing now too. Whether the desk should hear of it."""
        if self.open is None:
            return False
        self._number += 1
        self.open = Ask(self._number, self.open.need.plus(returned), self.open.wish.plus(returned))
        self.has_news = True
        return True

    def take(self) -> Ask | None:
        """What to tell the desk."""
        self.has_news = False
        return self.open
