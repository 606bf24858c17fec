"""The bundled folders: seeds, and rules for scripted models.

They are beside `app/` in a clone, and inside the package in an installed wheel.
"""

from pathlib import Path

DEFAULT = "default"
SEEDS = (DEFAULT, "demo")
NO_SEED = "none"

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "fixtures"
FIXTURES = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "fixtures"


def seed_folder(name: str | Path) -> Path:
    """Return the folder of a seed: a bundled one, `default` or `demo`, or one of the user's own.

    The bundled names take precedence, so that what a server starts with does not depend on the directory in which it is
    started: a folder with such a name is `./demo`. The folder may not exist; reading it then fails.
    """
    return FIXTURES / name if name in SEEDS else Path(name)
