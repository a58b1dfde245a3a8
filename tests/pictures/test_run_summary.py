from tests.synthetic import Synthetic, write_trace
from tracer.pictures.run_summary import run_summary
from tracer.schema import ConfigParameter, Missing
from tracer.trace.opening import open_trace
from tracer.trace.step import Step

SETTINGS = {
    "max_new_tokens": ConfigParameter(value=3, origin="argument"),
    "eos_token_id": ConfigParameter(value=2, origin="model"),
    "num_beams": ConfigParameter(value=1, origin="default"),
    "output_scores": ConfigParameter(value=True, origin="argument"),
    "min_p": ConfigParameter(value=None, origin="default"),
}


def summary_of(path, lang="en", **changes):
    trace = open_trace(write_trace(path / "x.trace", Synthetic(changes=changes)))
    return run_summary(trace.sequence(), lang)


def test_settings_stand_in_the_order_of_their_origin_without_what_is_not_set(tmp_path):
    found = summary_of(tmp_path, generation_config=SETTINGS)

    assert [
        ("max_new_tokens", "3", "argument", False),
        ("eos_token_id", "2", "the model's file", False),
        ("num_beams", "1", "default", True),
    ] == [(one.name, one.value, one.origin, one.is_default) for one in found.settings]


def test_times_are_told_where_they_were_recorded(tmp_path):
    found = summary_of(tmp_path, elapsed_ms=1500.0, waited_ms=12.0)

    assert "1.5 s, 500 ms a token, of which 12 ms in all waited for the recording" in [
        fact.value for fact in found.facts
    ]


def test_without_times_there_is_no_such_line(tmp_path):
    assert "Time" not in [fact.name for fact in summary_of(tmp_path).facts]


def test_what_is_missing_and_noted_is_listed(tmp_path):
    missing = [Missing(signal="queries", reason="not asked for")]

    found = summary_of(tmp_path, missing=missing, notes=["max_time was set"])

    assert [("queries", "not asked for")] == [(one.name, one.value) for one in found.missing]
    assert ("max_time was set",) == found.notes


def test_the_end_is_what_the_last_step_says_of_it(tmp_path):
    assert "Generation stopped: EosTokenCriteria asked for it." == summary_of(tmp_path).end


def test_a_text_that_had_not_ended_says_so_in_both_languages(tmp_path, monkeypatch):
    monkeypatch.setattr(Step, "is_finished", False)

    assert "and generation had not stopped" in summary_of(tmp_path / "en").end
    assert "生成当时还没有结束" in summary_of(tmp_path / "zh", "zh").end


def test_findings_of_another_row_are_left_out(tmp_path):
    path = write_trace(tmp_path / "x.trace", Synthetic(rows=2))
    first, second = open_trace(path).calls[0].sequences

    assert all("row 1" not in one.place for one in run_summary(first).findings)
    assert all("row 0" not in one.place for one in run_summary(second).findings)
