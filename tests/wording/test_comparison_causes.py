"""Why two texts part, in words: real runs that differ in one thing, or in one thing and the kernel's rounding."""

from typing import Any

import pytest

from tests.compared_runs import recorded_run
from tracer.analysis.comparison import compare
from tracer.wording.comparison import cause_sentence

CAUSES = [
    (
        {"seed": 4},
        "Cause: the draw. The scores are equal, the luck is not (another random state).",
        "原因：这一次抽样。分数相同，运气不同（随机状态不同）。",
    ),
    (
        {"seed": 4, "attention": "sdpa"},
        "Cause: the draw: the luck differs. The logits differ as well, by no more than rounding.",
        "原因：这一次抽样，运气不同。logits 也有差别，但只是舍入误差。",
    ),
    (
        {"temperature": 3.0},
        "Cause: the settings. The logits are equal, the final scores are not: temperature: 0.9 in A, 3 in B.",
        "原因：设置不同。logits 相同，处理后的分数不同：",
    ),
    (
        {"temperature": 3.0, "attention": "sdpa"},
        "Cause: the settings: temperature: 0.9 in A, 3 in B. The logits differ as well, by no more than rounding.",
        "原因：设置不同：",
    ),
    (
        {"prompt": (5, 9, 23, 7, 61)},
        "Cause: the prompts differ, so the model read something else.",
        "原因：提示词不同，模型读到的内容不同。",
    ),
    (
        {"max_new_tokens": 5},
        "Cause: B stopped by MaxLengthCriteria. Settings that differ: max_new_tokens: 8 in A, 5 in B.",
        "原因：B 因 MaxLengthCriteria 停止。",
    ),
]


@pytest.mark.parametrize(("changed", "english", "chinese"), CAUSES, ids=lambda one: "")
def test_the_cause_is_told_with_what_else_differs(
    changed: dict[str, Any], english: str, chinese: str
) -> None:
    found = compare(recorded_run(), recorded_run(**changed))

    assert english == cause_sentence(found, "en")
    assert cause_sentence(found, "zh").startswith(chinese)
