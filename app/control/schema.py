"""Requests that steer the emulator itself: they refuse keys they do not know, for a misspelt one would do nothing."""

from typing import Any

from marshmallow.validate import Range

from ..schemas.base import Request
from ..schemas.values import strict


def between(least: float, most: float) -> Range:
    """Refuse numbers outside of these two."""
    return Range(min=least, max=most, error=f"ensure this value is between {least} and {most}")


class Control(Request):
    """A request that is always read strictly."""

    def _load_object(self, data: Any) -> Any:
        token = strict.set(True)
        try:
            loaded = super()._load_object(data)
        finally:
            strict.reset(token)
        self.check(loaded)
        return loaded

    def check(self, loaded: dict[str, Any]) -> None:
        """Raise ValidationError for fields that do not go together."""
