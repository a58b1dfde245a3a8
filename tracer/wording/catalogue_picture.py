"""The few words that only the decision picture shows; the rest of its words are those of `why`.

Part of `tracer.wording.catalogue`, under the same rules. Holds no logic.
"""

from tracer.wording.message import Message

PICTURE = {
    "picture.probability_axis": Message("probability (%)", "概率（%）"),
    "picture.draw_axis": Message("ln p + luck (nats)", "ln p + 运气（nat）"),
    "picture.log_axis": Message("ln p (nats)", "ln p（nat）"),
    "picture.greedy": Message("Greedy", "贪心解码"),
    "picture.furthest_wins": Message("furthest right wins", "最靠右者胜"),
    "picture.highest_wins": Message("highest wins, by {margin}", "最高者胜，领先 {margin}"),
    "picture.only_one": Message("only one left", "只剩一个"),
    "picture.luck_unknown": Message("luck not recorded", "没有记录运气"),
    "picture.forced": Message("token was set", "token 是指定的"),
}
"""Key → text in both languages."""
