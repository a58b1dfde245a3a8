"""The sentences and headings about two runs compared, in both languages. A and B name the two.

Merged into `tracer.wording.catalogue`, which says how an entry is written.
"""

from tracer.wording.message import Message

_HEADLINES = {
    "compare.same": Message(
        "A and B are the same: prompt and {count} tokens.", "A 与 B 相同：提示词和 {count} 个 token 都一致。"
    ),
    "compare.same_text": Message("A and B wrote the same text.", "A 与 B 写出的文本相同。"),
    "compare.same_answer": Message(
        "The prompts differ, the answers are the same {count} tokens.",
        "提示词不同，回答相同，共 {count} 个 token。",
    ),
    "compare.no_steps": Message("No step was recorded in either.", "两份记录都没有步骤。"),
    "compare.token": Message(
        "A and B part at step {step} (first divergence): {token_a} in A, {token_b} in B.",
        "A 与 B 的首个分歧点在第 {step} 步：A 是 {token_a}，B 是 {token_b}。",
    ),
    "compare.token_elsewhere": Message(
        "The texts part at step {step} of A and step {other_step} of B: {token_a} in A, {token_b} in B.",
        "文本在 A 的第 {step} 步、B 的第 {other_step} 步分开：A 是 {token_a}，B 是 {token_b}。",
    ),
    "compare.ended": Message(
        "{shorter} ends before step {step}, where {longer} goes on with {token}.",
        "{shorter} 在第 {step} 步之前结束，{longer} 接着写 {token}。",
    ),
    "compare.probabilities": Message(
        "{side} chose {token}: model {model} → after settings {final}.",
        "{side} 选中 {token}：模型 {model} → 设置之后 {final}。",
    ),
}

_PROMPTS = {
    "compare.prompt_same": Message(
        "The prompts are the same, {count} tokens.", "提示词相同，共 {count} 个 token。"
    ),
    "compare.prompt_same_text": Message("The prompts have the same text.", "提示词的文本相同。"),
    "compare.prompt_token": Message(
        "The prompts differ from token {place} on: {token_a} in A, {token_b} in B.",
        "提示词从第 {place} 个 token（从 0 数起）开始不同：A 是 {token_a}，B 是 {token_b}。",
    ),
    "compare.prompt_longer": Message(
        "The prompt of {shorter} ({short} tokens) is the beginning of that of {longer} ({long} tokens).",
        "{longer} 的提示词（{long} 个 token）以 {shorter} 的提示词（{short} 个 token）开头。",
    ),
    "compare.prompt_text": Message("The texts of the prompts differ.", "提示词的文本不同。"),
}

