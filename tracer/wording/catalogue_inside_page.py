"""The words of the page about the inside of the model; merged into `tracer.wording.catalogue`."""

from tracer.wording.message import Message

INSIDE_PAGE = {
    "ui.page_inside": Message("Inside", "内部"),
    "ui.tab_layers": Message("Layers", "各层"),
    "ui.tab_inputs_cache": Message("Inputs and cache", "输入与缓存"),
    "ui.tab_model": Message("Model", "模型"),
    "ui.layers_choice": Message("What to see", "看什么"),
    "ui.layers_rival": Message("Compared with", "与哪个 token 比较"),
    "ui.layers_contributions": Message("What pushed this token (contributions)", "贡献分解"),
    "ui.layers_lens": Message("What each layer would have said (logit lens)", "逐层预测（logit lens）"),
    "ui.layers_attribution": Message("Which input mattered (attribution)", "输入归因"),
    "ui.layers_norms": Message("Running sum through the layers (residual stream)", "残差流"),
    "ui.inputs_first": Message(
        "Beside the first step instead of the one before", "与第一步对照，而不是前一步"
    ),
    "ui.inputs_choice": Message("What to see", "看什么"),
    "ui.inputs_cache": Message("KV cache", "KV 缓存"),
    "ui.inputs_mask": Message("Attention mask", "注意力掩码"),
    "ui.inputs_positions": Message("Position ids", "位置编号"),
    "ui.model_choice": Message("What to see", "看什么"),
    "ui.model_modules": Message("Modules", "模块"),
    "ui.model_configuration": Message("Configuration", "配置"),
    "ui.layer": Message("Layer", "层"),
    "ui.meaning": Message("Meaning", "含义"),
}
