"""Write capitals.json again from the npm package world-countries: `python examples/data/make_capitals.py`.

npm fetches the package and checks it; the version is fixed, so that the same facts come out each time.
"""

import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

PACKAGE = "world-countries@5.1.0"
TARGET = Path(__file__).with_name("capitals.json")


def fetch(folder: str) -> list[dict[str, Any]]:
    """Return the countries of the package, which npm puts into this folder."""
    packed = subprocess.run(
        ["npm", "pack", PACKAGE, "--pack-destination", folder], check=True, capture_output=True, text=True
    )
    with tarfile.open(Path(folder, packed.stdout.strip().splitlines()[-1])) as archive:
        member = archive.extractfile("package/countries.json")
        assert member
        return json.load(member)


def with_capital(countries: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return name, capital and region of the countries that have a capital; of several capitals the first."""
    facts = [
        {"name": country["name"]["common"], "capital": country["capital"][0], "region": country["region"]}
        for country in countries
        if any(country["capital"])
    ]
    return sorted(facts, key=lambda fact: fact["name"])


def main() -> None:
    """Fetch, pick and write, with one country in a line."""
    with tempfile.TemporaryDirectory() as folder:
        facts = with_capital(fetch(folder))
    lines = ",\n".join(json.dumps(fact, ensure_ascii=False) for fact in facts)
    TARGET.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(facts)} countries with a capital in {TARGET}")


if __name__ == "__main__":
    main()
