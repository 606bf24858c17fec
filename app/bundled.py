"""The folders that come along: seeds, and rules of scripted models.

They are beside `app/` in a clone, and inside the package where a wheel was installed.
"""

from pathlib import Path

SEEDS = ("default", "demo")

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "fixtures"
FIXTURES = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "fixtures"


def seed_folder(name: str | Path) -> Path:
    """Return the folder of a seed: the one of this name, or one that comes along, `default` or `demo`.

    A folder of one's own wins, so that a path is always a path. It may be missing: whoever reads it says so.
    """
    path = Path(name)
    return FIXTURES / path if str(name) in SEEDS and not path.is_dir() else path
