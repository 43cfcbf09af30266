"""What is said of a column: its name, what its values are, what they mean, and what it was called before."""

from typing import Final, Literal, NamedTuple

Kind = Literal["text", "text or whole number", "whole number", "number", "yes or no", "time", "list"]
SHARE: Final = "0 to 1"
RATING: Final = "1 to 7"
COUNT: Final = "from 0"


class Column(NamedTuple):
    """A column, or several of one meaning with blanks between their names.

    `values` are the unit or the range of what stands in it. A mean has its 95 % interval beside it, where one is drawn:
    in CSV as `NAME_low`, `NAME_high` and `NAME_count`, in JSON as an object. `earlier` names are those of versions
    before 0.2.0, in the order of `name`.
    """

    name: str
    kind: Kind
    values: str
    meaning: str
    earlier: str = ""

    @property
    def names(self) -> list[str]:
        """Each by itself."""
        return self.name.split()
