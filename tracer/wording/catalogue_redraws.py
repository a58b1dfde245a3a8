"""The sentences about how often a token comes when a step is drawn many times, in both languages.

Merged into `tracer.wording.catalogue`, which says how an entry is written.
"""

from tracer.wording.message import Message

REDRAWS = {
    "redraws_chosen": Message(
        "Drawn {total} from these probabilities, {chosen} came {times} ({probability} expected).",
        "按这些概率抽样 {total}，{chosen} 出现 {times}（期望 {probability}）。",
    ),
    "redraws_frame": Message(
        "Simulated with numpy's luck (seed {seed}), not what happened.",
        "用 numpy 的随机数模拟（种子 {seed}），并非实际发生的结果。",
    ),
    "redraws_none": Message("No token is left to draw.", "没有可抽的 token。"),
    "redraws_once": Message("once", "1 次"),
    "redraws_times": Message("{number} times", "{number} 次"),
    "redraws_title": Message("Step {step}: drawn {total}", "第 {step} 步：抽样 {total}"),
    "redraws_axis": Message("count (of {number} draws)", "次数（共 {number} 次）"),
    "redraws_column_probability": Message("probability", "概率"),
    "redraws_column_expected": Message("expected count", "期望次数"),
    "redraws_column_counted": Message("counted", "模拟次数"),
}
