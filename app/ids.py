"""Identifiers: a prefix and base-62 characters, random for most things, and derived from content for versions.

The prefixes and lengths are those of the real service [O]: 21 characters, 27 for datapoints. Random ids can be seeded,
so that two runs of the same test get the same ones.
"""

import hashlib
import os
import secrets
import string
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

ALPHABET = (string.digits + string.ascii_uppercase + string.ascii_lowercase).encode()
LENGTH = 21
DATAPOINT_LENGTH = 27

# A byte becomes a character. 8 of the 62 are a little more likely, which costs an id less than one of its 125 bits.
_CHARACTERS = bytes(ALPHABET[byte % len(ALPHABET)] for byte in range(256))


class Ids:
    """Makes the ids of new rows: random ones, or a sequence that depends on a seed.

    `numbering` is held during each step of the sequence. With that of `store.timekeeper` no number is used twice, in
    any process.
    """

    def __init__(self, seed: str = "", numbering: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        """Start at the beginning of the seed's sequence; an empty seed makes random ids."""
        self.seed = seed
        self.sequence = 0
        self._numbering = numbering

    def new(self, prefix: str) -> str:
        """Return an unused id such as `evr_5f0TZ…` (21 characters after the prefix)."""
        if not self.seed:
            return f"{prefix}_{_text(os.urandom(LENGTH))}"
        with self._numbering():
            self.sequence += 1
            return derived_id(prefix, self.seed.encode(), b"%d" % self.sequence)


def derived_id(prefix: str, *parts: bytes, length: int = LENGTH) -> str:
    """Return the id derived from these parts: equal content has an equal id."""
    digest = hashlib.blake2b(b"\0".join(parts), digest_size=length).digest()
    return f"{prefix}_{_text(digest)}"


new_etag = partial(secrets.randbits, 62)
"""Return a random mark for one state of a row; it is never reused, because caches are keyed by it."""


def _text(data: bytes) -> str:
    return data.translate(_CHARACTERS).decode()
