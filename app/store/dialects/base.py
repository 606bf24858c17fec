"""What a dialect is: the spelling of the SQL on which databases differ.

Statements are written in the SQL that all databases share, and in these words, which each dialect spells in its own
way. Arguments hold no commas, and no
brackets within brackets.

| word | meaning |
|---|---|
| `integers(:keys)`, `texts(:uids)` | a table of the members of a list: `value`, and `key`, their place from 0 |
| `items(:rows)` | the same of a list of anything else: `value` is JSON text |
| `names(document)`, `names(document, field)` | a table of the fields of a JSON object, or of an object in it: `key` |
| `is_object(document)`, `is_object(document, field)` | whether a JSON text, or a field of it, is an object |
| `text_at(document, a.b)`, `integer_at(document, 0)` | what a JSON text holds at a path |
| `list_of(column)` | the JSON list of the texts of a group |
| `position_of(text, part)` | where a text holds another, from 1; 0: nowhere |
| `contains_text(text, needle)` | whether a text holds a casefolded needle, in any case |
| `least_of(a, b)` | the smaller of two values |
| `CROSS JOIN … ON` | a join whose left side comes first, where the planner would not find out itself |
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from peewee import Database as Peewee
from peewee import Model

from ..models import TABLES

if TYPE_CHECKING:
    from huey.api import Huey

    from ..database import Database
    from ..statement import Compiled

Spelling = Callable[..., str]


class Dialect(ABC):
    """How one database spells what others spell otherwise, and how it is reached."""

    name: str
    context: Mapping[str, Any]
    """The options with which Peewee writes a query down."""
    words: Mapping[str, Spelling]
    path: str
    """The file, or what stands for it."""
    in_memory = False
    in_file = False
    peewee: Peewee
    """For changes of the schema."""

    def spell(self, text: str) -> str:
        """Return a statement, its places written `?`, as this database understands it."""
        pattern = rf"\b({'|'.join(self.words)})\(((?:[^()]|\([^()]*\))*)\)"
        return re.sub(pattern, lambda found: self.words[found[1]](*re.split(r",\s*", found[2])), text)

    def tables(self) -> Iterator[str]:
        """Yield what makes all tables and their indexes as the models have them, and so the migrations leave them."""
        for table in TABLES:
            with table.bind_ctx(self.peewee, bind_refs=False, bind_backrefs=False):
                schema: Any = table._schema  # type: ignore[attr-defined]
                for context in (schema._create_table(safe=False), *schema._create_indexes(safe=False)):
                    text, values = context.query()
                    assert not values
                    yield text

    @abstractmethod
    def listed(self, values: list[Any]) -> Any:
        """Return a list as the parameter that the words for lists take."""

    @property
    @abstractmethod
    def connection(self) -> Any:
        """Return this thread's connection, opening it on first use."""

    @abstractmethod
    def begin_reading(self, connection: Any) -> None:
        """Begin a transaction that sees one state of the database throughout."""

    @abstractmethod
    def begin_writing(self, connection: Any) -> None:
        """Begin a transaction that is the only one to write."""

    @abstractmethod
    def in_transaction(self, connection: Any) -> bool:
        """Tell whether a transaction is open, failed or not."""

    @abstractmethod
    def state(self, connection: Any) -> int:
        """Return a number that grows when everything is replaced, whichever process does it."""

    @abstractmethod
    def size(self) -> int:
        """Return how many bytes everything takes."""

    @abstractmethod
    def insert(self, model: type[Model], compiled: "Compiled", parameters: Sequence[Any]) -> int:
        """Run an insertion and return the key of the new row."""

    @abstractmethod
    def insert_many(self, compiled: "Compiled", rows: Iterable[Sequence[Any]]) -> None:
        """Run an insertion for many rows."""

    @abstractmethod
    def migrating(self) -> AbstractContextManager[bool]:
        """Hold off other processes while the schema is brought up to date; yield whether it was just made."""

    @abstractmethod
    def replace(self, source: "Database") -> None:
        """Take over everything of another database in one transaction."""

    @abstractmethod
    def make_queue(self, name: str, seconds: int) -> "Huey":
        """Return the queue of jobs in this database, which waits so long for a lock."""

    @abstractmethod
    def make_queue_tables(self) -> None:
        """Make the tables of the queue, if they are missing."""

    @abstractmethod
    def close(self) -> None:
        """Close this thread's connection."""
