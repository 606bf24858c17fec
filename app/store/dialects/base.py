"""What a dialect is: the spelling of the SQL on which databases differ.

Statements are written in the SQL that all databases share, and in these words, which each dialect spells in its own
way. Arguments hold no commas, and no brackets within brackets.

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
| `new_etag()` | another number for each row, as `ids.new_etag` makes them |
| `CROSS JOIN … ON` | a join whose left side comes first, where the planner would not find out itself |
"""

import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peewee import Database as Peewee
from peewee import Model

from ..copying import Advance
from ..statement import AnyConnection, Value

if TYPE_CHECKING:
    from huey.api import Huey

    from ..database import Database
    from ..staging import Table
    from ..statement import Compiled
    from .schemas import SchemaStates

Spelling = Callable[..., str]


def shown(target: str) -> str:
    """Return a path or URL as people may see it: without its password, also one that should have been encoded."""
    hidden = re.sub(r"(://[^:@/?#]*:).*@", r"\1***@", target)
    return re.sub(r"([?&](?:ssl)?password=)[^&]*", r"\1***", hidden)


class Schema:
    """What Peewee makes tables with: it writes them down as the models say, and as this database has them.

    A table that is `clustered` keeps its rows in the order of its primary key, where the database can do that.
    """

    clustered = ""
    """What stands behind the columns of such a table."""

    def create_tables(self: Any, models: Iterable[type[Model]], **_options: Any) -> None:
        """Make tables, in this order, and their indexes; the models need not be bound to a database."""
        for statement in self._statements(tuple(models)):
            self.execute_sql(statement)

    def _statements(self: Any, models: tuple[type[Model], ...]) -> list[str]:
        if models not in _WRITTEN[type(self)]:
            _WRITTEN[type(self)][models] = list(self._write(models))
        return _WRITTEN[type(self)][models]

    def _write(self: Any, models: tuple[type[Model], ...]) -> Iterator[str]:
        for model in models:
            with model.bind_ctx(self, bind_refs=False, bind_backrefs=False):
                schema: Any = model._schema  # type: ignore[attr-defined]
                behind = self.clustered if getattr(model._meta, "clustered", False) else ""
                yield _text(schema._create_table(safe=False)) + behind
                yield from map(_text, schema._create_indexes(safe=False))


def _text(context: Any) -> str:
    text, values = context.query()
    assert not values
    return str(text)


# To write down all tables takes 10 ms, to make them 2.
_WRITTEN: dict[type, dict[tuple[type[Model], ...], list[str]]] = defaultdict(dict)


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
    patience = -1.0
    """Seconds that a thread waits for the others of its process to have written; -1: without end."""
    is_near = True
    """Whether a short statement takes microseconds, because the database is in this process."""
    peewee: Peewee
    """For changes of the schema."""

    def spell(self, text: str) -> str:
        """Return a statement, its places written `?`, as this database understands it."""
        pattern = rf"\b({'|'.join(self.words)})\(((?:[^()]|\([^()]*\))*)\)"
        return re.sub(pattern, lambda found: self.words[found[1]](*re.split(r",\s*", found[2])), text)

    @classmethod
    @abstractmethod
    def exists(cls, target: str) -> bool:
        """Tell whether an emulator has stored something there; nothing is made."""

    @abstractmethod
    def listed(self, values: list[Value]) -> Value:
        """Return a list as the parameter that the words for lists take."""

    @property
    @abstractmethod
    def connection(self) -> AnyConnection:
        """Return this thread's connection, opening it on first use."""

    @abstractmethod
    def begin_reading(self) -> AnyConnection:
        """Begin a transaction that sees one state of the database throughout, and return its connection."""

    @abstractmethod
    def begin_writing(self) -> AnyConnection:
        """Begin a transaction that is the only one to write, and return its connection."""

    @abstractmethod
    def commit(self, connection: AnyConnection) -> None:
        """Store what a transaction has changed."""

    @abstractmethod
    def end(self, connection: AnyConnection) -> None:
        """Let go of the connection of a transaction; one that was not committed is rolled back."""

    def interruption(self, error: BaseException, connection: AnyConnection) -> BaseException | None:
        """Return what an error of a transaction means, if the fault is not in what it did."""
        return None

    @abstractmethod
    def prove(self) -> None:
        """Find out, before anything begins, that the database can be used. OSError or ValueError: it cannot be."""

    def settle(self) -> None:
        """Leave the database in good order when nothing uses it any more."""
        return

    @abstractmethod
    def check(self, seconds: float) -> None:
        """Find out whether the database answers, within this time. Raises Unavailable."""

    @abstractmethod
    def state(self, connection: AnyConnection) -> int:
        """Return a number that grows when everything is replaced, whichever process does it."""

    @abstractmethod
    def size(self, connection: AnyConnection) -> int:
        """Return how many bytes everything takes."""

    @abstractmethod
    def identity(self) -> object:
        """Return what no other database has, whatever path or URL leads to it."""

    @abstractmethod
    def insert(
        self, connection: AnyConnection, model: type[Model], compiled: "Compiled[Any]", parameters: Sequence[Value]
    ) -> int:
        """Run an insertion and return the key of the new row."""

    @abstractmethod
    def insert_many(
        self, connection: AnyConnection, model: type[Model], names: tuple[str, ...], rows: Iterable[Sequence[Value]]
    ) -> None:
        """Insert rows given as tuples in the order of `names`."""

    def analyze(self, connection: AnyConnection, model: type[Model]) -> None:
        """Let the planner know how large a table has become in this transaction, if it would not notice."""
        return

    def starting(self) -> AbstractContextManager[None]:
        """Hold off other servers that start on the same database while this one prepares it."""
        return nullcontext()

    @abstractmethod
    def migrating(self) -> AbstractContextManager[None]:
        """Hold off other processes while `peewee` brings the schema up to date, all or nothing."""

    @abstractmethod
    def each(self, connection: AnyConnection, sql: str, parameters: Sequence[Value]) -> Iterator[tuple[Value, ...]]:
        """Run a query and yield its rows, without holding all of them."""

    def replace(self, source: "Database") -> None:
        """Take over everything of another database in one transaction."""
        self.copy_from(source, True, lambda rows: None)

    @abstractmethod
    def copy_from(self, source: "Database", overwrite: bool, advance: Advance) -> None:
        """Take over the rows of another database in one transaction, and the higher revision of its timeline."""

    @abstractmethod
    def merging(
        self, db: "Database", transaction: AbstractContextManager[None], path: Path, tables: "list[Table]"
    ) -> AbstractContextManager[None]:
        """Enter the transaction, in which statements find the tables of a staging file by their names."""

    def saved_states(self) -> "SchemaStates | None":
        """Return the states that this database keeps by name itself, if it does."""
        return None

    @abstractmethod
    def make_queue(self, name: str, seconds: int) -> "Huey":
        """Return the queue of jobs in this database, which waits so long for a lock."""

    @abstractmethod
    def make_queue_tables(self) -> None:
        """Make the tables of the queue, if they are missing."""

    @abstractmethod
    def close(self) -> None:
        """Close this thread's connection."""
