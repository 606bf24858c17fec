"""The folders that come along: seeds, and rules of scripted models.

They are beside `app/` in a clone, and inside the package where a wheel was installed.
"""

from pathlib import Path

DEFAULT = "default"
SEEDS = (DEFAULT, "demo")
NO_SEED = "none"

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "fixtures"
FIXTURES = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "fixtures"


def seed_folder(name: str | Path) -> Path:
    """Return the folder of a seed: one that comes along, `default` or `demo`, or one of the user's own.

    These names win, so that what a server begins with does not depend on what lies where it is started: a folder of
    that name is `./demo`. The folder may be missing: whoever reads it says so.
    """
    return FIXTURES / name if name in SEEDS else Path(name)
