"""The words of the findings, in English and Chinese: for every rule its title, what was found, the remedy.

Merged into `tracer.wording.catalogue`. Placeholders are the numbers and tokens of the finding, and
`{settings}`.
"""

from tracer.wording.message import Message

_PADDING_AND_PROMPT = {
    "lint.right_padding.title": Message("padded on the right", "填充在右侧"),
    "lint.right_padding.found": Message(
        "The prompt ends with {num_pads} masked of {prompt_len} columns: the first token was chosen behind padding.",
        "提示词共 {prompt_len} 列，末尾 {num_pads} 列是填充：第一个 token 接在填充之后生成。",
    ),
    "lint.right_padding.remedy": Message(
        "Set tokenizer.padding_side = 'left' before the tokenizer makes the batch.",
        "先设 tokenizer.padding_side = 'left'，再让 tokenizer 组成批次。",
    ),
    "lint.prompt_at_limit.title": Message("prompt fills the context", "提示词占满上下文"),
    "lint.prompt_at_limit.found": Message(
        "The prompt has {prompt_len} tokens and the model {limit} positions: "
        "it was cut to fit, or every new token lies beyond what the model knows.",
        "提示词有 {prompt_len} 个 token，模型只有 {limit} 个位置：要么提示词已截断，要么新 token 都超出范围。",
    ),
    "lint.prompt_at_limit.remedy": Message(
        "Shorten the prompt by at least as many tokens as you want to generate.",
        "缩短提示词，至少空出要生成的 token 数。",
    ),
    "lint.prompt_truncated.title": Message("prompt at the tokenizer's limit", "提示词到了 tokenizer 的上限"),
    "lint.prompt_truncated.found": Message(
        "The prompt has exactly {limit} tokens, where the tokenizer truncates: its end, or its start, may be gone.",
        "提示词正好 {limit} 个 token，这是 tokenizer 的截断长度：末尾或开头可能已丢失。",
    ),
    "lint.prompt_truncated.remedy": Message(
        "Raise max_length of the tokenizer above {limit}, or shorten the prompt.",
        "把 tokenizer 的 max_length 调到 {limit} 以上，或缩短提示词。",
    ),
    "lint.prompt_cut.title": Message("prompt begins inside a message", "提示词从消息中间开始"),
    "lint.prompt_cut.found": Message(
        "The prompt of {prompt_len} tokens begins inside a message: "
        "{end} ends it after {num_before} tokens, and nothing opened it.",
        "提示词共 {prompt_len} 个 token，从一条消息中间开始：{num_before} 个 token 后 {end} 结束了它，却没有开头。",
    ),
    "lint.prompt_cut.remedy": Message(
        "The start was cut off, usually by truncation_side='left': raise max_length of the tokenizer, "
        "or drop the oldest messages as a whole.",
        "开头多半是 truncation_side='left' 截掉的：调大 tokenizer 的 max_length，或整条删去最早的消息。",
    ),
    "lint.bos_missing.title": Message("start token missing", "缺少起始 token"),
    "lint.bos_missing.found": Message(
        "The chat template begins with {start} (id {start_id}), "
        "but the prompt of {prompt_len} tokens begins with {first} and holds none.",
        "对话模板以 {start}（id {start_id}）开头，但这 {prompt_len} 个 token 的提示词以 {first} 开头，其中没有它。",
    ),
    "lint.bos_missing.remedy": Message(
        "Build the prompt with tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True), "
        "and do not cut it on the left.",
        "不要从左侧截断提示词，构造时请用 "
        "tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True)。",
    ),
}

_TEMPLATE = {
    "lint.template_twice.title": Message("chat template applied twice", "对话模板套了两次"),
    "lint.template_twice.found": Message(
        "{opening} opens the prompt {num_openings} times before a message ends, "
        "the second time at position {position}.",
        "第一条消息结束前，{opening} 出现了 {num_openings} 次，第二次在位置 {position}。",
    ),
    "lint.template_twice.remedy": Message(
        "The template, or the start token, was added twice: call apply_chat_template once with tokenize=True, "
        "or tokenize its text with add_special_tokens=False.",
        "模板或起始 token 加了两次：只调用一次 apply_chat_template 并设 tokenize=True，"
        "或对其文本分词时设 add_special_tokens=False。",
    ),
    "lint.template_missing.title": Message("chat template not applied", "没有使用对话模板"),
    "lint.template_missing.found": Message(
        "The chat template writes {num_template_tokens} special tokens, "
        "and none of them is among the {prompt_len} tokens of the prompt.",
        "对话模板含 {num_template_tokens} 个特殊 token，而提示词的 {prompt_len} 个 token 里一个也没有。",
    ),
    "lint.template_missing.remedy": Message(
        "For an answer rather than a continuation, use "
        "tokenizer.apply_chat_template(messages, add_generation_prompt=True).",
        "若要的是回答而不是续写，请用 tokenizer.apply_chat_template(messages, add_generation_prompt=True)。",
    ),
}

