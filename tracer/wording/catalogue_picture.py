"""The words that only the decision picture shows; the rest of its words are those of `why`.

Part of `tracer.wording.catalogue`, under the same rules; keys that begin with `ui.` go to the browser module. Holds no
logic.
"""

from tracer.wording.message import Message

PICTURE = {
    "picture.probability_axis": Message("probability (%)", "概率（%）"),
    "picture.draw_axis": Message("ln p + luck (nats)", "ln p + 运气（nat）"),
    "picture.log_axis": Message("ln p (nats)", "ln p（nat）"),
    "picture.greedy": Message("Greedy", "贪心解码"),
    "picture.furthest_wins": Message("furthest right wins", "最靠右者胜"),
    "picture.highest_wins": Message("highest wins, by {margin}", "最高者胜，领先 {margin}"),
    "picture.margin": Message("ahead by {margin}", "领先 {margin}"),
    "picture.margin_at_least": Message("ahead by {margin}, of those known", "已知范围内领先 {margin}"),
    "picture.only_one": Message("only one left", "只剩一个"),
    "picture.luck_unknown": Message("luck not recorded", "没有记录运气"),
    "picture.forced": Message("token was set", "token 是指定的"),
    "picture.favorite": Message("favorite", "最看好"),
    "picture.answer": Message("would have come", "将会选中"),
    "picture.id": Message("id {id}", "id {id}"),
    "picture.special": Message("special token", "特殊 token"),
    "picture.chosen": Message("chosen", "选中"),
    "picture.removed_by": Message("removed by {setting}", "由 {setting} 去掉"),
    "picture.before_removal": Message("before: {mass}, {rank}", "去掉之前：{mass}，{rank}"),
    "picture.score": Message("score {score}", "分数 {score}"),
    "picture.in_draw": Message("ln p {log} + luck {luck} = {finish}", "ln p {log} + 运气 {luck} = {finish}"),
    "picture.in_greedy": Message("ln p = {log}", "ln p = {log}"),
    "picture.badge_recorded": Message("recorded", "来自记录"),
    "picture.badge_draw": Message("draw: computed from the recording", "抽样：由记录计算得出"),
    "ui.decision_label": Message("How this token was chosen", "这个 token 是怎样选出的"),
    "ui.decision_table": Message("Show as table", "显示为表格"),
    "ui.decision_picture": Message("Show as picture", "显示为图"),
    "ui.decision_all": Message("Show {count} more tokens", "再显示 {count} 个 token"),
    "ui.decision_fewer": Message("Show fewer tokens", "收起"),
    "ui.decision_uncover": Message("Column by column", "逐列揭示"),
    "ui.decision_uncover_title": Message(
        "Uncover the columns one by one. With the text or the picture in focus: ↑ and ↓",
        "逐列揭示。焦点在文本或图上时，可按 ↑ ↓ 键",
    ),
    "ui.decision_token": Message("token", "token"),
    "ui.decision_copy_python": Message("Copy as Python", "复制为 Python"),
    "ui.decision_save": Message("Save", "保存"),
    "ui.decision_copy_picture": Message("Copy picture", "复制图片"),
    "ui.decision_done": Message("Done", "已完成"),
    "ui.decision_failed": Message("The browser does not allow it.", "浏览器不允许。"),
}
"""Key → text in both languages."""
