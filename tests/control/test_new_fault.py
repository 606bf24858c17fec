"""Adding a fault as the guide for developers says: to a copy of the package, with the changes of the guide."""

import re
from pathlib import Path

from tests.builders.packages import copy_package, run_with
from tests.docs_reader import page

GUIDE = page("development.md")
CHANGE = re.compile(r"`app/(control/faults/\w+\.py)`:\n\n```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_a_fault_is_a_field_of_a_rule_and_what_it_does(tmp_path: Path) -> None:
    package = copy_package(tmp_path)
    changes = CHANGE.findall(GUIDE.text)
    assert {name.rpartition("/")[2] for name, _ in changes} == {"schema.py", "rules.py", "breaking.py"}
    for name, diff in changes:
        _apply(package / name, diff)
    run_with(package, "tests.control.new_fault")


def _apply(path: Path, diff: str) -> None:
    """Make the change of a diff, whose lines must be in the file exactly once."""
    lines = diff.splitlines()
    old = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
    new = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
    text = path.read_text(encoding="utf-8")
    assert f"\n{text}".count(f"\n{old}") == 1, old
    path.write_text(f"\n{text}".replace(f"\n{old}", f"\n{new}")[1:], encoding="utf-8")
