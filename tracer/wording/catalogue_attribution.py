"""The words of input attribution and of interventions, in both languages; merged into `tracer.wording.catalogue`."""

from tracer.wording.message import Message

ATTRIBUTION = {
    "attribution_target": Message(
        "Target: the logit of {chosen}, {value}.",
        "目标：{chosen} 的 logit，为 {value}。",
    ),
    "attribution_contrast": Message(
        "Target: the logit of {chosen} minus that of {rival}, {value}.",
        "目标：{chosen} 与 {rival} 的 logit 之差，为 {value}。",
    ),
    "attribution_gap": Message(
        "At the baseline ({baseline}) it is {baseline_value}; the scores add up to {total}, "
        "which leaves {gap} unexplained.",
        "基线（{baseline}）下为 {baseline_value}；各分数之和为 {total}，还有 {gap} 没有解释。",
    ),
    "attribution_more_steps": Message(
        "The gap is larger than half of the change: do not trust single scores, and type a larger --steps.",
        "差额超过变化的一半：单个分数不可信，请加大 --steps。",
    ),
    "attribution_not_complete": Message(
        "{method} does not promise that the scores add up to the change.",
        "{method} 不保证各分数之和等于这个变化。",
    ),
    "attribution_held": Message(
        "Tokens held fixed (special or of the template), without a score: {count}.",
        "保持不变、不计分的 token（特殊 token 或模板部分）：{count} 个。",
    ),
    "attribution_baseline": Message("zero embedding", "零嵌入"),
    "attribution_column_position": Message("position", "位置"),
    "attribution_column_score": Message("score (logit)", "分数（logit）"),
    "method.gradient_x_input": Message("Gradient × input", "梯度 × 输入"),
    "method.occlusion": Message("Occlusion", "遮挡"),
    "method.integrated_gradients": Message("Integrated gradients", "积分梯度"),
    "intervention_chosen": Message(
        "With {changes}, the model's probability of {chosen} goes from {before} to {after}.",
        "{changes} 之后，模型给 {chosen} 的概率从 {before} 变为 {after}。",
    ),
    "intervention_rival": Message(
        "{rival} goes from {before} to {after}.",
        "{rival} 从 {before} 变为 {after}。",
    ),
    "intervention_favorite_same": Message(
        "The model still favors {favorite}.",
        "模型仍最看好 {favorite}。",
    ),
    "intervention_favorite_new": Message(
        "The model now favors {after}, no longer {before}.",
        "模型最看好的从 {before} 变成 {after}。",
    ),
    "intervention_kl": Message(
        "The two predictions are {kl} nats apart (KL).",
        "两次预测相距 {kl} nat（KL）。",
    ),
    "intervention_exact": Message(
        "The unchanged run repeated the recorded logits bit for bit.",
        "不作改动重算一次，结果与记录的 logits 逐位相同。",
    ),
    "intervention_near": Message(
        "The unchanged run came within {gap} of the recorded logits ({tolerance} is allowed).",
        "不作改动重算一次，结果与记录的 logits 最多相差 {gap}（允许 {tolerance}）。",
    ),
    "intervention_unchecked": Message(
        "No logits were recorded, so the unchanged run could not be compared with them.",
        "没有记录 logits，无法核对不作改动的重算结果。",
    ),
    "intervention_column_before": Message("before", "改动前"),
    "intervention_column_after": Message("after", "改动后"),
    "intervention_column_rank": Message("rank", "排名"),
    "intervention_column_logit": Message("logit", "logit"),
    "intervention_change.ablate": Message("{part} ablated", "屏蔽 {part}"),
    "intervention_change.scale": Message("{part} scaled by {factor}", "将 {part} 乘以 {factor}"),
    "intervention_change.block": Message(
        "position {reader} blocked from position {source}", "挡住位置 {reader} 对位置 {source} 的注意力"
    ),
    "intervention_change.block_in": Message(
        "position {reader} blocked from position {source} in {part}",
        "在 {part} 中挡住位置 {reader} 对位置 {source} 的注意力",
    ),
}
"""Key → text in both languages."""
