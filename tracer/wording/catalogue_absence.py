"""Why something is not in a trace. The English texts are those that the errors themselves carry.

Part of `tracer.wording.catalogue`, under the same rules: `tracer.wording.absence` finds which of these a text is. Holds
no logic.
"""

from tracer.wording.message import Message

ABSENCE = {
    "absence.text.signal": Message(
        "{place} of {path} has no {what}: {reason}. {cure}.",
        "{path} 的 {place} 没有 {what}：{reason}。{cure}。",
    ),
    "absence.text.structure": Message(
        "{path} has no tree of the model's modules: {reason}. Record again with `record(...)`; `trace.model` has the "
        "sizes and the configuration.",
        "{path} 没有模型的模块结构：{reason}。请用 `record(...)` 重新记录；大小与配置见 `trace.model`。",
    ),
    "absence.text.no_call": Message(
        "{path} holds no call: it is {status}, and no generate call was recorded. "
        "Call model.generate(...) inside the `with tracer.record(...)` block.",
        "{path} 里没有任何调用（状态：{status}），没有记录到 generate。"
        "请在 `with tracer.record(...)` 中调用 model.generate(...)。",
    ),
    "absence.text.no_prompt": Message(
        "{place} of {path} has no prompt: it was interrupted before its first step. Record the call again.",
        "{path} 的 {place} 没有提示词：它在第一步之前就中断了。请重新记录。",
    ),
    "absence.text.accounting_of": Message(
        "{place} of {path} has no accounting of {token}: only the leading tokens were accounted for while recording. "
        "`tracer.sources(step, rival=...)` has any.",
        "{path} 的 {place} 没有 {token} 的贡献分解：记录时只分解了领先的 token。"
        "任意 token 请用 `tracer.sources(step, rival=...)`。",
    ),
    "absence.text.no_vocabulary": Message(
        "{path} holds no vocabulary, so that its tokens cannot be compared with a text. Record again with "
        "`record(model, tokenizer, ...)`.",
        "{path} 里没有词表，无法把它的 token 与文本对照。请用 `record(model, tokenizer, ...)` 重新记录。",
    ),
    "absence.text.no_beginning": Message(
        "No token of the vocabulary begins {text}, where step {step} leaves the expected text. "
        "Spell it as the model can write it.",
        "词表里没有哪个 token 能写出 {text} 的开头，第 {step} 步从这里偏离了期望的文本。请换成模型写得出的拼法。",
    ),
    "absence.text.no_messages": Message(
        "{place} of {path} has no messages, so what its template added is not known. "
        "Record with `record(..., messages=[...])`, or leave skip_template out.",
        "{path} 的 {place} 没有 messages，不知道模板加了什么。"
        "请用 `record(..., messages=[...])` 记录，或去掉 skip_template。",
    ),
    "absence.text.other_messages": Message(
        "The content of a message of call {call} of {path} is not in the prompt as it stands, so what its template "
        "added is not known. Leave skip_template out.",
        "{path} 的第 {call} 次调用有一条消息没有原样出现在提示词里，不知道模板加了什么。请去掉 skip_template。",
    ),
    "absence.place.step": Message("Step {number}", "第 {number} 步"),
    "absence.place.call": Message("Call {number}", "第 {number} 次调用"),
    "absence.what.layer": Message("{what} of layer {layer}", "第 {layer} 层的 {what}"),
    "absence.what.row": Message("row {row} of {what}", "第 {row} 行的 {what}"),
    "absence.what.stage": Message("scores after stage {stage}", "第 {stage} 级之后的 scores"),
    "absence.what.stream": Message("hidden states of stream {stream}", "第 {stream} 条残差流"),
    "absence.what.attention": Message("attention", "注意力"),
    "absence.what.accounting": Message("accounting", "贡献分解"),
    "absence.what.additions": Message("additions", "各部分的加量"),
    "absence.what.forward": Message("forward", "前向计算"),
    "absence.what.sinks": Message("{what} (its sinks)", "{what}（汇聚点）"),
    "absence.reason.setting": Message(
        "it was recorded with {setting}={value}", "记录时设置了 {setting}={value}"
    ),
    "absence.reason.not_recorded": Message("it was not recorded", "没有记录"),
    "absence.reason.older": Message(
        "it was recorded by a version that did not keep one", "记录它的版本还不保存这一项"
    ),
    "absence.reason.not_described": Message(
        "it could not be described ({error})", "模型结构无法描述（{error}）"
    ),
    "absence.reason.packed": Message(
        "it was left out when the trace was packed with {option}", "打包时用了 {option}，没有放进去"
    ),
    "absence.reason.redacted": Message(
        "taken out by tracer pack --redact; □ stands for each of its tokens, ■ for a candidate that tells one",
        "tracer pack --redact 去掉了它；□ 代表它的每个 token，■ 代表会泄露它的候选 token",
    ),
    "absence.reason.budget": Message(
        "{what} left out to keep the budget of {budget} (planned {planned} with it)",
        "为守住 {budget} 的预算而省去（{what}，带上它需要 {planned}）",
    ),
    "absence.reason.budget_whole": Message(
        "left out to keep the budget of {budget} (planned {planned} with it)",
        "为守住 {budget} 的预算而省去（带上它需要 {planned}）",
    ),
    "absence.reason.unheard": Message(
        "{module} computes attention by itself, without the attention interface, so its queries, keys and values "
        "could not be heard",
        "{module} 自己计算注意力，不经过注意力接口，因此听不到 Q/K/V",
    ),
    "absence.reason.no_attention": Message("{module} has no attention", "{module} 没有注意力"),
    "absence.cure.record": Message(
        "Record again with `record(..., {setting})`", "请用 `record(..., {setting})` 重新记录"
    ),
    "absence.cure.listed": Message("`{code}` lists all that is missing", "`{code}` 列出了缺少的全部内容"),
    "absence.cure.inputs": Message("`step.inputs` lists what was given", "`step.inputs` 列出了传入的内容"),
    "absence.cure.unpack": Message(
        "Open the trace that was packed, or pack that one again without {option}: {command}",
        "请打开打包之前的记录，或不用 {option} 重新打包：{command}",
    ),
}
"""Key → text in both languages."""
