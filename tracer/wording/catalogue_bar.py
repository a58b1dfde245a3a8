"""The words of the controls above every page: player, map, find, findings, expected instead, link, report, keys.

The token strip's own words are in `catalogue_strip`. Keys that begin with `ui.` go to the browser modules.
"""

from tracer.wording.message import Message

_PLAYER = {
    "ui.bar_player": Message("Player", "播放控制"),
    "ui.bar_first": Message("First step", "第一步"),
    "ui.bar_back": Message("One step back", "后退一步"),
    "ui.bar_on": Message("One step on", "前进一步"),
    "ui.bar_last": Message("Last step", "最后一步"),
    "ui.bar_play": Message("Play", "播放"),
    "ui.bar_pause": Message("Pause", "暂停"),
    "ui.bar_play_or_pause": Message("Play or pause", "播放或暂停"),
    "ui.bar_speed": Message("Speed", "速度"),
    "ui.bar_go_to": Message("Go to a step (steps count from 0)", "跳到某一步（从 0 计数）"),
    "ui.bar_step_of": Message("step {step} of {count}", "第 {step} 步，共 {count} 步"),
    "ui.bar_tools": Message("Tools", "工具"),
    "ui.bar_text": Message("The generated text, one piece for each token", "生成的文本，每个 token 一块"),
    "ui.bar_prompt": Message("Prompt", "提示词"),
    "ui.bar_map": Message(
        "Map of the text: how unexpected each token was", "全文概览：每个 token 的意外程度"
    ),
    "ui.bar_map_at": Message("step {step} of {count}: {token}", "第 {step} 步，共 {count} 步：{token}"),
    "ui.bar_hint": Message("Click any blue word piece, or press →", "点击任意蓝色文本块，或按 → 键"),
    "ui.bar_more_tokens": Message("… {count} tokens", "…… {count} 个 token"),
    "ui.bar_unfold": Message("Show these tokens", "展开这些 token"),
}

_FINDING = {
    "ui.find": Message("Find", "查找"),
    "ui.find_title": Message("Find text or a token", "查找文本或 token"),
    "ui.find_hint": Message("text, also across tokens", "文本，可跨 token"),
    "ui.find_next": Message("Next", "下一处"),
    "ui.find_previous": Message("Previous", "上一处"),
    "ui.find_in_prompt": Message("prompt", "提示词"),
    "ui.findings": Message("Interesting: {count}", "值得看：{count} 步"),
    "ui.findings_title": Message("Steps worth a look", "值得看的步骤"),
    "ui.findings_next": Message("Next interesting step", "下一个值得看的步骤"),
    "ui.findings_previous": Message("Previous interesting step", "上一个值得看的步骤"),
    "bar.forks_title": Message(
        "Forks ({count}): the runner-up was nearly as probable", "分岔（{count} 处）：第二名与第一名概率相近"
    ),
    "bar.forks_none": Message("No step was that close.", "没有这样接近的步骤。"),
    "bar.fork": Message(
        "{first} {first_probability}, {second} {second_probability}",
        "{first} {first_probability}，{second} {second_probability}",
    ),
}

_ASKING = {
    "ui.expected": Message("Expected instead", "本应生成什么"),
    "ui.expected_at": Message(
        "Step {step} wrote {token}. What should have come instead?",
        "第 {step} 步生成了 {token}，本应生成什么？",
    ),
    "ui.expected_hint": Message("token or text; #123 is an id", "token 或文本；#123 表示 id"),
    "ui.expected_ask": Message("Why not?", "为什么不是它？"),
    "ui.expected_stage": Message("Stage", "阶段"),
    "ui.expected_go": Message("Go to step {step}", "跳到第 {step} 步"),
    "ui.copy_link": Message("Copy link", "复制链接"),
    "ui.copy_link_title": Message("Copy a link to this step", "复制指向这一步的链接"),
    "ui.copied": Message("Copied", "已复制"),
    "ui.not_copied": Message(
        "The browser does not allow copying. Select the text and copy it.",
        "浏览器不允许复制，请选中文本后手动复制。",
    ),
    "ui.report": Message("Report", "报告"),
    "ui.report_title": Message("A report of this step, to paste elsewhere", "这一步的报告，可粘贴到别处"),
    "ui.report_prompt": Message("with the text of the prompt", "包含提示词原文"),
    "ui.report_copy": Message("Copy report", "复制报告"),
    "ui.report_text": Message("The report in Markdown", "Markdown 格式的报告"),
    "ui.keys": Message("Keys", "快捷键"),
    "ui.keys_title": Message("Keys that work on every page", "所有页面可用的快捷键"),
    "ui.keys_on": Message("Use these keys", "启用这些快捷键"),
    "ui.keys_list": Message("Show this list", "显示此列表"),
}

_REPORT = {
    "report.title": Message("Why {token} at step {step}", "第 {step} 步为什么是 {token}"),
    "report.why": Message("Why this token", "为什么是这个 token"),
    "report.stages": Message("Stages", "各阶段"),
    "report.settings": Message("Settings", "参数"),
    "report.no_settings": Message("All settings had their defaults.", "全部参数都是默认值。"),
    "report.prompt": Message("Prompt", "提示词"),
    "report.setting": Message("Setting", "参数"),
    "report.value": Message("Value", "取值"),
    "report.origin": Message("Where from", "来源"),
    "report.place": Message("Trace {trace}, call {call}, row {row}", "记录 {trace}，调用 {call}，行 {row}"),
    "report.model": Message("Model {model}, {dtype} on {device}", "模型 {model}，{dtype}，设备 {device}"),
    "report.versions": Message("Versions: {versions}", "版本：{versions}"),
    "report.link": Message("Link: {link}", "链接：{link}"),
}

BAR = {**_PLAYER, **_FINDING, **_ASKING, **_REPORT}
