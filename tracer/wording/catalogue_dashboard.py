"""The words of the dashboard's frame, in English and Chinese; merged into `tracer.wording.catalogue`.

Keys that begin with `ui.` go to the browser modules.
"""

from tracer.wording.message import Message

DASHBOARD = {
    "ui.page_step": Message("Step", "单步"),
    "ui.trace": Message("Trace", "记录（trace）"),
    "ui.call": Message("Call", "调用"),
    "ui.row": Message("Row", "行"),
    "ui.call_number": Message("Call {number}", "调用 {number}"),
    "ui.row_number": Message("Row {number}", "第 {number} 行"),
    "ui.view": Message("View", "显示"),
    "ui.theme": Message("Theme", "主题"),
    "ui.theme_system": Message("System", "跟随系统"),
    "ui.theme_light": Message("Light", "浅色"),
    "ui.theme_dark": Message("Dark", "深色"),
    "ui.projector": Message("Projector mode", "投影模式"),
    "ui.projector_leave": Message("Leave projector mode", "退出投影模式"),
    "ui.status_complete": Message("complete", "完整"),
    "ui.status_interrupted": Message("interrupted", "中断"),
    "ui.status_recording": Message("being recorded", "正在记录"),
    "ui.status_faulted": Message("recording failed", "记录出错"),
    "ui.status_damaged": Message("cannot be read", "无法读取"),
    "ui.status_interrupted_long": Message(
        "This recording was interrupted. What it holds is real, but the end of the run is missing.",
        "这份记录中途中断：已有内容真实，但缺少运行的结尾。",
    ),
    "ui.status_recording_long": Message(
        "This recording has not ended, or its process was stopped. The end of the run is missing.",
        "这份记录尚未结束，或进程已经终止：缺少运行的结尾。",
    ),
    "ui.status_faulted_long": Message(
        "Recording failed on the way while generation went on. What follows the failure is missing.",
        "记录中途出错，生成照常进行：出错之后的内容缺失。",
    ),
    "ui.unforeseen": Message(
        "This page failed on something tracer did not foresee: {error}. The terminal in which the dashboard runs "
        "shows where; the other pages still work.",
        "此页出现了 tracer 未预料到的错误：{error}。启动仪表板的终端中有出错位置；其他页面仍可使用。",
    ),
    "ui.has_faults": Message(
        "Faults while recording: {count}. They are listed under This run.",
        "记录时发生 {count} 个错误，详见页面下方这次运行一栏。",
    ),
    "ui.has_failed_checks": Message(
        "Failed checks of this trace: {count}. Do not rely on its numbers; see This run.",
        "这份记录有 {count} 项核对不成立，其中的数字不可信，详见页面下方这次运行一栏。",
    ),
    "ui.link_no_trace": Message(
        "The link names a trace that is not here; this is another one.",
        "链接指向的记录不在这里，已改为显示另一份。",
    ),
    "ui.link_no_call": Message(
        "The link names a call that this trace does not have; this is its first.",
        "链接指向的调用不存在，已改为第一个。",
    ),
    "ui.link_no_row": Message(
        "The link names a row that this call does not have; this is its first.",
        "链接指向的行不存在，已改为第一行。",
    ),
    "ui.link_no_step": Message(
        "The link names a step that this text does not have; this is another one.",
        "链接指向的步骤不存在，已改为另一步。",
    ),
    "ui.link_no_layer": Message(
        "The link names a layer that this model does not have; it was left out.",
        "链接指向的层不存在，已忽略。",
    ),
    "ui.link_no_head": Message(
        "The link names an attention head that this model does not have; it was left out.",
        "链接指向的注意力头不存在，已忽略。",
    ),
    "ui.link_no_source": Message(
        "The link names a position that this text does not have; it was left out.",
        "链接指向的位置不存在，已忽略。",
    ),
    "ui.link_no_rival": Message(
        "The link names a token that this vocabulary does not have; it was left out.",
        "链接指向的 token 不存在，已忽略。",
    ),
}
