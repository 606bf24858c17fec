"""Adding a kind of File as the guide for developers says: to a copy of the package, with the code of the guide."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs_reader import ROOT, page

GUIDE = page("development.md")
FILE = re.compile(r"`((?:schemas|kinds)/\w+\.py)`:\n\n```python3\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LAST = "FLOW, AGENT)"


def test_a_seventh_kind_is_two_files_and_a_place_in_the_registry(tmp_path: Path) -> None:
    package = tmp_path / "humanloop_emulator"
    shutil.copytree(ROOT / "app", package, ignore=shutil.ignore_patterns("__pycache__", "static"))
    (package / "fixtures").symlink_to(ROOT / "fixtures", target_is_directory=True)
    written = [_write(package / name, text) for name, text in FILE.findall(GUIDE.text)]
    assert [path.parent.name for path in written] == ["schemas", "kinds"]
    registry = package / "kinds" / "__init__.py"
    text = registry.read_text(encoding="utf-8")
    assert text.count(LAST) == 1
    text = text.replace(LAST, "FLOW, AGENT, RUBRIC)").replace("\nKINDS", "\nfrom .rubric import RUBRIC\n\nKINDS", 1)
    registry.write_text(text, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "tests.kinds.new_kind", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, str(package)), done.stderr


def _write(path: Path, text: str) -> Path:
    assert not path.exists()
    path.write_text(text, encoding="utf-8")
    return path
