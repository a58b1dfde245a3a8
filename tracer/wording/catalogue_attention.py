"""The words about where attention looked, in English and Chinese; merged into `tracer.wording.catalogue`."""

from tracer.wording.message import Message

ATTENTION = {
    "attention.note": Message(
        "Attention shows where information was read, not why the token won; for that: contribution.",
        "注意力只说明从哪里读取了信息，不说明 token 为何胜出；原因请看贡献。",
    ),
    "attention.badge": Message("computed from the recording", "由记录计算得出"),
    "attention.title": Message(
        "Where the model looked before it wrote {token}", "写出 {token} 之前，模型看了哪里"
    ),
    "attention.summary": Message(
        "Step {step}, {choice}: most weight beside the first token on {sources}.",
        "第 {step} 步，{choice}：除第一个 token 外，权重最大的是 {sources}。",
    ),
    "attention.summary_source": Message("{token} ({weight})", "{token}（{weight}）"),
    "attention.summary_first": Message(
        "Step {step}, {choice}: all weight is on the first token.",
        "第 {step} 步，{choice}：权重全在第一个 token 上。",
    ),
    "attention.head": Message("layer {layer}, head {head}", "第 {layer} 层注意力头 {head}"),
    "attention.mean_layer": Message("mean over the heads of layer {layer}", "第 {layer} 层各注意力头的平均"),
    "attention.max_layer": Message(
        "largest over the heads of layer {layer}", "第 {layer} 层各注意力头的最大值"
    ),
    "attention.mean_layers": Message(
        "mean over the heads of layers {layers}", "第 {layers} 层各注意力头的平均"
    ),
    "attention.max_layers": Message(
        "largest over the heads of layers {layers}", "第 {layers} 层各注意力头的最大值"
    ),
    "attention.short_head": Message("L{layer} H{head}", "L{layer} H{head}"),
    "attention.first_aside": Message(
        "First-token rest place (attention sink): {weight}",
        "第一个 token，注意力汇聚点（attention sink）：{weight}",
    ),
    "attention.template_aside": Message(
        "Tokens of the chat template: {weight}", "对话模板的 token：{weight}"
    ),
    "attention.sink": Message(
        "The model's own sink takes {weight}; it belongs to no token.",
        "模型自带的汇聚项占 {weight}，不属于任何 token。",
    ),
    "attention.below": Message("below {number} %", "不到 {number}%"),
    "attention.heads_title": Message(
        "Heads that looked hardest at one token", "对单个 token 权重最大的注意力头"
    ),
    "attention.heads_of_source": Message("Heads that looked at {source}", "看 {source} 的注意力头"),
    "attention.row": Message(
        "{head} · {pattern} · {weight} on {source}", "{head} · {pattern} · {weight} 在 {source}"
    ),
    "attention.row_plain": Message("{head} · {weight} on {source}", "{head} · {weight} 在 {source}"),
    "attention.effective": Message(
        "as spread as over {number} equal places", "分散程度相当于均匀看 {number} 处"
    ),
    "attention.no_heads": Message(
        "No head put weight on a place that is shown.", "没有注意力头看显示的这些位置。"
    ),
    "attention.pattern.first": Message("first token", "第一个 token"),
    "attention.pattern.previous": Message("previous token", "前一个 token"),
    "attention.pattern.itself": Message("itself", "自身"),
    "attention.pattern.induction": Message("induction", "归纳（induction）"),
    "attention.pattern.local": Message("nearby", "附近"),
    "attention.pattern.spread": Message("spread out", "分散"),
    "attention.pattern.mixed": Message("mixed", "混合"),
    "attention.measure.source": Message("weight on the selected token", "在所选 token 上的权重"),
    "attention.measure.first": Message("weight on the first token", "在第一个 token 上的权重"),
    "attention.measure.previous": Message("weight on the previous token", "在前一个 token 上的权重"),
    "attention.measure.itself": Message("weight on the token itself", "在自身上的权重"),
    "attention.measure.local": Message(
        "weight on the last {count} tokens", "在最近 {count} 个 token 上的权重"
    ),
    "attention.measure.induction": Message(
        "weight behind an earlier occurrence", "在先前同一 token 之后的权重"
    ),
    "attention.measure.entropy": Message("spread over the text (entropy)", "分散程度（熵）"),
    "attention.measure.contribution": Message("contribution to the logit", "对 logit 的贡献"),
    "attention.hint.source": Message(
        "How much of each head's weight is on the selected token.", "各注意力头的权重有多少在所选 token 上。"
    ),
    "attention.hint.first": Message(
        "Heads with nothing to read often rest on the first token.",
        "没有内容可读的注意力头常停在第一个 token 上。",
    ),
    "attention.hint.previous": Message(
        "The token directly before the one that was read last.", "最后读入的 token 的前一个。"
    ),
    "attention.hint.itself": Message("The token that was read last.", "最后读入的 token。"),
    "attention.hint.local": Message(
        "The token that was read last, and those just before it.", "最后读入的 token 及其前面几个。"
    ),
    "attention.hint.induction": Message(
        "Tokens that follow an earlier occurrence of the token that was read last.",
        "先前出现过同一个 token 时，紧跟其后的那些 token。",
    ),
    "attention.hint.entropy": Message(
        "In nats; 0 where one token has all the weight.", "单位 nat；权重全在一个 token 上时为 0。"
    ),
    "attention.hint.contribution": Message(
        "What each head pushed {token} ahead of {rival}, in logits.",
        "各注意力头使 {token} 领先 {rival} 的 logit 量。",
    ),
    "attention.unit.weight": Message("share of the head's weight", "占该注意力头权重的比例"),
    "attention.unit.entropy": Message("nats", "nat"),
    "attention.unit.logit": Message("logit", "logit"),
    "attention.pick_source": Message("Select a token in the text first.", "请先在文本中选一个 token。"),
    "attention.no_average": Message(
        "Averaging all rows takes too long for this text; the row of this step is shown.",
        "这段文本较长，各行平均耗时过久；这里只显示这一步的一行。",
    ),
    "attention.grid_title": Message("Heads by {measure}", "按 {measure} 看注意力头"),
    "attention.grid_title_mean": Message(
        "Heads by {measure}, mean over {count} rows", "按 {measure} 看注意力头，{count} 行平均"
    ),
    "attention.grid_summary": Message(
        "{layers} layers by {heads} heads; the largest is {head} with {value}.",
        "{layers} 层 × {heads} 个注意力头；最大的是 {head}，为 {value}。",
    ),
    "attention.grid_empty": Message("No head has a value here.", "这里没有注意力头有数值。"),
    "attention.nats": Message("{number} nats", "{number} nat"),
    "attention.layer": Message("layer {layer}", "第 {layer} 层"),
    "attention.flag.sliding": Message("sees the last {count} positions", "只看最近 {count} 个位置"),
    "attention.flag.given": Message("mask as given", "使用传入的掩码"),
    "attention.flag.causal": Message("causal, no mask given", "因果注意力，未传入掩码"),
    "attention.flag.none": Message("sees both directions", "双向可见"),
    "attention.flag.sinks": Message("has sinks of its own", "自带汇聚项"),
    "attention.flag.softcap": Message("softcap {value}", "软截断（softcap）{value}"),
    "attention.flag.missing": Message("not recorded", "没有记录"),
    "attention.groups": Message(
        "{heads} heads share {shared} key/value heads (GQA): {size} heads read the same keys.",
        "{heads} 个注意力头共用 {shared} 组 key/value（GQA），每 {size} 个读同样的 key。",
    ),
    "attention.map_title": Message("Attention map: {choice}", "注意力图：{choice}"),
    "attention.map_summary": Message(
        "{size} rows by {size} columns; a row is a token that looked, a column a token that it saw.",
        "{size} 行 × {size} 列；行是发出查询的 token，列是它能看到的 token。",
    ),
    "attention.missing_rows": Message(
        "{count} rows have no queries in the trace. Record again with {setting}.",
        "有 {count} 行没有记录 query。请用 {setting} 重新记录。",
    ),
    "attention.cost": Message(
        "So many heads take long: at most {rows} rows at once.",
        "注意力头很多，耗时较长：一次最多 {rows} 行。",
    ),
    "attention.cell": Message(
        "{row} (place {row_place}) put {weight} on {column} (place {column_place}).",
        "{row}（第 {row_place} 处）把 {weight} 放在 {column}（第 {column_place} 处）上。",
    ),
    "attention.formula": Message("softmax(query · keys × {scaling})", "softmax(query · keys × {scaling})"),
    "attention.fact.mask": Message("mask", "掩码"),
    "attention.fact.window": Message("sliding window", "滑动窗口"),
    "attention.fact.group": Message("shares its keys with", "共用 key 的注意力头"),
    "attention.fact.heads": Message("heads and key/value heads", "注意力头与 key/value 头"),
    "attention.fact.scaling": Message("scaling", "缩放系数"),
    "attention.fact.softcap": Message("softcap", "软截断（softcap）"),
    "attention.fact.sinks": Message("sinks", "汇聚项"),
    "attention.axis_head": Message("head", "注意力头"),
    "attention.axis_layer": Message("layer", "层"),
    "attention.axis_read": Message("token that was read", "读到的 token"),
    "attention.axis_looked": Message("token that looked", "发出查询的 token"),
    "attention.axis_weight": Message("share of the weight", "权重占比"),
    "attention.positions": Message("{count} positions", "{count} 个位置"),
    "attention.yes": Message("yes", "有"),
    "attention.lines_title": Message("Lines: {choice}", "连线：{choice}"),
    "attention.lines_summary": Message(
        "{lines} lines from {targets} tokens to the tokens that they looked at most.",
        "{targets} 个 token 连到它们看得最多的 token，共 {lines} 条线。",
    ),
    "attention.lines_empty": Message("No weight is {threshold} or more.", "没有权重达到 {threshold}。"),
    "attention.contribution_title": Message(
        "What attention pushed: {token} rather than {rival}", "注意力推动了什么：{token} 而非 {rival}"
    ),
    "attention.contribution_missing": Message(
        "Contributions need the model once. Type this, then reload.",
        "计算贡献需要用一次模型。请运行此命令后刷新。",
    ),
    "attention.contribution_note": Message(
        "Positive values push {token}, negative ones {rival}; in logits, MLPs not included.",
        "正值推向 {token}，负值推向 {rival}；单位为 logit，不含 MLP。",
    ),
}
"""Key → text in both languages."""
