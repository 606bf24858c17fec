"""What is done once before a database is served, however many processes serve it."""

from .bundled import DEFAULT, NO_SEED
from .clock import Clock
from .ids import Ids
from .services.workspace import Workspace, open_workspace
from .settings import Settings
from .store.database import Database
from .store.schema import migrate


def furnish(ws: Workspace) -> None:
    """Give a new workspace what every organisation begins with; few starts need the modules that read seeds."""
    from .exchange.seeds import furnish

    furnish(ws)


def prepare(settings: Settings) -> tuple[Database, list[str]]:
    """Open a database, bring it to the present schema, fill it if it is new, and read the rules of the models.

    Returns it with the names of the organisations that were not empty, and so were not seeded. ValueError (SeedError
    for a seed): a file is at fault.
    """
    db = Database(settings.db)
    migrate(db)
    used: list[str] = []
    clock, ids = Clock(settings.clock), Ids(settings.seed_ids)
    if settings.seed == DEFAULT:
        for organisation in settings.organisations():
            open_workspace(db, organisation, clock, ids, furnish=furnish)
    elif settings.seed != NO_SEED:
        from .exchange.seeds import fill

        used = fill(settings, db, clock, ids)
    from .runtime.providers.rule_store import load_folder, unload_folder

    if settings.models or not settings.openai_base_url:
        load_folder(db, settings.models)
    else:  # the rules that come along shall not answer for a real model
        unload_folder(db)
    return db, used
