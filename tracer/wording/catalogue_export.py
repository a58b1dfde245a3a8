"""The words of exported files: the replay in one page, tables with their dictionary, the report of a run.

Keys that begin with `ui.` go to the browser modules.
"""

from tracer.wording.message import Message

_REPLAY = {
    "export.title": Message("Replay of {trace}", "{trace} 的回放"),
    "export.needs_script": Message(
        "The replay needs JavaScript, which is switched off here. The prompt and the answer were:",
        "回放需要 JavaScript，而这里已将其关闭。提示词与回答如下：",
    ),
    "export.not_in_file": Message(
        "This file holds what the recording shows of each step. Attention maps and other heads are in the "
        "dashboard: {command}.",
        "本文件包含记录中每一步的内容。注意力图和其他注意力头见仪表板：{command}。",
    ),
    "export.redacted": Message(
        "The prompt was taken out: □ stands for each of its tokens, ■ for a candidate that would tell one of them.",
        "提示词已去除：□ 代表其中的每个 token，■ 代表会泄露提示词的候选 token。",
    ),
    "export.light": Message(
        "It was made from a light pack. What is not here is in the trace that was packed.",
        "本文件由轻量包生成，其余内容在打包前的记录里。",
    ),
    "export.some_steps": Message(
        "It holds {count} of {total} steps, as chosen when it was made.",
        "其中有 {count} 步，全文共 {total} 步。",
    ),
    "export.left_out": Message(
        "To stay small, it leaves out some of the attention or the longer lists. Export fewer steps to have all "
        "of it.",
        "为控制大小，省去了部分注意力内容或较长的列表。导出较少的步数即可包含全部内容。",
    ),
    "ui.export_refusal": Message(
        "This is not in the file. Open the trace in the dashboard to see it.",
        "本文件没有这部分内容，请在仪表板中打开记录查看。",
    ),
    "ui.export_theme": Message("Light / dark", "浅色 / 深色"),
    "ui.export_part_step": Message("Why this token", "为什么是这个 token"),
    "ui.export_part_odds": Message("What if", "假如改参数"),
    "ui.export_part_attention": Message("Attention", "注意力"),
    "ui.export_part_inputs": Message("What forward received", "forward 收到了什么"),
    "ui.export_part_run": Message("This run", "本次运行"),
    "ui.export_attention_hint": Message(
        "Select a listed head to see where it looked.", "选择列出的注意力头，查看它看向哪里。"
    ),
}

_ODDS = {
    "ui.odds_temperature": Message("temperature", "温度"),
    "ui.odds_penalty": Message("repetition penalty", "重复惩罚"),
    "ui.odds_penalty_fixed": Message(
        "as recorded: another value needs the full trace", "保持记录值；改动需要完整的记录"
    ),
    "ui.odds_off": Message("off", "不用"),
    "ui.odds_same": Message(
        "With these settings {left} tokens are left. The recorded luck takes {token} again ({probability}).",
        "按这些参数，剩下 {left} 个 token。用记录中的随机数，仍会抽中 {token}（{probability}）。",
    ),
    "ui.odds_other": Message(
        "With these settings {left} tokens are left. The recorded luck takes {token} ({probability}) instead of "
        "{chosen}.",
        "按这些参数，剩下 {left} 个 token。用记录中的随机数，会抽中 {token}（{probability}），而不是 {chosen}。",
    ),
    "ui.odds_unknown": Message(
        "With these settings {left} tokens are left. Which of them the recorded luck takes needs the full trace.",
        "按这些参数，剩下 {left} 个 token。要知道会抽中哪一个，需要完整的记录。",
    ),
    "ui.odds_no_luck": Message(
        "With these settings {left} tokens are left. No luck was recorded, so there is no winner, only probabilities.",
        "按这些参数，剩下 {left} 个 token。记录中没有随机数，所以只有概率，没有结果。",
    ),
    "ui.odds_needs_trace": Message(
        "These settings keep more tokens than this file knows: the answer needs the full trace.",
        "这些参数留下的 token 比本文件包含的多，要得到答案，需要完整的记录。",
    ),
    "ui.odds_recorded": Message("recorded settings", "记录时的参数"),
    "ui.odds_asked": Message("these settings", "现在的参数"),
    "ui.odds_counted": Message("in {count} draws", "抽 {count} 次"),
    "ui.odds_others": Message("other tokens", "其余 token"),
    "ui.odds_draw_once": Message("Draw once", "抽一次"),
    "ui.odds_draw": Message("Draw {count} times", "抽 {count} 次"),
    "ui.odds_percent": Message("{number} %", "{number}%"),
    "ui.odds_one_in": Message("1 in {number}", "{number} 分之 1"),
}

