"""Identifiers: a prefix and base-62 characters, random for things and derived from content for versions.

The prefixes and lengths are those of the real service [O]: 21 characters, 27 for datapoints. Random ids may be
seeded, so that two runs of the same test get the same ones.
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

# A byte becomes a character: 8 of the 62 come up a little more often, which costs an id less than one of its 125 bits.
_CHARACTERS = bytes(ALPHABET[byte % len(ALPHABET)] for byte in range(256))


class Ids:
    """Makes the ids of new rows: random ones, or those of a sequence that a seed decides.

    `numbering` is held around each step of the sequence. See `store.timekeeper`: it lets no number come twice, in
    whichever process.
    """

    def __init__(self, seed: str = "", numbering: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        """Begin at the start of the seed's sequence; an empty seed makes random ids."""
        self.seed = seed
        self.sequence = 0
        self._numbering = numbering

    def new(self, prefix: str) -> str:
        """Return an id such as `evr_5f0TZ…` (21 characters behind the prefix) that is not in use."""
        if not self.seed:
            return f"{prefix}_{_text(os.urandom(LENGTH))}"
        with self._numbering():
            self.sequence += 1
            return derived_id(prefix, self.seed.encode(), b"%d" % self.sequence)


def derived_id(prefix: str, *parts: bytes, length: int = LENGTH) -> str:
    """Return the id that these parts always give: equal content, equal id."""
    digest = hashlib.blake2b(b"\0".join(parts), digest_size=length).digest()
    return f"{prefix}_{_text(digest)}"


new_etag = partial(secrets.randbits, 62)
"""Return a random mark for one state of a row; caches are keyed by it, so it is never reused."""


def _text(data: bytes) -> str:
    return data.translate(_CHARACTERS).decode()
