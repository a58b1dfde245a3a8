"""The words about what pushed a token, in English and Chinese; merged into `tracer.wording.catalogue`."""

from tracer.wording.message import Message

SOURCES = {
    "sources_leads": Message(
        "In logits {chosen} leads {rival} by {difference}.",
        "按 logits，{chosen} 比 {rival} 高 {difference}。",
    ),
    "sources_trails": Message(
        "In logits {chosen} trails {rival} by {difference}.",
        "按 logits，{chosen} 比 {rival} 低 {difference}。",
    ),
    "sources_pushed": Message(
        "The largest push came from {token} (position {position}) through layer {layer}, head {head}: "
        "{value} for {favored}.",
        "推动最大的是位置 {position} 的 {token}，经第 {layer} 层、注意力头 {head}，给 {favored} 加了 {value}。",
    ),
    "sources_kinds": Message("{parts}: together {total}.", "{parts}：合计 {total}。"),
    "sources_embedding": Message("embedding {value}", "嵌入 {value}"),
    "sources_attention": Message("attention {value}", "注意力 {value}"),
    "sources_mlp": Message("MLPs {value}", "MLP {value}"),
    "sources_biases": Message("biases {value}", "偏置 {value}"),
    "sources_rounding": Message("rounding {value}", "舍入 {value}"),
    "sources_scaling": Message(
        "Then scaling by {constant} makes it {after}.",
        "再乘以 {constant}，变为 {after}。",
    ),
    "sources_softcap": Message(
        "Then the softcap of {constant} makes it {after}.",
        "再经上限为 {constant} 的软截断（softcap），变为 {after}。",
    ),
    "sources_undivided": Message(
        "The parts of layers {layers} are not known; all that these layers added counts as MLP.",
        "第 {layers} 层分不出各部分，它们加上的全部都算作 MLP。",
    ),
    "sources_note": Message(
        "Positive values push {chosen}, negative ones {rival}. The scale of each norm is frozen at its value in "
        "this step. The remainder is {remainder}.",
        "正值推向 {chosen}，负值推向 {rival}。各归一化的缩放取这一步的实际值并固定。余项为 {remainder}。",
    ),
    "sources_column_token": Message("source token", "来源 token"),
    "sources_column_position": Message("position", "位置"),
    "sources_column_layer": Message("layer", "层"),
    "sources_column_head": Message("head", "注意力头"),
    "sources_column_value": Message("logit", "logit 贡献"),
    "sources_column_heads": Message("all heads", "所有注意力头"),
    "sources_column_attention": Message("attention", "注意力"),
    "sources_column_mlp": Message("MLP", "MLP"),
}
"""Key → text in both languages."""
