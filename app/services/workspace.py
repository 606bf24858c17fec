"""Who calls, and what a service needs to serve them: one organisation's view of the database."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from ..clock import Clock
from ..ids import Ids
from ..store.database import Database
from ..store.models import Directory, Environment, Organisation, User
from ..store.statement import arg as given
from ..store.statement import kept


class Jobs:
    """What is done later, without a request: here nothing, for workspaces that only store."""

    judged: tuple[str, ...] = ()
    """The types of Evaluators that the server runs."""

    def judge(self, organisation: int, logs: list[int]) -> None:
        """Let the Evaluators that are assigned to these Logs judge them."""

    def fill(self, organisation: int, run: int, after: int = -1) -> None:
        """Make the Logs that an orchestrated Run still lacks, from behind this position of its Dataset on."""


class Completion(Protocol):
    """Decides when a finished Run is shown as completed: so those who wait for its end can be tested."""

    def shows(self, run: int, finished: bool, clock: Clock) -> bool:
        """Tell whether a Run, by key, is shown as completed in the answer that is being made."""


class AtOnce:
    """Shows what is finished as completed."""

    def shows(self, run: int, finished: bool, clock: Clock) -> bool:
        """Tell whether it is finished."""
        return finished


NO_JOBS = Jobs()
AT_ONCE = AtOnce()
NOT_FOUND = (0, None)
FIRST_ENVIRONMENTS = (("production", "default"), ("staging", "other"), ("development", "other"))


@dataclass(frozen=True, slots=True)
class Workspace:
    """One organisation's view: every service takes it first and never looks beyond it."""

    db: Database
    organisation: int
    user: int
    clock: Clock
    ids: Ids
    base_url: Callable[[], str] = str  # of the server, for links in answers
    jobs: Jobs = NO_JOBS
    state: int | None = None  # of the database in which the keys are right
    completion: Completion = AT_ONCE

    def now(self) -> str:
        """Return the current time in its wire form."""
        return self.clock.now()

    def reading(self) -> AbstractContextManager[None]:
        """See one state of the database."""
        return self.db.reading(self.state)

    def writing(self) -> AbstractContextManager[None]:
        """Change the database, all or nothing."""
        return self.db.writing(self.state)


@kept
def organisation_named() -> Any:
    return (
        Organisation.select(Organisation.id, User.id.alias("user"))
        .join(User, on=(User.organisation == Organisation.id))
        .where(Organisation.name == given("name"))
        .order_by(User.id)
        .limit(1)
    )


@kept
def _user_of() -> Any:
    return User.select(User.id).where(User.organisation == given("organisation")).limit(1)


def workspace_of(db: Database, organisation: int, clock: Clock, ids: Ids, jobs: Jobs) -> Workspace:
    """Return the workspace of an organisation by its key: for work that no request asked for."""
    with db.reading():
        user, state = db.value(_user_of(), organisation=organisation), db.state
    return Workspace(db, organisation, user, clock, ids, jobs=jobs, state=state)


def leave_empty(ws: Workspace) -> None:
    """Put nothing into a new workspace."""


def open_workspace(
    db: Database,
    name: str,
    clock: Clock,
    ids: Ids,
    base_url: Callable[[], str] = str,
    jobs: Jobs = NO_JOBS,
    completion: Completion = AT_ONCE,
    furnish: Callable[[Workspace], None] = leave_empty,
) -> Workspace:
    """Return the workspace of an organisation, made on first use with its root directory and environments.

    `furnish` puts into a new one what it begins with, in the same transaction.
    """
    state, row = db.organisations.get(name, NOT_FOUND)
    if row is None or state != db.noticed:
        with db.writing():
            row = db.first(organisation_named(), name=name)
            if row is None:
                row = _create(db, name, clock, ids)
                furnish(Workspace(db, row.id, row.user, clock, ids))
            state = db.state
        db.organisations[name] = state, row
    return Workspace(db, row.id, row.user, clock, ids, base_url, jobs, state, completion)


def _create(db: Database, name: str, clock: Clock, ids: Ids) -> Any:
    now = clock.now()
    organisation = db.insert(Organisation, name=name, created_at=now)
    db.insert(
        User,
        organisation=organisation,
        uid=ids.new("usr"),
        email_address="developer@example.com",
        full_name="Developer",
    )
    db.insert(
        Directory,
        organisation=organisation,
        uid=ids.new("dir"),
        parent=None,
        name="",
        path="",
        created_at=now,
        updated_at=now,
    )
    for environment, tag in FIRST_ENVIRONMENTS:
        db.insert(
            Environment,
            organisation=organisation,
            uid=ids.new("env"),
            name=environment,
            tag=tag,
            created_at=clock.now(),
        )
    return db.first(organisation_named(), name=name)
