import pytest

from tracer.cli.options import GenerationOptions, RecordingOptions, parse_numbers
from tracer.config import RecordingConfig


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, None), ("3", range(3, 4)), ("0-3", range(4)), ("2,0-1", range(3)), ("0, 2-3,9", (0, 2, 3, 9))],
)
def test_numbers_are_read_as_people_write_them(text: str | None, expected: object) -> None:
    assert expected == parse_numbers(text, "--layers")


@pytest.mark.parametrize("text", ["", "a", "3-1", "1-", "-1", "1.5"])
def test_what_is_no_list_of_numbers_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"--steps .* is not a list of numbers\. Type for example: --steps 0-3,29"
    ):
        parse_numbers(text, "--steps")


def test_only_what_was_given_reaches_generate() -> None:
    assert {"max_new_tokens": 64} == GenerationOptions().arguments()
    given = GenerationOptions(do_sample=False, seed=3, settings=["stop_strings=x", "min_length=2"])
    assert {
        "max_new_tokens": 64,
        "do_sample": False,
        "stop_strings": "x",
        "min_length": 2,
    } == given.arguments()


def test_only_what_was_given_overrides_the_preset() -> None:
    assert RecordingConfig() == RecordingOptions().config()
    assert RecordingConfig(preset="light", logits="last", budget="5MB", overwrite=True) == RecordingOptions(
        preset="light", logits="last", budget="5MB"
    ).config(overwrite=True)


def test_every_signal_of_the_configuration_has_an_option() -> None:
    named = set(RecordingConfig.__dataclass_fields__) - {
        "queue_bytes",
        "overwrite",
        "messages",
        "unsupported",
    }
    assert named == set(RecordingOptions.__dataclass_fields__)
