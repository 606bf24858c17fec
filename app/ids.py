"""Identifiers: a prefix and base-62 characters, random for things and derived from content for versions.

The prefixes and lengths are those of the real service [O]: 21 characters, 27 for datapoints. Random ids may be
seeded, so that two runs of the same test get the same ones.
"""

import hashlib
import os
import random
import secrets
import string
from collections.abc import Callable

ALPHABET = (string.digits + string.ascii_uppercase + string.ascii_lowercase).encode()
LENGTH = 21
DATAPOINT_LENGTH = 27

# A byte becomes a character: 8 of the 62 come up a little more often, which costs an id less than one of its 125 bits.
_CHARACTERS = bytes(ALPHABET[byte % len(ALPHABET)] for byte in range(256))


class Ids:
    """Makes the ids of new rows: random ones, or those of a sequence that a seed decides."""

    def __init__(self, seed: str = "") -> None:
        self.seeded = seed != ""
        self._seed = seed
        self._bytes: Callable[[int], bytes] = os.urandom
        self.restart("")

    def new(self, prefix: str) -> str:
        """Return an id such as `evr_5f0TZ…` (21 characters behind the prefix) that is not in use."""
        return f"{prefix}_{_text(self._bytes(LENGTH))}"

    def restart(self, stored: str) -> None:
        """Begin the sequence of the seed that belongs to what is stored; see `schema.extent`.

        One seed is one sequence for each state of the database: the ids that are in it are not made again.
        """
        if self.seeded:
            self._bytes = random.Random(f"{self._seed}\0{stored}").randbytes


def derived_id(prefix: str, *parts: bytes, length: int = LENGTH) -> str:
    """Return the id that these parts always give: equal content, equal id."""
    digest = hashlib.blake2b(b"\0".join(parts), digest_size=length).digest()
    return f"{prefix}_{_text(digest)}"


def new_etag() -> int:
    """Return a random mark for one state of a row; caches are keyed by it, so it is never reused."""
    return secrets.randbits(62)


def _text(data: bytes) -> str:
    return data.translate(_CHARACTERS).decode()
