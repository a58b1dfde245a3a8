"""The sentences about what other settings would have given, and about the draw as a picture, in both languages.

Merged into `tracer.wording.catalogue`, which says how an entry is written.
"""

from tracer.wording.message import Message

ALTERNATIVE = {
    "what_if_frame": Message(
        "Not what happened: computed from the recording.",
        "并非实际发生的结果：由记录推算。",
    ),
    "what_if_same": Message(
        "With {settings}, this step would give {token} all the same ({before} → {after}).",
        "假如 {settings}，这一步仍是 {token}（{before} → {after}）。",
    ),
    "what_if_changed": Message(
        "With {settings}, this step would give {token} ({after}), not {chosen} ({chosen_after}).",
        "假如 {settings}，这一步会得到 {token}（{after}），而不是 {chosen}（{chosen_after}）。",
    ),
    "what_if_later": Message(
        "What would follow is unknown: the later tokens would come after another text.",
        "之后的内容未知：后面的 token 会接在另一段文字之后。",
    ),
    "what_if_undecided": Message(
        "With {settings}, the token of this step is not known: {reason}.",
        "假如 {settings}，无法确定这一步的 token：{reason}。",
    ),
    "what_if_text_same": Message(
        "With {settings}, {count} of {total} tokens stay the same, each after the recorded text before it.",
        "假如 {settings}，{total} 个 token 中有 {count} 个不变（每一步都接着记录中的前文）。",
    ),
    "what_if_text_changed": Message(
        "With {settings}, step {step} is the first with another token: {token} ({after}), not {chosen}.",
        "假如 {settings}，第 {step} 步起不同：会得到 {token}（{after}），而不是 {chosen}。",
    ),
    "what_if_text_undecided": Message(
        "Not known: {count} of {total} tokens, the first at step {step}: {reason}.",
        "{total} 个 token 中有 {count} 个无法确定，最早在第 {step} 步：{reason}。",
    ),
    "what_if_text_rest": Message(
        "The answers after it hold for the recorded text only.",
        "此后的答案只对记录中的前文成立。",
    ),
    "what_if_new_luck": Message(
        "The luck is a new draw of numpy's; torch would draw otherwise from this seed.",
        "运气由 numpy 重新抽取；同一种子在 torch 中会抽出别的结果。",
    ),
    "undecided.nothing_drawn": Message(
        "the recorded call was greedy and drew nothing, so a new draw needs a seed",
        "记录的调用是贪心解码，没有抽样；要另抽一次，需给出种子",
    ),
    "undecided.no_noise": Message(
        "the luck of this step was not recorded",
        "没有记录这一步的运气",
    ),
    "undecided.unknown_luck": Message(
        "a token whose luck was not recorded could have won",
        "有 token 的运气没有记录，它可能胜出",
    ),
    "undecided.needs_torch": Message(
        "the recorded part of the draw does not tell, and repeating it needs torch "
        "(pip install 'generation-tracer[record]')",
        "仅凭记录的部分无法判断，重做抽样需要 torch（pip install 'generation-tracer[record]'）",
    ),
    "undecided.too_close": Message(
        "the first two tokens are closer than float32 rounds",
        "前两名的差距小于 float32 的舍入误差",
    ),
    "undecided.no_token_left": Message(
        "no token is left",
        "没有剩下任何 token",
    ),
    "asked_nothing": Message("the recorded settings", "沿用记录的设置"),
    "asked_sampling": Message("sampling", "改用采样"),
    "asked_greedy": Message("greedy decoding", "改用贪心解码"),
    "asked_seed": Message("a new draw (seed {number})", "另抽一次（种子 {number}）"),
    "asked_off": Message("{name} off", "关闭 {name}"),
    "column_recorded": Message("as recorded", "记录中"),
    "column_asked": Message("what if", "假如"),
    "column_step": Message("step", "步"),
    "what_if_title": Message(
        "Step {step}, not what happened: {settings}", "第 {step} 步，并非实际发生：假如 {settings}"
    ),
    "probability_axis": Message("probability (final scores)", "概率（处理后分数）"),
    "race_title": Message("Step {step}: the draw", "第 {step} 步：这一次抽样"),
    "race_title_greedy": Message("Step {step}: the highest score wins", "第 {step} 步：分数最高者胜"),
    "race_axis": Message("ln p + luck (nats)", "ln p + 运气（nat）"),
    "race_axis_greedy": Message("ln p (nats)", "ln p（nat）"),
    "race_start": Message("ln p", "ln p"),
    "race_luck": Message("luck: −ln q", "运气：−ln q"),
    "race_finish": Message("finish: furthest right wins", "结果：最靠右者胜"),
    "race_margin": Message("{first} leads {second} by {margin} nats", "{first} 比 {second} 高 {margin} nat"),
    "race_margin_at_least": Message(
        "{first} leads {second} by {margin} nats, among the tokens whose luck was recorded",
        "{first} 比 {second} 高 {margin} nat（只在记录了运气的 token 中比较）",
    ),
    "race_alone": Message("{first} was the only token left", "只剩下 {first}"),
}
