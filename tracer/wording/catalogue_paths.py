"""The few words that only two figures show: the leads at each step, and an expected token through the stages.

Part of `tracer.wording.catalogue`, under the same rules. Holds no logic.
"""

from tracer.wording.message import Message

PATHS = {
    "forks.title": Message("Forks at {found} of {steps} steps", "{steps} 步中有 {found} 步是分岔"),
    "forks.missing": Message("Steps whose scores were not recorded: {count}", "没有记录分数的步数：{count}"),
    "forks.empty": Message("No step was recorded.", "没有记录任何一步。"),
    "forks.unknown": Message("The first two tokens were recorded at no step.", "任何一步都没有记录前两名。"),
    "forks.axis": Message("lead over the runner-up (percentage points)", "领先第二名（百分点）"),
    "forks.clear": Message("no fork", "不是分岔"),
    "forks.kept": Message("fork, the first was chosen", "分岔，选了第一名"),
    "forks.turned": Message("fork, another was chosen", "分岔，选了别的"),
    "expected.path_title": Message(
        "Step {step}: {expected} was expected, {chosen} came", "第 {step} 步：预期 {expected}，生成 {chosen}"
    ),
    "expected.path_expected": Message("expected: {token}", "预期：{token}"),
    "expected.path_chosen": Message("chosen: {token}", "生成：{token}"),
    "expected.path_removed": Message("removed by {setting}", "去掉它的是 {setting}"),
    "expected.path_axis": Message("stage (in order)", "阶段（按顺序）"),
}
"""Key → text in both languages."""
