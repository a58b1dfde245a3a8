"""The words of the page of one step: its panels and the fold-out about the run; part of the catalogue."""

from tracer.wording.message import Message

STEP_PAGE = {
    "ui.tab_what_if": Message("What if", "假如改参数"),
    "ui.tab_vocabulary": Message("Any token", "任意 token"),
    "ui.tab_stopping": Message("Why it went on / stopped", "为什么继续或停止"),
    "ui.this_run": Message("This run", "这次运行"),
    "ui.computing": Message("Computing", "正在计算"),
    "ui.no_steps": Message(
        "This sequence has no steps: generation ended before a token was chosen.",
        "这个序列没有任何一步：还没选出 token 就结束了。",
    ),
    "ui.not_finished": Message(
        "The recording ends here, and generation had not stopped.", "记录到此为止，生成当时还没有结束。"
    ),
    "ui.badge_simulated": Message("simulated, not what happened", "模拟结果，并非实际发生"),
    "ui.what_if_hint": Message(
        "Move a slider: the token that would have come is computed from the recorded scores and the recorded luck.",
        "拖动滑块：根据记录的分数和当时的随机数，算出会选中哪个 token。",
    ),
    "ui.what_if_sample": Message("Sample instead of greedy decoding", "改用采样，不用贪心解码"),
    "ui.what_if_recorded": Message("recorded: {value}", "记录值：{value}"),
    "ui.what_if_draw": Message("Draw again", "重新抽样"),
    "ui.what_if_reset": Message("Back to the recorded settings", "恢复记录时的参数"),
    "ui.what_if_whole": Message("Where does the whole text first change?", "整段文本从哪一步开始变化？"),
    "ui.vocabulary_search": Message("Token", "token"),
    "ui.vocabulary_hint": Message("text of a token, or #id", "token 的文本，或 #id"),
    "ui.vocabulary_none": Message("No token contains this text.", "没有 token 包含这段文本。"),
    "ui.stopped": Message("Generation stopped after this token.", "选出这个 token 后，生成结束。"),
    "ui.went_on": Message(
        "No criterion asked to stop, so generation went on.", "没有停止条件成立，生成继续。"
    ),
    "ui.no_criteria": Message("No stopping criterion was recorded.", "没有记录停止条件。"),
    "ui.criterion": Message("Criterion", "停止条件"),
    "ui.verdict": Message("Stop?", "停止？"),
    "ui.verdict_yes": Message("yes", "是"),
    "ui.verdict_no": Message("no", "否"),
    "ui.reason": Message("Reason", "理由"),
    "ui.prompt": Message("Prompt", "提示词"),
    "ui.answer": Message("Answer", "回答"),
    "ui.why_it_ended": Message("Why it ended", "为什么结束"),
    "ui.setting": Message("Setting", "参数"),
    "ui.value": Message("Value", "取值"),
    "ui.origin": Message("Where from", "来源"),
    "ui.origin_argument": Message("argument", "调用实参"),
    "ui.origin_generation_config": Message("given generation_config", "传入的 generation_config"),
    "ui.origin_model": Message("the model's file", "模型自带的文件"),
    "ui.origin_default": Message("default", "默认值"),
    "ui.show_defaults": Message("Show defaults too", "也显示默认值"),
    "ui.fact_model": Message("Model", "模型"),
    "ui.fact_numbers": Message("Numbers", "规格"),
    "ui.fact_numbers_text": Message(
        "{parameters} parameters, {dtype} on {device}, attention {attention}",
        "{parameters} 个参数，{dtype}，设备 {device}，注意力实现 {attention}",
    ),
    "ui.fact_versions": Message("Versions", "版本"),
    "ui.fact_recorded": Message("Recorded", "记录时间"),
    "ui.fact_tokens": Message("Tokens", "token 数"),
    "ui.fact_tokens_text": Message(
        "{prompt} in the prompt, {answer} generated", "提示词 {prompt} 个，生成 {answer} 个"
    ),
    "ui.fact_time": Message("Time", "耗时"),
    "ui.fact_time_text": Message(
        "{seconds} s, {per_token} ms a token, of which {waited} ms in all waited for the recording",
        "共 {seconds} 秒，每个 token {per_token} 毫秒，其中等待记录写入共 {waited} 毫秒",
    ),
    "ui.no_findings": Message("The check for common problems found nothing.", "常见问题检查没有发现问题。"),
    "ui.place": Message("Where", "位置"),
    "ui.severity": Message("Severity", "严重程度"),
    "ui.finding": Message("Finding and remedy", "问题与解决办法"),
    "ui.check_holds": Message("holds", "成立"),
    "ui.check_fails": Message("fails", "不成立"),
    "ui.check_cannot_check": Message("cannot be checked", "无法核对"),
    "ui.check_trace": Message("Check this trace against itself", "核对这份记录是否自洽"),
}
