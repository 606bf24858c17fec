"""The seed that a server starts with."""

from ...bundled import seed_folder
from ...clock import Clock
from ...ids import Ids
from ...services.workspace import open_workspace
from ...settings import Settings
from ...store.database import Database
from .loader import NotEmpty, seed


def fill(settings: Settings, db: Database, clock: Clock, ids: Ids) -> list[str]:
    """Seed every organisation that listed keys open, or the default one; return those that were not empty.

    Those are left as they are: a restarted server keeps what it has. SeedError: something is wrong with the seed.
    """
    used = []
    for organisation in settings.organisations():
        try:
            seed(open_workspace(db, organisation, clock, ids), seed_folder(settings.seed))
        except NotEmpty:
            used.append(organisation)
    return used