_STOPPING = {
    "lint.stop_pushed_down.title": Message("penalty on the stop token", "重复惩罚压低了结束符"),
    "lint.stop_pushed_down.found": Message(
        "{stop} would have ended the text ({probability_before}), but it already stands in the prompt "
        "({num_in_prompt} ×), so {settings} cut it to {probability_after}; {chosen} was chosen and it went on.",
        "{stop} 本可结束文本（{probability_before}），但提示词里有 {num_in_prompt} 个它，"
        "{settings} 将其降到 {probability_after}；结果选了 {chosen}，生成继续。",
    ),
    "lint.stop_pushed_down.remedy": Message(
        "Keep the penalty off the prompt: repetition_penalty=1.0 and "
        "logits_processor=[RepetitionPenaltyLogitsProcessor({penalty}, prompt_ignore_length={prompt_len})].",
        "让惩罚不计提示词：设 repetition_penalty=1.0，并传入 "
        "logits_processor=[RepetitionPenaltyLogitsProcessor({penalty}, prompt_ignore_length={prompt_len})]。",
    ),
    "lint.stop_missed.title": Message("end token did not stop", "遇到结束 token 却没停"),
    "lint.stop_missed.found": Message(
        "{end} (id {end_id}, {probability}) was chosen and {num_after} more tokens followed: "
        "it is none of the {num_stop_ids} stop ids.",
        "选中了 {end}（id {end_id}，{probability}），之后又生成 {num_after} 个 token："
        "它不在 {num_stop_ids} 个结束符之中。",
    ),
    "lint.stop_missed.remedy": Message(
        "Pass every end token to generate, as a list: add {end_id} to eos_token_id.",
        "把所有结束符都传给 generate：在 eos_token_id 列表中加上 {end_id}。",
    ),
    "lint.stop_not_listed.title": Message(
        "template's end token is no stop id", "模板的结束 token 不是结束符"
    ),
    "lint.stop_not_listed.found": Message(
        "The chat template ends messages with {end} (id {end_id}), which is none of the {num_stop_ids} stop ids.",
        "对话模板用 {end}（id {end_id}）结束消息，但它不在 {num_stop_ids} 个结束符之中。",
    ),
    "lint.stop_not_listed.remedy": Message(
        "Answers will run on: add {end_id} to eos_token_id.",
        "回答会停不下来：在 eos_token_id 中加上 {end_id}。",
    ),
    "lint.stop_listed_twice.title": Message("stop id listed twice", "结束符重复列出"),
    "lint.stop_listed_twice.found": Message(
        "{stop} (id {stop_id}) stands {num_listed} times among the stop ids; "
        "where two ids were meant, one is missing.",
        "{stop}（id {stop_id}）在结束符中列了 {num_listed} 次；若本想写两个不同的 id，就漏了一个。",
    ),
    "lint.stop_listed_twice.remedy": Message(
        "List each id once in eos_token_id, and check which other one belongs there.",
        "eos_token_id 中每个 id 只写一次，并检查是否漏了另一个。",
    ),
}

_SETTINGS = {
    "lint.sampling_ignored.title": Message("sampling settings ignored", "采样参数没有生效"),
    "lint.sampling_ignored.found": Message(
        "{settings} had no effect: do_sample is off, so the best token was taken at every step ({num_steps}).",
        "{settings} 没有生效：do_sample 未开启，{num_steps} 步都取了得分最高的 token。",
    ),
    "lint.sampling_ignored.remedy": Message(
        "Add do_sample=True, or leave the settings ({num_ignored}) out.",
        "加上 do_sample=True，或去掉这 {num_ignored} 个参数。",
    ),
    "lint.temperature_low.title": Message("temperature near 0", "温度接近 0"),
    "lint.temperature_low.found": Message(
        "Temperature {temperature} leaves next to no choice: {num_best} of {num_steps} draws took the best token.",
        "温度 {temperature} 几乎不留选择：{num_steps} 次抽样有 {num_best} 次取了得分最高的 token。",
    ),
    "lint.temperature_low.remedy": Message(
        "For the best token always, do_sample=False says so; for variety, take a temperature from 0.5 on.",
        "若总要得分最高的 token，请用 do_sample=False；若要多样，温度从 0.5 起。",
    ),
    "lint.temperature_zero.title": Message("temperature 0", "温度为 0"),
    "lint.temperature_zero.found": Message(
        "Temperature {temperature} was given and never read: "
        "do_sample is off, so the best token was taken at every step anyway ({num_steps}).",
        "给了温度 {temperature}，但没有读取：do_sample 未开启，{num_steps} 步本来就取得分最高的 token。",
    ),
    "lint.temperature_zero.remedy": Message(
        "Leave temperature out; with do_sample=True a temperature of 0 is refused.",
        "去掉 temperature；若 do_sample=True，温度 0 会报错。",
    ),
    "lint.penalty_on_prompt.title": Message("penalty on prompt tokens", "重复惩罚作用于提示词"),
    "lint.penalty_on_prompt.found": Message(
        "{favorite} led with {probability_before} and stands only in the prompt ({num_in_prompt} ×); "
        "{settings} cut it to {probability_after}, and {winner} took the lead.",
        "{favorite} 以 {probability_before} 领先，只在提示词里出现过（{num_in_prompt} 次）；"
        "{settings} 将其降到 {probability_after}，{winner} 反超。",
    ),
    "lint.penalty_on_prompt.remedy": Message(
        "Where the answer should repeat words of the question, keep the penalty off the prompt: "
        "repetition_penalty=1.0 and "
        "logits_processor=[RepetitionPenaltyLogitsProcessor({penalty}, prompt_ignore_length={prompt_len})].",
        "若回答需要重复问题里的词，让惩罚不计提示词：设 repetition_penalty=1.0，并传入 "
        "logits_processor=[RepetitionPenaltyLogitsProcessor({penalty}, prompt_ignore_length={prompt_len})]。",
    ),
    "lint.rival_cut.title": Message("filter cut a close rival", "筛选去掉了接近的对手"),
    "lint.rival_cut.found": Message(
        "{settings} cut {rival} ({rival_probability}) although it was only {gap} nats behind {best} "
        "({best_probability}); {num_left} tokens were left.",
        "{settings} 去掉了 {rival}（{rival_probability}），"
        "它只比 {best}（{best_probability}）低 {gap} nat；剩 {num_left} 个 token。",
    ),
    "lint.rival_cut.remedy": Message(
        "Loosen {settings}: at such steps the filter decides, not the model.",
        "放宽 {settings}：这样的步骤由筛选决定，而不是由模型决定。",
    ),
}

