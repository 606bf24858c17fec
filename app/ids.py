"""Identifiers: a prefix and base-62 characters, random for things and derived from content for versions.

The prefixes and lengths are those of the real service [O]: 21 characters, 27 for datapoints.
"""

import hashlib
import secrets
import string
from collections.abc import Sequence

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
LENGTH = 21
DATAPOINT_LENGTH = 27


class Ids:
    """Makes the ids of new rows."""

    def new(self, prefix: str) -> str:
        """Return a random id such as `evr_5f0TZ…` (21 characters behind the prefix)."""
        return f"{prefix}_{_base62(secrets.randbits(LENGTH * 6), LENGTH)}"


def derived_id(prefix: str, *parts: bytes, length: int = LENGTH) -> str:
    """Return the id that these parts always give: equal content, equal id."""
    digest = hashlib.blake2b(b"\0".join(parts), digest_size=32).digest()
    return f"{prefix}_{_base62(int.from_bytes(digest, 'big'), length)}"


def new_etag() -> int:
    """Return a random mark for one state of a row; caches are keyed by it, so it is never reused."""
    return secrets.randbits(62)


def _base62(number: int, length: int, alphabet: Sequence[str] = ALPHABET) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(alphabet[digit])
    return "".join(digits)