_CAUSES = {
    "compare.cause_vocabulary": Message(
        "Cause: other models with other vocabularies. Texts are compared, and KL is impossible.",
        "原因：模型不同，词表也不同。这里比较文本，无法计算 KL。",
    ),
    "compare.cause_prompt": Message(
        "Cause: the prompts differ, so the model read something else.",
        "原因：提示词不同，模型读到的内容不同。",
    ),
    "compare.cause_inputs": Message(
        "Cause: the inputs differ. The cache already held {len_a} positions in A and {len_b} in B.",
        "原因：输入不同。开始时缓存里 A 有 {len_a} 个位置，B 有 {len_b} 个。",
    ),
    "compare.cause_forced": Message(
        "Cause: {side} is a branch, and its token was set, not chosen.",
        "原因：{side} 是分支，这个 token 是指定的，不是选出来的。",
    ),
    "compare.cause_forced_both": Message(
        "Cause: both are branches, and their tokens were set, not chosen.",
        "原因：两者都是分支，这些 token 是指定的，不是选出来的。",
    ),
    "compare.cause_logits": Message(
        "Cause: the model gave other logits, first at step {first}. {amount}",
        "原因：模型给出的 logits 不同，最早在第 {first} 步。{amount}",
    ),
    "compare.cause_settings": Message(
        "Cause: the settings. The logits are equal, the final scores are not: {changes}.",
        "原因：设置不同。logits 相同，处理后的分数不同：{changes}。",
    ),
    "compare.cause_settings_near": Message(
        "Cause: the settings: {changes}. The logits differ as well, by no more than rounding.",
        "原因：设置不同：{changes}。logits 也有差别，但只是舍入误差。",
    ),
    "compare.cause_sampling": Message(
        "Cause: {greedy} took the highest score, {sampled} drew.",
        "原因：{greedy} 取分数最高的 token，{sampled} 是抽样。",
    ),
    "compare.cause_draw": Message(
        "Cause: the draw. The scores are equal, the luck is not (another random state).",
        "原因：这一次抽样。分数相同，运气不同（随机状态不同）。",
    ),
    "compare.cause_draw_alone": Message(
        "Cause: the draw. The scores of A with the luck of B already give {token_b}.",
        "原因：这一次抽样。用 A 的分数加上 B 的运气，就会选中 {token_b}。",
    ),
    "compare.cause_draw_unknown": Message(
        "Cause: the draw. The scores are equal; the luck was not recorded.",
        "原因：这一次抽样。分数相同，没有记录运气。",
    ),
    "compare.cause_draw_near": Message(
        "Cause: the draw: the luck differs. The logits differ as well, by no more than rounding.",
        "原因：这一次抽样，运气不同。logits 也有差别，但只是舍入误差。",
    ),
    "compare.cause_stopping": Message(
        "Cause: {shorter} stopped by {criteria}.", "原因：{shorter} 因 {criteria} 停止。"
    ),
    "compare.cause_stopping_changes": Message(
        "Cause: {shorter} stopped by {criteria}. Settings that differ: {changes}.",
        "原因：{shorter} 因 {criteria} 停止。不同的设置：{changes}。",
    ),
    "compare.cause_interrupted": Message(
        "Cause: the recording of {shorter} broke off; its text had not ended.",
        "原因：{shorter} 的记录中断，文本还没有结束。",
    ),
    "compare.cause_interrupted_unended": Message(
        "Cause: the recording of {shorter} holds no more steps, although its text had not ended.",
        "原因：{shorter} 的记录只到这里，文本还没有结束。",
    ),
    "compare.cause_interrupted_empty": Message(
        "Cause: the recording of {shorter} holds no step.", "原因：{shorter} 的记录里一步也没有。"
    ),
    "compare.cause_unknown": Message(
        "Cause: not to be found in what both traces hold: logits, scores and luck look the same.",
        "原因：从两份记录里看不出来，logits、分数和运气看起来都一样。",
    ),
    "compare.also": Message("Also different there: {others}.", "那里还有不同：{others}。"),
    "compare.name_logits": Message("the logits", "logits"),
    "compare.name_settings": Message("the settings", "设置"),
    "compare.name_draw": Message("the luck of the draw", "抽样的运气"),
    "compare.name_sampling": Message("drawing or not", "是否抽样"),
}

_AMOUNTS = {
    "compare.amount": Message(
        "At step {step} the predictions are {kl} nats apart (KL), single logits up to {delta}.",
        "第 {step} 步两个预测相差 {kl} nat（KL），单个 logit 最多差 {delta}。",
    ),
    "compare.amount_rounding": Message(
        "At step {step} that is {kl} nats (KL) and up to {delta} a logit: no more than rounding.",
        "第 {step} 步相差 {kl} nat（KL），单个 logit 最多差 {delta}，只是舍入误差。",
    ),
    "compare.amount_partial": Message(
        "Among the candidates of both, single logits differ by up to {delta} at step {step}; KL is unknown.",
        "在双方的候选 token 中，第 {step} 步单个 logit 最多差 {delta}，KL 未知。",
    ),
    "compare.amount_unknown": Message(
        "By how much is unknown: the logits were not recorded.", "差多少未知：没有记录 logits。"
    ),
    "compare.logits_only": Message(
        "The logits differ all the same, first at step {first}. {amount}",
        "但 logits 有差别，最早在第 {first} 步。{amount}",
    ),
    "compare.no_logits": Message(
        "Not both traces hold the logits: only sums and candidates were compared, and KL is unknown.",
        "没有在双方都记录 logits：只比较了总和与候选 token，KL 未知。",
    ),
    "compare.logits_equal": Message("The logits are equal at every step.", "每一步的 logits 都相同。"),
}

