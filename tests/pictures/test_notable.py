"""The list of findings says why, in both languages, and keeps every notable step."""

from pathlib import Path

from tests.long_trace import STOP, long_trace
from tracer.analysis.findings.registry import lint
from tracer.analysis.notable import Finding, Reason, notable_steps, worth_stopping_at
from tracer.pictures.notable import notable_picture, reason_text
from tracer.pictures.strip import strip_picture
from tracer.samples import sample_paths
from tracer.trace.opening import open_trace


def test_the_opened_step_says_why() -> None:
    sequence = open_trace(sample_paths()[0]).sequence()
    found = notable_steps(sequence)
    english, chinese = (notable_picture(sequence, found, lang) for lang in ("en", "zh"))

    step, percent = found[0].step, f"{found[0].reasons[0].amount * 100:.1f}"
    assert f"Opened at step {step}: the model wanted to stop ({percent} %)" == english.opened
    assert f"已打开第 {step} 步：模型想在这里结束（{percent}%）" == chinese.opened
    assert (step, 5) == (english.opened_step, len(english.strongest))
    assert "repetition penalty 1.1 changed the winner" == english.strongest[1].reason
    assert "重复惩罚 1.1 改变了第一名" == chinese.strongest[1].reason
    assert sequence.call.trace.vocabulary.visible(sequence.token_ids[step]) == english.strongest[0].token


def test_every_notable_step_has_its_reason() -> None:
    sequence = open_trace(sample_paths()[0]).sequence()
    found = notable_steps(sequence)
    picture = notable_picture(sequence, found, "en")

    assert f"all {len(found)}" == picture.all_label
    assert [one.step for one in found] == list(picture.steps)
    assert [str(one.finding) for one in found] == [picture.findings[place] for place in picture.reason_of]
    assert len(picture.reasons) == len(set(picture.reasons))


def test_a_finding_of_lint_gives_its_title() -> None:
    trace = open_trace(sample_paths()[0])
    found = notable_steps(trace.sequence(), lint(trace))
    texts = {
        reason_text(reason, trace.sequence(), "en")
        for one in found
        for reason in one.reasons
        if reason.finding is Finding.LINT
    }

    assert {"penalty on the stop token", "penalty on prompt tokens"} == texts


def test_each_kind_of_finding_has_words() -> None:
    sequence = open_trace(sample_paths()[0]).sequence()
    for finding in set(Finding) - {Finding.LINT}:
        for lang in ("en", "zh"):
            assert reason_text(Reason(finding, 0.5), sequence, lang)


def test_a_sequence_without_steps_says_so(tmp_path: Path) -> None:
    sequence = long_trace(tmp_path / "a", [b"<end>", b"a"], [1], []).sequence()
    picture = notable_picture(sequence, notable_steps(sequence), "en")

    assert ("Nothing was generated.", None, ()) == (picture.opened, picture.opened_step, picture.strongest)


def test_a_single_step_is_its_own_finding(tmp_path: Path) -> None:
    sequence = long_trace(tmp_path / "a", [b"<end>", b"a"], [1], [STOP]).sequence()

    assert (
        "Opened at step 0: the model was least sure"
        == notable_picture(sequence, notable_steps(sequence), "en").opened
    )


def test_one_step_in_five_is_stopped_at_and_the_rest_only_listed() -> None:
    sequence = open_trace(sample_paths()[0]).sequence()
    found = notable_steps(sequence)
    picture, strip = notable_picture(sequence, found, "en"), strip_picture(sequence, found, "en")

    assert len(sequence.steps) // 5 == picture.num_stops < len(picture.steps)
    marked = {step for step, mark in enumerate(strip.marks) if mark != "-"}
    assert set(picture.steps[: picture.num_stops]) == marked
    assert picture.strengths[picture.num_stops - 1] >= max(picture.strengths[picture.num_stops :])


def test_a_short_text_keeps_its_first_five() -> None:
    sequence = open_trace(sample_paths()[0]).sequence()
    found = notable_steps(sequence)

    assert found[:5] == worth_stopping_at(reversed(found), 7)