_EXPECTED = {
    "ui.export_expected_unknown": Message(
        "This file knows {count} tokens at this step, and {text} is none of them. The full trace can tell.",
        "本文件在这一步包含 {count} 个 token，其中没有 {text}。完整的记录才能回答。",
    ),
    "ui.export_expected_came": Message("{token} is what came.", "生成的正是 {token}。"),
    "ui.export_expected_before": Message(
        "Before these settings {token} had {probability}.",
        "在这些参数起作用之前，{token} 的概率是 {probability}。",
    ),
    "ui.export_expected_after": Message(
        "After them it had {probability}.", "参数起作用之后，它的概率是 {probability}。"
    ),
    "ui.export_expected_cut": Message("They cut it off.", "这些参数去掉了它。"),
    "ui.export_expected_ways": Message(
        "With the same luck it would have come with {ways}.", "运气不变时，{ways}，就会抽中它。"
    ),
    "ui.export_expected_greedy_ways": Message("It would have come with {ways}.", "{ways}，就会选它。"),
    "ui.export_expected_way": Message("{name} {value}", "{name} 设为 {value}"),
    "ui.export_expected_or": Message(" or ", "，或 "),
    "ui.export_expected_open": Message(
        "Whether another value of one setting brings it needs the full trace.",
        "只改一个参数能否选到它，需要完整的记录。",
    ),
    "ui.export_expected_never": Message(
        "No value of a single slider brings it with the same luck.", "运气不变时，只移动一个滑块，选不到它。"
    ),
}

