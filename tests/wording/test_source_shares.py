"""What pushed a token, in sentences: each with its number, in both languages."""

from tests.made_shares import make_shares
from tracer.analysis.source_shares import StepAfter
from tracer.wording.source_shares import source_note, source_sentences


def test_the_sentences_name_the_lead_the_largest_push_and_the_sums() -> None:
    assert (
        "In logits `·rain` leads `<b>` by 3.00. The largest push came from `$1` (position 3) through layer 0, "
        "head 2: 2.00 for `·rain`. Embedding +0.50, attention +0.75, MLPs +0.50, biases +1.12 and rounding +0.12: "
        "together +3.00."
    ) == source_sentences(make_shares())
    assert (
        "按 logits，`·rain` 比 `<b>` 高 3.00。推动最大的是位置 3 的 `$1`，经第 0 层、注意力头 2，给 `·rain` 加了 2.00。"
        "嵌入 +0.50、注意力 +0.75、MLP +0.50、偏置 +1.12、舍入 +0.12：合计 +3.00。"
    ) == source_sentences(make_shares(), "zh")


def test_a_token_that_lost_trails_and_steps_after_are_said() -> None:
    steps = (StepAfter("scaling", 0.5, -1.5), StepAfter("softcap", 30.0, -1.25))
    text = source_sentences(make_shares(difference=-1.25, steps_after=steps, undivided=(0, 1)))

    assert text.startswith("In logits `·rain` trails `<b>` by 1.25.")
    assert "Then scaling by 0.5 makes it −1.50. Then the softcap of 30 makes it −1.25." in text
    assert text.endswith(
        "The parts of layers 0 and 1 are not known; all that these layers added counts as MLP."
    )


def test_sums_that_round_to_zero_are_not_said() -> None:
    text = source_sentences(make_shares(rounding=1e-7, head_bias=0.125, difference=1.75))

    assert "Embedding +0.50, attention +0.75 and MLPs +0.50: together +1.75." in text


def test_the_note_gives_the_remainder() -> None:
    assert "The remainder is −1.2e−07." in source_note(make_shares(remainder=-1.2e-7))
    assert "余项为 1.0e−07。" in source_note(make_shares(remainder=1e-7), "zh")
