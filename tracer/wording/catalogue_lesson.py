"""The words of a lesson's page: captions, questions, the teacher's part."""

from tracer.wording.message import Message

LESSON = {
    "lesson.from_trace": Message("From the recording “{trace}”.", "来自记录「{trace}」。"),
    "lesson.from_step": Message(
        "From the recording “{trace}”, step {step}.", "来自记录「{trace}」，第 {step} 步。"
    ),
    "lesson.teacher": Message("For the teacher: 90 minutes", "给老师：90 分钟教案"),
    "lesson.quiz": Message("Question {number}", "第 {number} 题"),
    "lesson.type_number": Message("Your answer, a number", "填一个数"),
    "lesson.check": Message("Check", "提交"),
    "lesson.right": Message("Right.", "答对了。"),
    "lesson.wrong": Message(
        "Not yet. Look at the picture above and try again.", "还不对。再看看上面的图，重新作答。"
    ),
    "lesson.nothing": Message("Choose or type an answer first.", "请先作答。"),
    "lesson.result_title": Message("Your result", "你的成绩"),
    "lesson.result": Message(
        "{title}: {right} of {count} right at the first try, {done} answered.",
        "{title}：共 {count} 题，已答 {done} 题，一次答对 {right} 题。",
    ),
    "lesson.copy": Message("Copy this line", "复制这一行"),
    "lesson.copied": Message("Copied.", "已复制。"),
    "lesson.selected": Message("Selected: copy it with the keyboard.", "已选中，请用键盘复制。"),
    "lesson.simulated": Message(
        "Simulated with the same luck: not what happened.", "模拟结果，运气不变；并非实际发生的情况。"
    ),
    "lesson.not_shown": Message(
        "✓ the chosen token; underlined, what the draw would take; …, not among the first ten.",
        "✓ 是实际选中的 token；下划线是抽样会选中的；… 表示不在前十名之内。",
    ),
    "lesson.answer_row": Message("The draw would take", "抽样会选中"),
    "lesson.favorite_mark": Message("○ the model's favorite, ✓ the chosen token", "○ 模型最看好，✓ 实际选中"),
    "lesson.sizes": Message(
        "Size of the cache after each step, from {first} at step {start} to {last} at step {stop}.",
        "每一步之后的缓存大小：第 {start} 步为 {first}，第 {stop} 步为 {last}。",
    ),
    "lesson.needs_javascript": Message(
        "The questions need JavaScript; the text and the pictures do not.",
        "练习题需要启用 JavaScript，正文和图不受影响。",
    ),
}
