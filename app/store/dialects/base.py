"""What a dialect is: the spelling of the SQL on which databases differ.

Statements are written in the SQL that all databases share, and in these words, which each dialect spells in its own
way. Arguments hold no brackets and no commas of their own.

| word | meaning |
|---|---|
| `integers(:keys)`, `texts(:uids)` | a table of the members of a list: `value`, and `key`, their place from 0 |
| `items(:rows)` | the same of a list of anything else: `value` is JSON text |
| `names(document)`, `names(document, field)` | a table of the fields of a JSON object, or of an object in it: `key` |
| `is_object(document)`, `is_object(document, field)` | whether a JSON text, or a field of it, is an object |
| `text_at(document, a.b)`, `integer_at(document, 0)` | what a JSON text holds at a path |
| `position_of(text, part)` | where a text holds another, from 1; 0: nowhere |
| `contains_text(text, needle)` | whether a text holds a casefolded needle, in any case |
| `least_of(a, b)` | the smaller of two values |
| `CROSS JOIN … ON` | a join whose left side comes first, where the planner would not find out itself |
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

Spelling = Callable[..., str]


class Dialect(ABC):
    """How one kind of database spells what others spell otherwise."""

    name: str
    context: Mapping[str, Any]
    """The options with which Peewee writes a query down."""
    words: Mapping[str, Spelling]

    def spell(self, text: str) -> str:
        """Return a statement, its places written `?`, as this database understands it."""
        pattern = rf"\b({'|'.join(self.words)})\(([^()]*)\)"
        return re.sub(pattern, lambda found: self.words[found[1]](*re.split(r",\s*", found[2])), text)

    @abstractmethod
    def listed(self, values: list[Any]) -> Any:
        """Return a list as the parameter that the words for lists take."""
