"""`uuid` for Monty: to read identifiers, and to make random ones, the same for the same arguments of a call."""

import random


class UUID:
    def __init__(self, hex=None, *, int=None, version=None):
        if (hex is None) == (int is None):
            raise TypeError("one of the hex, bytes, bytes_le, fields, or int arguments must be given")
        digits = (
            f"{int:032x}" if hex is None else hex.replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", "")
        )
        if len(digits) != 32 or [digit for digit in digits if digit not in "0123456789abcdefABCDEF"]:
            raise ValueError("badly formed hexadecimal UUID string")
        digits = digits.lower()
        if version is not None:
            if not 1 <= version <= 5:
                raise ValueError("illegal version number")
            digits = f"{digits[:12]}{version}{digits[13:16]}{'89ab'[_number(digits[16]) % 4]}{digits[17:]}"
        self.hex = digits
        self.int = _number(digits)
        self.version = _number(digits[12]) if digits[16] in "89ab" else None
        self.urn = f"urn:uuid:{_written(digits)}"

    def __str__(self):
        return _written(self.hex)

    def __repr__(self):
        return f"UUID('{_written(self.hex)}')"

    def __eq__(self, other):
        return isinstance(other, UUID) and self.int == other.int

    def __hash__(self):
        return hash(self.int)


def uuid4():
    return UUID(int=random.getrandbits(128), version=4)


def _number(digits):
    return int(digits, 16)


def _written(digits):
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
