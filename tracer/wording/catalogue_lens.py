"""The words of the logit lens, in English and Chinese; merged into `tracer.wording.catalogue`."""

from tracer.wording.message import Message

LENS = {
    "lens_layer": Message("layer {number}", "第 {number} 层"),
    "lens_embedding": Message("the embedding", "嵌入（embedding）"),
    "lens_decided": Message(
        "Decided at {layer}: from there on {chosen} stays first, and the last layer gives it {probability}.",
        "在 {layer} 确定：从那里起 {chosen} 一直排第一，最后一层给它 {probability}。",
    ),
    "lens_decided_last": Message(
        "Decided only at the last layer: {chosen} comes first there ({probability}).",
        "到最后一层才确定：{chosen} 在那里升到第一（{probability}）。",
    ),
    "lens_leader_before": Message(
        "One layer earlier {leader} was first, and {chosen} was {rank}.",
        "前一层排第一的是 {leader}，{chosen} 是 {rank}。",
    ),
    "lens_undecided": Message(
        "No layer decided it: at the last one {chosen} is {rank} ({probability}).",
        "没有哪一层确定了它：在最后一层，{chosen} 是 {rank}（{probability}）。",
    ),
    "lens_favorite": Message(
        "The model's favorite {favorite} is decided at {layer} ({probability}).",
        "模型最看好的 {favorite} 在 {layer} 确定（{probability}）。",
    ),
    "lens_no_end": Message(
        "The last layer was not recorded, so it cannot be said where {chosen} was decided.",
        "没有记录最后一层，无法判断 {chosen} 在哪一层确定。",
    ),
    "lens_partial": Message(
        "{count} of {total} points were recorded (the embedding and each layer).",
        "嵌入和各层共 {total} 处，只记录了 {count} 处。",
    ),
    "lens_column_layer": Message("layer", "层"),
    "lens_column_rank": Message("rank of {chosen}", "{chosen} 的排名"),
    "lens_column_probability": Message("probability", "概率"),
    "lens_column_entropy": Message("entropy, nats", "熵（nat）"),
    "lens_column_kl": Message("KL to the last, nats", "与最后一层的 KL（nat）"),
    "lens_column_top": Message("what the layer would have said", "这一层会说什么"),
    "lens_cell_embedding": Message("embedding", "嵌入"),
    "lens_note": Message(
        "Each layer's stream went through the final norm and head; all of it under the raw logits. "
        "▲ and ▼: places won or lost since the layer before. ✓ the chosen token.",
        "每层的残差流都经过最终归一化和输出层；数值都按原始 logits 计算。"
        "▲ 和 ▼ 是比前一层升降的名次，✓ 是选中的 token。",
    ),
}
"""Key → text in both languages."""
