"""Run the emulator from a clone: `python run.py …` is the command `humanloop-emulator …`."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

APP = Path(__file__).resolve().parent / "app"


def name_package() -> None:
    """Load the folder app/ as `humanloop_emulator`, installed or not.

    It is done on import, not only when this file is the program: worker processes import it to find the package.
    """
    spec = spec_from_file_location("humanloop_emulator", APP / "__init__.py", submodule_search_locations=[str(APP)])
    assert spec and spec.loader
    package = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(package)


name_package()

if __name__ == "__main__":
    from humanloop_emulator.commands.cli import main

    main(prog_name="run.py")