_TABLES = {
    "compare.settings_title": Message("Settings that differ", "不同的设置"),
    "compare.processors_title": Message("Score processors that differ", "不同的 logits 处理器"),
    "compare.criteria_title": Message("Stopping criteria that differ", "不同的停止条件"),
    "compare.facts_title": Message("Model, versions and recording", "模型、版本与记录方式"),
    "compare.none": Message("No difference.", "没有差别。"),
    "compare.column_name": Message("name", "名称"),
    "compare.column_group": Message("about", "类别"),
    "compare.column_origin_a": Message("A from", "A 的来源"),
    "compare.column_origin_b": Message("B from", "B 的来源"),
    "compare.column_step": Message("step", "步"),
    "compare.absent": Message("absent", "没有"),
    "compare.group_model": Message("model", "模型"),
    "compare.group_environment": Message("environment", "环境"),
    "compare.group_call": Message("call", "调用"),
    "compare.group_recording": Message("recording", "记录"),
    "compare.change": Message("{name}: {a} in A, {b} in B", "{name}：A 为 {a}，B 为 {b}"),
    "compare.scores_behind": Message("other scores behind {name}", "{name} 之后的分数不同"),
    "compare.step_text": Message("step {step}: {text}", "第 {step} 步：{text}"),
}

_PICTURES = {
    "compare.kl_title": Message("How far apart the predictions are", "两个预测相差多远"),
    "compare.kl_axis": Message("KL(A‖B) in nats", "KL(A‖B)（nat）"),
    "compare.kl_model": Message("model (logits)", "模型（logits）"),
    "compare.kl_final": Message("after settings", "设置之后"),
    "compare.kl_infinite": Message(
        "infinite: B gave 0 to a token A could choose", "无穷大：A 可能选的 token 在 B 中概率为 0"
    ),
    "compare.kl_infinite_short": Message("infinite", "无穷大"),
    "compare.kl_unknown": Message(
        "KL is unknown: the logits were not recorded in both.", "KL 未知：没有在双方都记录 logits。"
    ),
    "compare.kl_partly": Message(
        "Unknown at {count} steps: the logits were not recorded in both.",
        "有 {count} 步未知：没有在双方都记录 logits。",
    ),
    "compare.kl_impossible": Message("The vocabularies differ: KL is impossible.", "词表不同，无法计算 KL。"),
    "compare.kl_after": Message(
        "From step {step} on, the two continue different texts.",
        "从第 {step} 步起，两者接着不同的文本往下写。",
    ),
    "compare.mark": Message("first divergence: step {step}", "首个分歧点：第 {step} 步"),
    "compare.beside_title": Message("Step {step}: candidates side by side", "第 {step} 步：候选 token 对照"),
    "compare.beside_title_two": Message(
        "Step {step} of A, step {other_step} of B: candidates side by side",
        "A 的第 {step} 步与 B 的第 {other_step} 步：候选 token 对照",
    ),
    "compare.beside_model": Message("model (logits)", "模型（logits）"),
    "compare.beside_final": Message("after settings", "设置之后"),
    "compare.beside_unknown": Message("not recorded", "未记录"),
    "compare.beside_removed": Message("removed", "已去掉"),
    "compare.beside_empty": Message("No candidate was recorded at this step.", "这一步没有记录候选 token。"),
    "compare.beside_ended": Message(
        "B has no such step: it ended after {count} steps.", "B 没有这一步：它在 {count} 步之后结束。"
    ),
    "compare.beside_cell": Message(
        "{side}, {stage}: {token} {probability}, {rank}", "{side}，{stage}：{token} {probability}，{rank}"
    ),
}

COMPARISON = {**_HEADLINES, **_PROMPTS, **_CAUSES, **_AMOUNTS, **_TABLES, **_PICTURES}
