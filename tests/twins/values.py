"""Values that databases like to tell apart: texts of every alphabet, numbers of every length, JSON of every shape."""

from typing import Any

from hypothesis import strategies as st

LETTERS = "aAzZ ßẞsSςσΣıIİiéÉäÄǰŉﬃᾳЖжԱաᏀꭰ字😀\u0301\0\1\2\U0010ffff01%_\\'\"?:$/{}\n\u2028\ufeff\ud800"
"""What has no case, several or a longer one, is no character, or means something to SQL, LIKE, JSON or a path."""
WORDS = [
    "",
    " ",
    "a",
    "A",
    "STRASSE",
    "straße",
    "ΣΟΦΟΣ",
    "σοφος",
    "i̇stanbul",
    "100%",
    "a_c",
    "abc",
    "\0",
    "null",
    "a/b",
]
NUMBERS = [
    0,
    1,
    -1,
    2**31,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    2**63,
    2**64,
    10**30,
    0.5,
    -0.0,
    1e16,
    1e22,
    1.5e300,
    0.1 + 0.2,
]
TIMES = [
    "2030-01-01T00:00:00Z",
    "2030-01-01T00:00:00.000001+05:30",
    "2029-12-31",
    "1893456000",
    "0001-01-01T00:00:00",
    "x",
]

VALID_TIMES = ["2030-01-01T00:00:00Z", "2030-01-01T00:00:00.000001+05:30", "2029-12-31T23:59:59.9"]

hostile = st.sampled_from(WORDS) | st.text(LETTERS, max_size=6)
texts = hostile.filter(lambda text: "\ud800" not in text)
"""What is stored and searched for."""
names = st.text([letter for letter in LETTERS if letter not in "\0/\ud800{}\n"], min_size=1, max_size=4).map(str.strip)
names = st.sampled_from(["a", "A", "é", "É", "b"]) | names
paths = names | st.builds("{}/{}".format, st.sampled_from(["dir", "DIR", "Ω", "dir/deep"]), names)
numbers = st.sampled_from(NUMBERS)
times = st.sampled_from(VALID_TIMES * 3 + TIMES)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(texts, values, max_size=3)


def rarely(other: st.SearchStrategy[Any], usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mix what is likely to be refused with what is not: most requests of a sequence have to succeed."""
    return st.integers(0, 9).flatmap(lambda number: other if number == 9 else usual)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Make objects with any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)
