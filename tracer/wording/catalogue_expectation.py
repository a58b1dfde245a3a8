"""The sentences and words about an expected text: where the answer leaves it, and what would have kept to it.

Part of `tracer.wording.catalogue`, under the same rules. Holds no logic.
"""

from tracer.wording.message import Message

EXPECTATION = {
    "expected.reached": Message(
        "The text is as expected: steps 0 to {last} wrote it.",
        "文字与预期一致，由第 0 到第 {last} 步写出。",
    ),
    "expected.reached_and_more": Message(
        "The text is as expected: steps 0 to {last} wrote it. Tokens that follow: {count}.",
        "文字与预期一致，由第 0 到第 {last} 步写出；之后还有 {count} 个 token。",
    ),
    "expected.ended": Message(
        "The text is as expected as far as it goes, but after {count} tokens it ends before {rest}.",
        "已生成的文字与预期一致，但写了 {count} 个 token 就结束了，没有写到 {rest}。",
    ),
    "expected.left": Message(
        "The text leaves the expected one at step {step}: {chosen} came, {expected} was expected.",
        "从第 {step} 步起与预期不同：生成的是 {chosen}，预期是 {expected}。",
    ),
    "expected.by_model": Message(
        "The model had {expected} as {rank} of {total} tokens ({probability}).",
        "模型在 {total} 个 token 中把 {expected} 排在 {rank}（{probability}）。",
    ),
    "expected.after_settings": Message(
        "After the settings it was {rank} of {left} ({probability}), and {chosen} had {chosen_probability}.",
        "参数处理后，它在剩下的 {left} 个中排 {rank}（{probability}），{chosen} 为 {chosen_probability}。",
    ),
    "expected.removed": Message(
        "{setting} removed it; before that it was {rank} ({probability}).",
        "{setting} 去掉了它；在那之前它排 {rank}（{probability}）。",
    ),
    "expected.keep": Message(
        "It stays in with {adjustments}: then it has {probability}.",
        "要留住它，需要 {adjustments}；这时它的概率是 {probability}。",
    ),
    "expected.luck": Message(
        "With the same luck it would have been drawn with {ways}.",
        "运气不变时，{ways}，就会抽中它。",
    ),
    "expected.greedy": Message(
        "Greedy decoding would have chosen it.",
        "换成贪心解码，就会选它。",
    ),
    "expected.greedy_with": Message(
        "Greedy decoding would have chosen it with {ways}.",
        "贪心解码时，{ways}，就会选它。",
    ),
    "expected.greedy_never": Message(
        "No tried value of the settings makes greedy decoding choose it; sampling could ({probability}).",
        "试过的参数值都不能让贪心解码选它；采样才有可能（{probability}）。",
    ),
    "expected.only_sampling": Message(
        "Greedy decoding takes the highest score: only sampling could have taken it ({probability}).",
        "贪心解码总选分数最高的：只有采样才可能选到它（{probability}）。",
    ),
    "expected.another_draw": Message(
        "None of the tried changes takes it with the same luck: it needs another draw ({probability}).",
        "运气不变时，试过的改动都选不到它：只能重新抽样（{probability}）。",
    ),
    "expected.undecided": Message(
        "The recorded luck does not decide whether it is drawn with {ways}.",
        "{ways}，是否抽中它，记录的运气不足以判断。",
    ),
    "expected.untriable": Message(
        "Not tried: what needs {classes} to be computed again, which takes torch.",
        "没有试：需要重新计算 {classes} 的改动，这要用 torch。",
    ),
    "expected.missing": Message(
        "What would have chosen it cannot be tried. {reason}",
        "无法试出怎样才会选它。{reason}",
    ),
    "expected.missing_scores": Message(
        "The logits or the scores of this step were not recorded. "
        "Record again with `record(..., logits='last', scores='last')`.",
        "没有记录这一步的 logits 或处理后的 scores。请用 `record(..., logits='last', scores='last')` 重新记录。",
    ),
    "expected.others": Message(
        "The expected text could also have gone on with {tokens}.",
        "预期的文字也可以接着写 {tokens}。",
    ),
    "expected.token_with_probability": Message("{token} ({probability})", "{token}（{probability}）"),
    "expected.column_stage": Message("stage", "阶段"),
    "adjust.at_least": Message("{name} at least {value}", "{name} 至少 {value}"),
    "adjust.at_most": Message("{name} at most {value}", "{name} 至多 {value}"),
    "adjust.to": Message("{name} {value} instead of {recorded}", "{name} 从 {recorded} 改为 {value}"),
    "adjust.left_out": Message("{setting} left out", "去掉 {setting}"),
    "or_pair": Message("{first} or {last}", "{first}，或 {last}"),
    "or_more": Message("{first}, {rest}", "{first}，{rest}"),
}
"""Key → text in both languages."""
