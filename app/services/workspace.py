"""Workspaces: what a service works with, which is one organisation's view of the database."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..clock import Clock
from ..ids import Ids
from ..store.database import Database
from ..store.models import Directory, Environment, Organisation, User
from ..store.statement import sql


class Jobs:
    """What is done later, outside of requests: here nothing, for workspaces that only store."""

    judged: tuple[str, ...] = ()
    """The types of Evaluators that the server runs."""

    def judge(self, organisation: int, logs: list[int]) -> None:
        """Have the Evaluators that are assigned to these Logs judge them."""

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
FIRST_ENVIRONMENTS = (("production", "default"), ("staging", "other"), ("development", "other"))


@dataclass(frozen=True, slots=True)
class Workspace:
    """One organisation's view: every service takes it as its first argument, and never looks beyond it."""

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


class Owner(NamedTuple):
    """An organisation and its user, by key."""

    organisation: int
    user: int


ORGANISATION = sql(
    """
    SELECT o.id AS organisation, u.id AS "user" FROM organisation o JOIN account u ON u.organisation_id = o.id
    WHERE o.name = :name ORDER BY u.id LIMIT 1
    """,
    Owner,
)

USER_OF = sql("SELECT id FROM account WHERE organisation_id = :organisation ORDER BY id LIMIT 1")


def workspace_of(db: Database, organisation: int, clock: Clock, ids: Ids, jobs: Jobs) -> Workspace:
    """Return the workspace of an organisation by its key, for work outside of requests."""
    with db.reading():
        user, state = db.value(USER_OF, organisation=organisation), db.state
    return Workspace(db, organisation, user, clock, ids, jobs=jobs, state=state)


def leave_empty(ws: Workspace) -> None:
    """Leave a new workspace empty."""


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
    known = db.organisations.get(name)
    if known is None or known[0] != db.noticed:
        with db.writing():
            owner = db.first(ORGANISATION, name=name)
            if owner is None:
                owner = _create(db, name, clock, ids)
                furnish(Workspace(db, owner.organisation, owner.user, clock, ids))
            known = db.state, owner
        db.organisations[name] = known  # only once it is stored
    state, (organisation, user) = known
    return Workspace(db, organisation, user, clock, ids, base_url, jobs, state, completion)


def _create(db: Database, name: str, clock: Clock, ids: Ids) -> Owner:
    now = clock.now()
    organisation = db.insert(Organisation, name=name, created_at=now)
    user = db.insert(
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
    return Owner(organisation, user)
