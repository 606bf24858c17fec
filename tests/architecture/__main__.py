"""Draw the rooms into the documentation."""

from .rooms import DOCUMENT, draw, drawn

front, _, back = drawn()
DOCUMENT.write_text(front + draw() + back)