_TOKENS = {
    "lint.suppressed.title": Message("best token suppressed", "最佳 token 遭屏蔽"),
    "lint.suppressed.found": Message(
        "{settings} removed {best}, the best token at that point ({probability}); {chosen} was chosen.",
        "{settings} 去掉了当时得分最高的 {best}（{probability}），结果选了 {chosen}。",
    ),
    "lint.suppressed.remedy": Message(
        "If that is not meant, loosen {settings} or leave it out.",
        "若非本意，放宽或去掉 {settings}。",
    ),
    "lint.forced.title": Message("token forced", "token 是强制的"),
    "lint.forced.found": Message(
        "{settings} left only {forced} ({probability} before); the best token was {best} ({best_probability}).",
        "{settings} 只留下 {forced}（此前 {probability}）；得分最高的是 {best}（{best_probability}）。",
    ),
    "lint.forced.remedy": Message(
        "If that is not meant, set {settings} to None.",
        "若非本意，把 {settings} 设为 None。",
    ),
    "lint.loop.title": Message("repeated loop", "循环重复"),
    "lint.loop.found": Message(
        "From {first} on, the same {length} tokens stand {num_times} times in a row ({num_tokens} tokens).",
        "从 {first} 起，同样的 {length} 个 token 连续出现 {num_times} 次（共 {num_tokens} 个 token）。",
    ),
    "lint.loop.remedy": Message(
        "Sample (do_sample=True), or try repetition_penalty=1.1 or no_repeat_ngram_size=4.",
        "改用采样（do_sample=True），或试试 repetition_penalty=1.1、no_repeat_ngram_size=4。",
    ),
    "lint.tie.title": Message("tie decided by id", "平分时按 id 决定"),
    "lint.tie.found": Message(
        "{num_tied} tokens have the best score {score} ({probability} each); "
        "{chosen} (id {chosen_id}) came before {other} (id {other_id}) by its id alone.",
        "{num_tied} 个 token 同为最高分 {score}（各 {probability}）；"
        "{chosen}（id {chosen_id}）排在 {other}（id {other_id}）前，只因 id 更小。",
    ),
    "lint.tie.remedy": Message(
        "Load the model in float32 to see whether they really tie; half precision rounds scores together.",
        "用 float32 加载模型，看是否真的平分；半精度会把接近的分数舍入成一样。",
    ),
}

_LISTS = {
    "lint.severity.error": Message("error", "错误"),
    "lint.severity.warning": Message("warning", "警告"),
    "lint.severity.note": Message("note", "提示"),
    "lint.column_severity": Message("severity", "级别"),
    "lint.column_finding": Message("finding", "问题"),
    "lint.column_where": Message("where", "位置"),
    "lint.column_words": Message("what happened → what to do", "发生了什么 → 怎么办"),
    "lint.whole_run": Message("whole run", "整次运行"),
    "lint.call": Message("call {call}", "调用 {call}"),
    "lint.call_and_row": Message("call {call} row {row}", "调用 {call} 第 {row} 行"),
    "lint.one_step": Message("step {step}", "第 {step} 步"),
    "lint.more_steps": Message(
        "step {step}; in all {count}: {steps}", "第 {step} 步；共 {count} 步：{steps}"
    ),
    "lint.clean": Message(
        "Nothing found: {count} rules were asked.", "没有发现问题：检查了 {count} 条规则。"
    ),
    "lint.strip_title": Message("Findings at {found} of {steps} steps", "{steps} 步中有 {found} 步发现问题"),
    "lint.strip_steps": Message("step (0-based)", "步（从 0 起）"),
}

LINT = {**_PADDING_AND_PROMPT, **_TEMPLATE, **_STOPPING, **_SETTINGS, **_TOKENS, **_LISTS}
