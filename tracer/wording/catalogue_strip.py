"""The words of the token strip, the map of the text, the findings list and find, in both languages.

Keys that begin with `ui.` go to the browser modules. Merged into `tracer.wording.catalogue`.
"""

from tracer.wording.message import Message

STRIP = {
    "notable.stop_overruled": Message(
        "the model wanted to stop ({probability})", "模型想在这里结束（{probability}）"
    ),
    "notable.winner_changed": Message("{setting} changed the winner", "{setting} 改变了第一名"),
    "notable.winner_changed_somehow": Message("the settings changed the winner", "设置改变了第一名"),
    "notable.winner_lost": Message("the favorite lost the draw among a few", "第一名在少数候选中没抽中"),
    "notable.least_sure": Message("the model was least sure", "模型在这里最没把握"),
    "notable.close_call": Message("the first two were nearly equal", "前两名概率接近"),
    "notable.surprising": Message(
        "the model gave this token less than {limit}", "模型给它的概率不到 {limit}"
    ),
    "notable.opened": Message("Opened at step {step}: {reason}", "已打开第 {step} 步：{reason}"),
    "notable.title": Message("Strongest findings", "最值得看的步骤"),
    "notable.all": Message("all {count}", "全部 {count} 个"),
    "notable.none": Message("Nothing was generated.", "没有生成任何内容。"),
    "strip.summary": Message(
        "prompt of {prompt} tokens, answer of {answer} tokens",
        "提示词 {prompt} 个 token，回答 {answer} 个 token",
    ),
    "strip.system": Message("system, {count} tokens", "系统提示，{count} 个 token"),
    "strip.template": Message("chat template, {count} tokens", "对话模板，{count} 个 token"),
    "strip.prompt": Message("prompt, {count} tokens", "提示词，{count} 个 token"),
    "strip.legend": Message(
        "How unexpected (surprisal): the model's probability of the token",
        "意外程度（surprisal）：模型给该 token 的概率",
    ),
    "strip.bin_most": Message("{low} or more", "{low} 及以上"),
    "strip.bin": Message("{low} to {high}", "{low} 至 {high}"),
    "strip.bin_least": Message("below {high}", "{high} 以下"),
    "ui.strip_tooltip": Message(
        "{token} · id {id} · model {model} → after settings {after}",
        "{token} · id {id} · 模型 {model} → 设置之后 {after}",
    ),
    "ui.strip_prompt_tooltip": Message("{token} · id {id}", "{token} · id {id}"),
    "ui.strip_part_of": Message("part of {character}", "{character} 的一部分"),
    "ui.strip_special": Message("special token", "特殊 token"),
    "ui.strip_cut": Message("{count} characters", "{count} 个字符"),
    "find.found": Message("{count} places", "{count} 处"),
    "find.found_one": Message("1 place", "1 处"),
    "find.title": Message("“{text}”: {label}", "“{text}”：{label}"),
    "find.axis": Message("token, prompt first (from 0)", "token，提示词在前（从 0 数）"),
    "find.answer": Message("answer", "回答"),
    "find.empty": Message("There is no token to look at.", "没有可看的 token。"),
    "find.none": Message("not in this text", "文中没有"),
}
