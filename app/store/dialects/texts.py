"""Texts as PostgreSQL keeps them, for it stores no NUL, and folds case otherwise than SQLite is made to.

NUL and three other characters that no text needs are written as three: a first one that stands for nothing else, and
two that follow no other. So texts sort as before, and none holds another one that it did not hold.
"""

from typing import Any

from psycopg.adapt import Loader
from psycopg.types.string import StrDumperUnknown

WRITTEN = {"\0": "\1\2\2", "\1": "\1\2\3", "\2": "\1\3\2", "\3": "\1\3\3"}
_TABLE = str.maketrans(WRITTEN)


class TextDumper(StrDumperUnknown):
    """Writes texts of the emulator for PostgreSQL."""

    def dump(self, obj: str) -> Any:
        if "\0" in obj or "\1" in obj or "\2" in obj or "\3" in obj:
            obj = obj.translate(_TABLE)
        return super().dump(obj)


class TextLoader(Loader):
    """Reads texts of PostgreSQL for the emulator."""

    def load(self, data: Any) -> str:
        text = bytes(data).decode()
        if "\1" in text:
            for character, written in WRITTEN.items():
                text = text.replace(written, character)
        return text


def _replaced(value: str, old: str, new: str) -> str:
    """Return SQL that replaces an escape in a JSON text, but not what looks like one behind an escaped backslash."""
    return rf"regexp_replace({value}, '(?<!\\)((?:\\\\)*){old}', '\1{new}', 'g')"


def _escapes(text: str) -> str:
    return "".join(rf"\\u{ord(character):04x}" for character in text)


def _json_as_written(value: str) -> str:
    value = _replaced(value, r"\\u000([0-3])", r"\\x\2")  # which JSON does not know: so nothing is replaced twice
    for character, written in WRITTEN.items():
        value = _replaced(value, rf"\\x{ord(character)}", _escapes(written))
    return value


def _json_as_sent(value: str) -> str:
    for character, written in WRITTEN.items():
        value = _replaced(value, _escapes(written), _escapes(character))
    return value


_BLOCKS = ((0xB5, 0x588), (0x13A0, 0x1400), (0x1C80, 0x2000), (0xAB70, 0xABC0), (0xFB00, 0xFB18))
SPECIAL = [c for begin, end in _BLOCKS for c in map(chr, range(begin, end)) if c.lower() == c != c.casefold()]
"""The letters that folding changes and lower case does not; to look for them everywhere would take 200 ms."""
LAST_CAPITAL = 0x1E921


def _translated(value: str, letters: dict[str, str]) -> str:
    """Return SQL that writes other letters, one or more, for each of these."""
    ones = {letter: others for letter, others in letters.items() if len(others) == 1}
    value = f"translate({value}, '{''.join(ones)}', '{''.join(ones.values())}')"
    for letter in sorted(letters.keys() - ones.keys()):
        value = f"replace({value}, '{letter}', '{letters[letter]}')"
    return value


def _lowered(icu: bool) -> str:
    """Return SQL for small letters: where PostgreSQL is built without ICU, it knows only those of ASCII."""
    if icu:
        return 'lower(value COLLATE "und-x-icu") COLLATE "C"'
    capitals = {c: c.lower() for c in map(chr, range(0x80, LAST_CAPITAL + 1)) if c.lower() != c}
    return _translated('lower(value COLLATE "C")', capitals)


def functions(*, icu: bool) -> dict[str, str]:
    """Return what the dialect's words call, by signature, for a server with these collations or without."""
    return {
        "as_json(value text) RETURNS json": (
            rf"SELECT (CASE WHEN strpos(value, '\u000') = 0 THEN value ELSE {_json_as_written('value')} END)::json"
        ),
        "sent_json(value text) RETURNS text": (
            rf"SELECT CASE WHEN strpos(value, '\u0001') = 0 THEN value ELSE {_json_as_sent('value')} END"
        ),
        "folded_letters(value text) RETURNS text": (
            f"SELECT CASE WHEN value ~ '[{''.join(SPECIAL)}]' "
            f"THEN {_translated('value', {c: c.casefold() for c in SPECIAL})} ELSE value END"
        ),
        "casefolded(value text) RETURNS text": (
            'SELECT CASE WHEN octet_length(value) = length(value) THEN lower(value COLLATE "C") '
            f"ELSE folded_letters({_lowered(icu)}) END"
        ),
    }
