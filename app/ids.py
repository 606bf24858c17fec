"""Identifiers: a prefix and base-62 characters, random for things and derived from content for versions.

The prefixes and lengths are those of the real service [O]: 21 characters, 27 for datapoints.
"""

import hashlib
import os
import secrets
import string

ALPHABET = (string.digits + string.ascii_uppercase + string.ascii_lowercase).encode()
LENGTH = 21
DATAPOINT_LENGTH = 27

# A byte becomes a character: 8 of the 62 come up a little more often, which costs an id less than one of its 125 bits.
_CHARACTERS = bytes(ALPHABET[byte % len(ALPHABET)] for byte in range(256))


class Ids:
    """Makes the ids of new rows."""

    def new(self, prefix: str) -> str:
        """Return a random id such as `evr_5f0TZ…` (21 characters behind the prefix)."""
        return f"{prefix}_{_text(os.urandom(LENGTH))}"


def derived_id(prefix: str, *parts: bytes, length: int = LENGTH) -> str:
    """Return the id that these parts always give: equal content, equal id."""
    digest = hashlib.blake2b(b"\0".join(parts), digest_size=length).digest()
    return f"{prefix}_{_text(digest)}"


def new_etag() -> int:
    """Return a random mark for one state of a row; caches are keyed by it, so it is never reused."""
    return secrets.randbits(62)


def _text(data: bytes) -> str:
    return data.translate(_CHARACTERS).decode()
