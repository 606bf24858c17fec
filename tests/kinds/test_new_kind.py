"""Adding a kind of File as the guide for developers says: to a copy of the package, with the code of the guide."""

import re
from pathlib import Path

from tests.builders.packages import copy_package, run_with
from tests.docs_reader import page

GUIDE = page("development.md")
FILE = re.compile(r"`((?:schemas|kinds)/\w+\.py)`:\n\n```python3\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LAST = "FLOW, AGENT)"


def test_a_seventh_kind_is_two_files_and_a_place_in_the_registry(tmp_path: Path) -> None:
    package = copy_package(tmp_path)
    written = [_write(package / name, text) for name, text in FILE.findall(GUIDE.text)]
    assert [path.parent.name for path in written] == ["schemas", "kinds"]
    registry = package / "kinds" / "__init__.py"
    text = registry.read_text(encoding="utf-8")
    assert text.count(LAST) == 1
    text = text.replace(LAST, "FLOW, AGENT, RUBRIC)").replace("\nKINDS", "\nfrom .rubric import RUBRIC\n\nKINDS", 1)
    registry.write_text(text, encoding="utf-8")
    run_with(package, "tests.kinds.new_kind", str(tmp_path))


def _write(path: Path, text: str) -> Path:
    assert not path.exists()
    path.write_text(text, encoding="utf-8")
    return path
