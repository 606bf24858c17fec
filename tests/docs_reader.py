"""Reads the documentation: its snippets, its links, its headings, and the names in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Snippet:
    """A fenced block, and the line on which its text begins."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Page:
    """A page of the documentation."""

    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The text without its snippets."""
        return FENCE.sub("", self.text)

    @cached_property
    def snippets(self) -> list[Snippet]:
        return [
            Snippet(found[1], found[2], self.text.count("\n", 0, found.start(2)) + 1)
            for found in FENCE.finditer(self.text)
        ]

    def of_language(self, language: str) -> list[Snippet]:
        return [snippet for snippet in self.snippets if snippet.language == language]

    @cached_property
    def anchors(self) -> set[str]:
        """The fragments of the headings, as they are made on code hosts."""
        headings = re.findall(r"^#+ (.*)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    @cached_property
    def links(self) -> list[str]:
        """The targets of its links within the project."""
        return [link for link in LINK.findall(self.prose) if "://" not in link]

    @cached_property
    def names(self) -> list[str]:
        """What stands in backticks."""
        return CODE.findall(self.prose)


PAGES = [Page(ROOT / "README.md"), *(Page(path) for path in sorted((ROOT / "docs").glob("*.md")))]
DOCUMENTS = [*PAGES, Page(ROOT / "CHANGELOG.md")]


def page(name: str) -> Page:
    """Return the page with this file name."""
    return next(document for document in DOCUMENTS if document.path.name == name)


def expected_output(document: Page) -> Iterator[str]:
    """Name the lines that the Python snippets print: comments behind prints, and text blocks below a snippet."""
    before = ""
    for snippet in document.snippets:
        if snippet.language == "python":
            yield from re.findall(r"^\s*print\(.*\)  # (.+)$", snippet.text, re.MULTILINE)
        elif snippet.language == "text" and before == "python":
            yield from filter(None, snippet.text.splitlines())
        before = snippet.language
