"""The words that only plotly figures show: titles, axes and notes; merged into `tracer.wording.catalogue`.

Words that a figure shares with a sentence or a table stand with those. Holds no logic.
"""

from tracer.wording.message import Message

FIGURES = {
    "figures.sources_title": Message(
        "Step {step}, {chosen} rather than {rival}: what each token pushed, {where}",
        "第 {step} 步，选 {chosen} 而不是 {rival}：每个 token 推了多少（{where}）",
    ),
    "figures.sources_all_layers": Message("all layers", "所有层"),
    "figures.sources_layer": Message("layer {layer}", "第 {layer} 层"),
    "figures.sources_heads": Message("head", "注意力头"),
    "figures.sources_layers": Message("layer", "层"),
    "figures.sources_rows": Message("source token, position", "来源 token，位置"),
    "figures.sources_cell": Message(
        "{source}, {axis} {column}: {value}", "{source}，{axis} {column}：{value}"
    ),
    "figures.sources_others": Message("{count} other tokens", "其余 {count} 个 token"),
    "figures.sources_nothing": Message(
        "Attention gave neither token anything here.", "注意力没有给这两个 token 任何贡献。"
    ),
    "figures.logit": Message("logit", "logit"),
    "figures.token": Message("token", "token"),
    "figures.probability": Message("probability", "概率"),
    "figures.lens_title": Message(
        "Step {step}, {chosen}: what each layer would have said", "第 {step} 步，{chosen}：每层会说什么"
    ),
    "figures.lens_entropy": Message("entropy (nats)", "熵（nat）"),
    "figures.lens_kl": Message("KL to the last (nats)", "与最后一层的 KL（nat）"),
    "figures.lens_axis_layers": Message("layer (emb.: the embedding)", "层（emb. 是嵌入）"),
    "figures.lens_missing": Message("{layer}: not recorded", "{layer}：没有记录"),
    "figures.lens_point": Message(
        "{layer}: {rank}, {probability}; first is {first}",
        "{layer}：{rank}，{probability}；排第一的是 {first}",
    ),
    "figures.lens_decided": Message("decided at {layer}", "在 {layer} 确定"),
    "figures.lens_far": Message("embedding: {kl}", "嵌入：{kl}"),
    "figures.lens_nothing": Message("No layer of this step was recorded.", "没有记录这一步的任何一层。"),
    "figures.lens_axis_rank": Message("rank in that layer", "在该层的排名"),
    "figures.lens_axis_layer": Message("layer", "层"),
    "figures.lens_chosen": Message("chosen", "选中的"),
    "figures.lens_blank": Message("not recorded", "没有记录"),
    "figures.lens_cell": Message(
        "{layer}: {token} (id {token_id}), {probability}", "{layer}：{token}（id {token_id}），{probability}"
    ),
    "figures.attribution_title": Message(
        "Step {step}: what gave {chosen}", "第 {step} 步：{chosen} 从何而来"
    ),
    "figures.attribution_title_rival": Message(
        "Step {step}: what gave {chosen} rather than {rival}",
        "第 {step} 步：为什么是 {chosen} 而不是 {rival}",
    ),
    "figures.attribution_axis": Message("score (logit)", "分数（logit）"),
    "figures.attribution_axis_rival": Message("score (difference of two logits)", "分数（两个 logit 之差）"),
    "figures.attribution_note": Message(
        "{method}, baseline {baseline}: {value} = {baseline_value} (baseline) + {total} (scores) + {gap} (gap)",
        "{method}，基线为 {baseline}：{value} = {baseline_value}（基线）+ {total}（各分数之和）+ {gap}（差额）",
    ),
    "figures.attribution_held": Message("tokens held fixed: {count}", "保持不变的 token：{count} 个"),
    "figures.attribution_shortened": Message(
        "the strongest {shown} of {count} shown", "共 {count} 个，只显示最强的 {shown} 个"
    ),
    "figures.attribution_prompt": Message(
        "position {position}, id {token_id}, prompt", "位置 {position}，id {token_id}，提示词"
    ),
    "figures.attribution_generated": Message(
        "position {position}, id {token_id}, generated", "位置 {position}，id {token_id}，生成的"
    ),
    "figures.attribution_nothing": Message("No token is left to attribute to.", "没有可以归因的 token。"),
    "figures.race_tip": Message("ln p + luck", "ln p + 运气"),
    "figures.intervention_title": Message("Step {step}: {changes}", "第 {step} 步：{changes}"),
    "figures.intervention_note": Message(
        "KL {kl} nats; unchanged run: {gap} from the recording",
        "KL {kl} nat；不作改动重算，与记录相差 {gap}",
    ),
    "figures.intervention_note_unchecked": Message(
        "KL {kl} nats; unchanged run: not compared with the recording",
        "KL {kl} nat；不作改动的重算没有与记录核对",
    ),
    "figures.intervention_axis": Message("model probability (raw logits)", "模型概率（原始 logits）"),
    "figures.intervention_before": Message("before", "改动前"),
    "figures.intervention_after": Message("after", "改动后"),
    "figures.intervention_row": Message(
        "id {token_id}: {before} → {after}", "id {token_id}：{before} → {after}"
    ),
    "figures.intervention_nothing": Message("No token to compare.", "没有可以比较的 token。"),
}
"""Key → text in both languages."""
