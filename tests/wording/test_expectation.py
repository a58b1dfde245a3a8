import pytest

from tests.analysis.chain import INF
from tests.analysis.texts import spelled_trace
from tracer.analysis.expectation import Departure, Expectation, Outcome
from tracer.analysis.explanation import Row
from tracer.analysis.remedies import Adjustment, Choice, Remedies, Remedy
from tracer.analysis.settings import Setting
from tracer.wording.expectation import Expected, clauses, expected

MODEL, TOP_K = Setting("logits"), Setting("TopKLogitsWarper", "top_k", 50)
MIN_P = Setting("MinPLogitsWarper", "min_p", 0.2)


def row(token, probabilities, ranks, *, removed_at=None, is_chosen=False):
    scores = tuple(-INF if removed_at is not None and n >= removed_at else 1.5 for n in range(len(ranks)))
    return Row(
        1, token, scores, probabilities, ranks, removed_at, None, False, False, is_chosen, False, False
    )


def remedies(*found, **changes):
    values = {"keep": (), "probability": 0.25, "undecided": (), "untriable": (), "mode": "sample", **changes}
    return Remedies(token_id=1, found=found, **values)


def left(tried, *, removed=False, settings=(MODEL, TOP_K), **changes):
    expected_row = row("·rain", (0.3, 0.0 if removed else 0.25), (0, 1), removed_at=1 if removed else None)
    values = {
        "step": 3,
        "expected_id": 1,
        "expected_token": "·rain",
        "num_tokens": 49152,
        "settings": settings,
        "num_left": (49152, 8)[: len(settings)],
        "chosen": row("·ra", (0.1, 0.5), (2, 0), is_chosen=True),
        "expected": expected_row,
        "others": (),
        "greedy_id": 1,
        "remedies": tried,
        "missing": None,
        **changes,
    }
    return Expectation(0, 0, Outcome.LEFT, "A", " rain", 3, 0, Departure(**values))


LUCKY = Remedy((Adjustment(TOP_K, 61),), Choice.LUCK)


def test_the_step_the_places_and_the_change_are_told():
    told = left(remedies(LUCKY))

    assert (
        "The text leaves the expected one at step 3: `·ra` came, `·rain` was expected.",
        "The model had `·rain` as 1st of 49,152 tokens (30.0 %).",
        "After the settings it was 2nd of 8 (25.0 %), and `·ra` had 50.0 %.",
        "With the same luck it would have been drawn with top-k 61 instead of 50.",
    ) == clauses(told)
    assert (
        "从第 3 步起与预期不同：生成的是 `·ra`，预期是 `·rain`。",
        "模型在 49,152 个 token 中把 `·rain` 排在第 1 名（30.0%）。",
        "参数处理后，它在剩下的 8 个中排第 2 名（25.0%），`·ra` 为 50.0%。",
        "运气不变时，top-k 从 50 改为 61，就会抽中它。",
    ) == clauses(told, "zh")


def test_what_removed_it_and_what_would_keep_it_are_told():
    keep = (Adjustment(TOP_K, 61), Adjustment(MIN_P, 0.02), Adjustment(Setting("Own"), None))
    said = clauses(left(remedies(keep=keep), removed=True))

    assert "Top-k 50 removed it; before that it was 1st (30.0 %)." in said
    assert (
        "It stays in with top-k at least 61, min-p at most 0.02 and Own left out: then it has 25.0 %." in said
    )
    assert (
        "None of the tried changes takes it with the same luck: it needs another draw (25.0 %)." == said[-1]
    )


def test_a_setting_is_not_left_out_where_another_value_does():
    without = Remedy((Adjustment(TOP_K, None),), Choice.LUCK)

    assert "top-k 50 left out" not in " ".join(clauses(left(remedies(without, LUCKY))))
    assert clauses(left(remedies(without)))[-1].endswith("drawn with top-k 50 left out.")


@pytest.mark.parametrize(
    ("tried", "sentence"),
    [
        (remedies(Remedy((), Choice.GREEDY)), "Greedy decoding would have chosen it."),
        (
            remedies(Remedy((Adjustment(TOP_K, None),), Choice.GREEDY)),
            "Greedy decoding would have chosen it with top-k 50 left out.",
        ),
        (
            remedies(mode="greedy"),
            "No tried value of the settings makes greedy decoding choose it; sampling could (25.0 %).",
        ),
        (remedies(undecided=(LUCKY,)), "The recorded luck does not decide whether it is drawn with top-k 61 "
         "instead of 50."),
        (
            remedies(probability=None, untriable=("Own",)),
            "Not tried: what needs Own to be computed again, which takes torch.",
        ),
    ],
)  # fmt: skip
def test_each_answer_has_its_own_words(tried, sentence):
    assert sentence in clauses(left(tried))
    assert len(clauses(left(tried))) == len(clauses(left(tried), "zh"))


def test_greedy_decoding_without_settings_leaves_only_sampling():
    tried = remedies(mode="greedy", probability=0.3)

    assert (
        "Greedy decoding takes the highest score: only sampling could have taken it (30.0 %)."
        == clauses(left(tried, settings=(MODEL,)))[-1]
    )


def test_what_is_missing_and_other_tokens_are_named():
    told = left(None, expected=None, missing="Step 3 has no logits.", others=(row("·r", (0.02,), (4,)),))

    assert (
        "What would have chosen it cannot be tried. Step 3 has no logits.",
        "The expected text could also have gone on with `·r` (2.0 %).",
    ) == clauses(told)[1:]


@pytest.mark.parametrize(
    ("outcome", "more", "sentence"),
    [
        (Outcome.REACHED, 0, "The text is as expected: steps 0 to 2 wrote it."),
        (Outcome.REACHED, 4, "The text is as expected: steps 0 to 2 wrote it. Tokens that follow: 4."),
        (Outcome.ENDED, 0, "The text is as expected as far as it goes, but after 3 tokens it ends before ` rain`."),
    ],
)  # fmt: skip
def test_a_text_that_does_not_leave_is_told_too(outcome, more, sentence):
    told = Expected(Expectation(0, 0, outcome, "A", " rain", 3, more, None))

    assert sentence == str(told) == told.sentences()


def test_the_table_follows_both_tokens_and_blanks_what_was_removed():
    lines = Expected(left(remedies(), removed=True)).text().splitlines()

    assert ["stage", "·rain", "✓", "·ra"] == lines[2].split()
    assert ["Model", "49,152", "left", "30.0", "%", "1.50", "#1", "10.0", "%", "1.50", "#3"] == lines[
        3
    ].split()
    assert "removed" in lines[4]


def test_expected_compares_a_trace_on_disk_and_speaks_both_languages(tmp_path):
    trace = spelled_trace(tmp_path / "x.trace", 9, 3, 7)
    answer = expected(trace, "A rain falls")

    assert str(answer) == answer.text("en") != answer.text("zh")
    assert {"en", "zh"} == answer.describe()["sentences"].keys()
    assert "step 1: `in` came, `·rain` was expected." in str(answer)
    with pytest.raises(ValueError, match=r"^lang='de' is none of en, zh\. Type lang='en'\.$"):
        expected(trace, "A rain", lang="de")
