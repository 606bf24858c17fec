"""What must be on the disk before anything relies on it."""

import os
from pathlib import Path


def write_through(path: Path) -> None:
    """Wait until a file or the entries of a folder are on the disk, so that a power cut does not lose them."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
