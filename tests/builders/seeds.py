"""Pieces of seeds, and how a test writes them."""

from pathlib import Path

SPEC = "{evaluator_type: external, arguments_type: target_free, return_type: boolean}"
CORRECT = f"type: evaluator\nspec: {SPEC}\n"
CAPITAL = "type: prompt\nmodel: gpt-4o\ntemplate: Capital of {{country}}?\n"
COUNTRIES = "type: dataset\ndatapoints: countries.csv\n"
CSV = "country,target\nFrance,Paris\nPeru,Lima\n"


def write(folder: Path, files: dict[str, str]) -> None:
    """Write texts into files of a folder, by path."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
