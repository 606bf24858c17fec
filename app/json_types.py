"""JSON as Python holds it, in the words that all signatures share.

A document is checked once, by its schema, where it comes in. From there on it is passed as the dict that it is: what
its keys are is said by that schema, and not once more by a type.
"""

from typing import Any, TypeAlias

import orjson

Json: TypeAlias = Any
"""A value that JSON has: an object, a list, a text, a number, a boolean or null."""

JsonObject: TypeAlias = dict[str, Any]
"""An object that came as JSON, or becomes JSON."""

Rendered: TypeAlias = orjson.Fragment
"""JSON that is written already: it is copied into an answer as it is, and cannot be looked into."""
