"""How much one template may use, whichever language it is written in."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set, ValuesView
from itertools import chain
from typing import TypeVar

from ..errors import Invalid

MAX_TEXT = 4 * 2**20
"""The most characters of a filled template, or of a value in it: room for an image as a data URL."""

MAX_WORK = 16 * MAX_TEXT
"""The most characters that one operation may make, estimated before it runs."""

MAX_STEPS = 200_000
"""The most loop turns, calls, filters and operators of a template; one with much work counts for several."""

MAX_BITS = 2**13
"""The most bits of a whole number: Python refuses to print much larger ones."""

# The operations whose result may be as long as their value times their largest argument.
MULTIPLIERS = {
    *("*", "batch", "center", "expandtabs", "indent", "join", "ljust", "rjust", "slice", "to_bytes", "tojson"),
    *("translate", "urlize", "wordwrap", "zfill"),
}
FORMATTERS = {"%", "format", "format_map"}
FORMAT_SPECIFICATION = re.compile(r"%(?:\([^()]*\))?([-+ #0-9.*]*)|\{[^{}]*:([^{}]*\{?)")

V = TypeVar("V")

SIZED = (Sequence, Set, Mapping, ValuesView)  # by name: what Jinja leaves undefined looks like a collection


class MissingInput(Exception):
    """A template needs what the inputs do not have."""


class Limits:
    """How much one template may use; every method raises `Invalid` when that is used up."""

    def __init__(self) -> None:
        self._steps = MAX_STEPS
        self._text = MAX_TEXT

    def emit(self, text: str) -> str:
        """Count a piece of the output, and return it."""
        self._text -= len(text)
        if self._text < 0:
            raise _too_large()
        return text

    def small(self, value: V) -> V:
        """Return the value unless its text would be too long: a list that holds one text many times is small itself."""
        self._count(_size(value) // 128)
        return value

    def turns(self, items: Iterable[V]) -> Iterator[V]:
        """Count the turns of a loop over these items."""
        for item in items:
            self._count(1)
            yield item

    def run(self, name: str, value: object, arguments: Sequence[object], operation: Callable[[], V]) -> V:
        """Run an operation on a value, unless it is too much work; refuse a result that is too large to be kept."""
        work = _work(name, value, arguments)
        if work > MAX_WORK:
            raise _too_large()
        self._count(1 + work // 128)
        result = operation()
        if isinstance(result, int) and result.bit_length() > MAX_BITS:
            raise _too_large()
        return self.small(result)

    def _count(self, steps: int) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise Invalid("Invalid template.", f"The template takes more than {MAX_STEPS} steps.")


def _too_large() -> Invalid:
    return Invalid("Invalid template.", f"The template produces a value or text of more than {MAX_TEXT} characters.")


def _work(name: str, value: object, arguments: Sequence[object]) -> int:
    """Estimate how many characters or items an operation makes."""
    if name in FORMATTERS and isinstance(value, str):
        # Every field may show all arguments, in a width that is written in its specification or is an argument.
        specifications = " ".join(map("".join, FORMAT_SPECIFICATION.findall(value)))
        widths = sum(int(digits[:9]) for digits in re.findall(r"[0-9]+", specifications))
        shown = _size(arguments, abs if re.search(r"[*{]", specifications) else _nothing)
        return widths + (value.count("%") + value.count("{")) * shown
    if name == "replace":
        old, new = [*map(str, arguments), "", ""][:2]
        return _size(value) + str(value).count(old) * len(new)
    if name == "**" and isinstance(value, int) and isinstance(arguments[0], int):
        return 1 if value.bit_length() * arguments[0] <= 2 * MAX_BITS else MAX_WORK + 1
    if name in MULTIPLIERS:
        return _size(value) * max((_size(argument, abs) for argument in arguments), default=1)
    return len(value) if isinstance(value, SIZED) else 1


def _nothing(number: int) -> int:
    return 0


def _size(value: object, number: Callable[[int], int] = _nothing) -> int:
    """Return about how many characters a value has, or refuse it; `number` says what whole numbers add to that."""
    total, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        total += 4
        if isinstance(item, str | bytes):
            total += len(item)
        elif isinstance(item, int):
            total += number(item)
        elif isinstance(item, Mapping):
            waiting += chain.from_iterable(item.items())
        elif isinstance(item, SIZED):
            waiting += item
        if total > MAX_TEXT:
            raise _too_large()
    return total
