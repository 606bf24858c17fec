"""The objects and lists that dotted names were made of, as deep as the answers that hold them."""

from humanloop_emulator.services.telemetry.attributes import DEEPEST, unflatten


def test_a_name_with_too_many_parts_is_left_out() -> None:
    longest = ".".join("a" * DEEPEST)
    assert unflatten({longest + ".a": 1, "b": 2}) == {"b": 2}
    assert list(unflatten({longest: 1, "b": 2})) == ["a", "b"]