_TABLES = {
    "export.dictionary_title": Message("Columns of the steps of {trace}", "{trace} 各步数据的列说明"),
    "export.dictionary_rows": Message(
        "One row per generated token. Probabilities are between 0 and 1 and over the whole vocabulary; entropies and "
        "surprisals are in nats; times are in milliseconds. An empty cell: not recorded.",
        "每个生成的 token 占一行。概率在 0 到 1 之间，按整个词表计算；熵与意外程度的单位是 nat，时间的单位是毫秒。"
        "空单元格表示没有记录。",
    ),
    "export.dictionary_csv": Message(
        "The file is UTF-8 with a byte order mark. Where the text of a token begins with =, +, -, @, a tab or the end "
        "of a line, an apostrophe stands before it, so that no program takes it for a formula.",
        "文件采用 UTF-8 编码，带字节序标记。token 文本若以 =、+、-、@、制表符或换行开头，其前加一个撇号，"
        "避免表格软件将其当作公式。",
    ),
    "export.dictionary_column": Message("Column", "列"),
    "export.dictionary_type": Message("Type", "类型"),
    "export.dictionary_meaning": Message("Meaning", "含义"),
    "export.column.call": Message("The generate call, from 0", "第几次 generate 调用，从 0 计数"),
    "export.column.row": Message("The row of its batch, from 0", "批次中的第几行，从 0 计数"),
    "export.column.step": Message("The step, from 0", "第几步，从 0 计数"),
    "export.column.phase": Message(
        "prefill: chosen from the pass over the prompt; decode: from the pass over one token",
        "prefill 表示由处理提示词的前向计算选出，decode 表示由处理单个 token 的前向计算选出",
    ),
    "export.column.token_id": Message("The chosen token", "选中的 token 的 id"),
    "export.column.token": Message(
        "Its text as it is shown: · is a space, ↵ the end of a line", "它的显示文本：· 是空格，↵ 是换行"
    ),
    "export.column.token_json": Message("Its exact text as a JSON string", "它的原始文本，写成 JSON 字符串"),
    "export.column.position": Message(
        "The absolute position it takes, padding counted", "它的绝对位置，计入填充"
    ),
    "export.column.kv_len": Message("Positions that the pass saw", "这次前向计算能看到的位置数"),
    "export.column.model_probability": Message(
        "Its probability under the raw logits", "它在原始 logits 下的概率"
    ),
    "export.column.model_rank": Message(
        "How many tokens have a higher raw logit; 0 is best", "原始 logits 比它高的 token 数，0 为最好"
    ),
    "export.column.surprisal": Message("-ln of model_probability", "model_probability 的负自然对数"),
    "export.column.probability": Message(
        "Its probability under the final scores: what the draw used", "它在最终分数下的概率，即抽样所用的概率"
    ),
    "export.column.rank": Message(
        "How many tokens have a higher final score; 0 is best", "最终分数比它高的 token 数，0 为最好"
    ),
    "export.column.model_entropy": Message("Entropy of the raw logits", "原始 logits 的熵"),
    "export.column.entropy": Message("Entropy of the final scores", "最终分数的熵"),
    "export.column.favorite_id": Message(
        "The token with the highest raw logit", "原始 logits 最高的 token 的 id"
    ),
    "export.column.favorite": Message("Its text as it is shown", "它的显示文本"),
    "export.column.winner_id": Message(
        "The token with the highest final score", "最终分数最高的 token 的 id"
    ),
    "export.column.winner": Message("Its text as it is shown", "它的显示文本"),
    "export.column.is_forced": Message(
        "A branch put the token there, nothing chose it", "由分支直接放入，而非选出"
    ),
    "export.column.is_finished": Message("The text ended with this step", "文本在这一步结束"),
    "export.column.survivors": Message(
        "Tokens with a score above -inf after stage {stage}, {name}",
        "阶段 {stage}（{name}）之后分数高于 -inf 的 token 数",
    ),
    "export.column.removed_mass": Message(
        "Probability that stage {stage}, {name}, cut off", "阶段 {stage}（{name}）去掉的概率"
    ),
    "export.column.logsumexp": Message(
        "ln of the sum of exp(score) after stage {stage}, {name}",
        "阶段 {stage}（{name}）之后各分数的指数之和的自然对数",
    ),
    "export.column.verdict": Message(
        "Whether the criterion {name} would end the text here", "停止条件 {name} 是否要在这里结束文本"
    ),
    "export.column.at_ms": Message(
        "When the step was done, since the call began", "完成这一步的时刻，从调用开始计"
    ),
    "export.column.processors_ms": Message("What the processors took", "logits 处理器用时"),
    "export.column.choice_ms": Message(
        "From the last processor to the verdict", "从最后一个处理器到停止判断的用时"
    ),
    "export.column.waited_ms": Message("Of that, waiting for the recording", "其中等待记录的用时"),
    "export.column.candidates": Message(
        "The tokens followed through every stage: score, probability, rank, and whether they were removed, each a "
        "list by stage, the raw logits first",
        "逐阶段跟踪的 token：分数、概率、排名、是否去除，各为按阶段排列的列表，原始 logits 在前",
    ),
    "export.column.noise": Message(
        "The luck of each candidate in the draw: the highest probability divided by it wins; null: nothing was drawn",
        "每个候选 token 在抽样中的随机数：概率除以它，最大者胜出；null 表示没有抽样",
    ),
}

_REPORT = {
    "export.report_title": Message("What happened in {trace}", "{trace} 的运行报告"),
    "export.report_fact": Message("{name}: {value}", "{name}：{value}"),
    "export.report_end": Message("The end: {end}", "结束：{end}"),
    "export.report_tokens": Message("All tokens", "全部 token"),
    "export.report_steps": Message("Steps in full", "详细步骤"),
    "export.report_step": Message("Step", "步"),
    "export.report_token": Message("Token", "token"),
    "export.report_model": Message("Model", "模型"),
    "export.report_after": Message("After settings", "参数之后"),
    "export.report_rank": Message("Place", "名次"),
    "export.report_entropy": Message("Entropy (nats)", "熵（nat）"),
}

EXPORT = {**_REPLAY, **_ODDS, **_EXPECTED, **_TABLES, **_REPORT}
