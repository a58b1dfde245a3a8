"""Why a model cannot be used, as pages say it. The English texts are those that the errors themselves carry.

Part of `tracer.wording.catalogue`, under the same rules: `tracer.wording.absence` finds which of these a text is. Holds
no logic.
"""

from tracer.wording.message import Message

MODEL = {
    "absence.text.model_no_config": Message(
        "{name} is a folder without a config.json, so it holds no model. "
        "Name the folder that `model.save_pretrained(...)` wrote, or type --model demo.",
        "文件夹 {name} 里没有 config.json，所以不是模型。"
        "请给出 `model.save_pretrained(...)` 写出的文件夹，或改用 demo。",
    ),
    "absence.text.model_file": Message(
        "{name} is a file; a model is a folder with config.json, weights and tokenizer. "
        "Name the folder, a hub id such as 'owner/name', or type --model demo.",
        "{name} 是一个文件；模型应是含有 config.json、权重和 tokenizer 的文件夹。"
        "请给出文件夹或 Hub 上的名称（如 'owner/name'），或改用 demo。",
    ),
    "absence.text.model_no_such": Message(
        "There is no model {name}: it is neither a folder here nor a hub id such as 'owner/name'. "
        "Check the path, or type --model demo.",
        "没有模型 {name}：它既不是本机的文件夹，也不是 Hub 上的名称（如 'owner/name'）。请检查路径，或改用 demo。",
    ),
    "absence.text.model_offline": Message(
        "There is no folder {name} here, and the hub was not asked because HF_HUB_OFFLINE is set. "
        "Check the path, unset HF_HUB_OFFLINE, or type --model demo.",
        "本机没有文件夹 {name}；因为设置了 HF_HUB_OFFLINE，没有去 Hub 查找。"
        "请检查路径，取消 HF_HUB_OFFLINE，或改用 demo。",
    ),
    "absence.text.model_unknown": Message(
        "There is no model {name}: no folder here has that name, and the hub knows no such model "
        "(or it is private). Check the spelling, log in with `hf auth login`, or type --model demo.",
        "没有模型 {name}：本机没有这个文件夹，Hub 上也没有这个模型（或者它是私有的）。"
        "请检查拼写，用 `hf auth login` 登录，或改用 demo。",
    ),
    "absence.text.model_unreached": Message(
        "There is no folder {name} here, and the hub could not be reached ({error}). "
        "Check the path or the connection, or type --model demo, which needs no network.",
        "本机没有文件夹 {name}，也连不上 Hub（{error}）。请检查路径或网络，或改用不需要网络的 demo。",
    ),
    "absence.text.model_not_loaded": Message(
        "The model {name} cannot be loaded: {error}. "
        "It must be a model that generates text, with its tokenizer, as `save_pretrained` writes them. "
        "Check {again}, or type --model demo.",
        "无法加载模型 {name}：{error}。它应是能生成文本的模型，连同 tokenizer 一起由 `save_pretrained` 写出。"
        "请检查 {again}，或改用 demo。",
    ),
    "absence.text.model_not_configured": Message(
        "The configuration of {name} cannot be read: {error}. Check {again}, or type --model demo.",
        "无法读取 {name} 的配置：{error}。请检查 {again}，或改用 demo。",
    ),
    "absence.text.prompt_empty": Message(
        "The prompt is empty: {text}. It needs at least one visible character. Type: --prompt 'Hello'",
        "提示词是空的：{text}。至少需要一个可见字符。",
    ),
    "absence.text.system_as_it_is": Message(
        "The system text {text} has no place in the prompt: it was sent as it is (--raw). Leave out --system.",
        "系统提示 {text} 无处可放：提示词是原样发送的。请去掉系统提示。",
    ),
    "absence.text.system_no_template": Message(
        "The system text {text} has no place in the prompt: this tokenizer has no chat template. "
        "Leave out --system.",
        "系统提示 {text} 无处可放：这个 tokenizer 没有对话模板。请去掉系统提示。",
    ),
    "absence.text.prompt_too_long": Message(
        "The prompt has {count} tokens and the model's context is {context}, so nothing can be generated. "
        "Shorten the prompt to at most {most} tokens.",
        "提示词有 {count} 个 token，而模型的上下文长度是 {context}，无法再生成。"
        "请把提示词缩短到 {most} 个 token 以内。",
    ),
    "absence.text.context_exceeded": Message(
        "The prompt has {count} tokens, and with {more} new ones it exceeds the model's context of {context}. "
        "Type: --max-new-tokens {most}",
        "提示词有 {count} 个 token，再生成 {more} 个就超出模型的上下文长度 {context}。"
        "请把最多生成的 token 数设为 {most} 以内。",
    ),
}
"""Key → text in both languages."""
