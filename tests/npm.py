"""Packages of the npm registry; tests that need them are skipped where Node or the registry is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ENOTCACHED")


def install(folder: Path, *packages: str) -> None:
    """Install packages into a folder, or those that its package.json names; skip the test if they cannot be had."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node and npm are not installed.")
    if not (folder / "package.json").exists():
        (folder / "package.json").write_text('{"private": true}')
    command = [npm, "install", "--no-audit", "--no-fund", *packages]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=True)
    except subprocess.TimeoutExpired:
        pytest.skip("The npm registry does not answer.")
    except subprocess.CalledProcessError as error:
        if any(reason in error.stderr for reason in UNREACHABLE):
            pytest.skip("The npm registry cannot be reached.")
        raise AssertionError(error.stderr) from None
