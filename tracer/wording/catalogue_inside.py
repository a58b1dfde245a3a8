"""The words about inputs, cache, mask, positions, the model's structure and its layers, in English and Chinese.

Merged into `tracer.wording.catalogue`.
"""

from tracer.wording.message import Message

_INPUTS = {
    "inputs_title": Message("What forward received", "forward 收到了什么"),
    "inputs_side": Message("Step {step}: {phase}", "第 {step} 步：{phase}"),
    "phase_prefill": Message("reading the prompt (prefill)", "预填充（prefill）"),
    "phase_decode": Message("writing one token (decode)", "解码（decode）"),
    "inputs_side_detail": Message(
        "forward {forward}, new positions: {count}, already in the cache: {cached}",
        "第 {forward} 次前向计算，新位置 {count} 个，缓存中已有 {cached} 个",
    ),
    "inputs_column_name": Message("argument", "参数"),
    "inputs_column_difference": Message("what differs", "哪里不同"),
    "differs_shape": Message("shape", "形状"),
    "differs_dtype": Message("dtype", "dtype"),
    "differs_note": Message("content", "内容"),
    "differs_values": Message("values", "数值"),
    "differs_only_left": Message("only at step {left}", "只在第 {left} 步出现"),
    "differs_only_right": Message("only at step {right}", "只在第 {right} 步出现"),
    "differs_nothing": Message("the same", "相同"),
    "inputs_prefill_decode": Message(
        "Step {left} read {read} tokens at once. Step {right} read only {now}: "
        "the keys and values of the other {cached} positions were waiting in the KV cache.",
        "第 {left} 步一次读入 {read} 个 token；第 {right} 步只读 {now} 个，"
        "其余 {cached} 个位置的 key 和 value 已在 KV 缓存里。",
    ),
    "inputs_decode_decode": Message(
        "Both passes read one token, the one chosen just before. What grew is the cache: {before} positions, "
        "then {cached}.",
        "两次都只读入刚选中的 1 个 token；变长的是缓存，从 {before} 个位置到 {cached} 个。",
    ),
    "inputs_no_cache": Message(
        "Without a KV cache every pass reads the whole text again: {read} tokens at step {left}, "
        "{now} at step {right}.",
        "没有 KV 缓存，每次都要重读全文：第 {left} 步 {read} 个 token，第 {right} 步 {now} 个。",
    ),
    "inputs_alone": Message(
        "Only one pass was recorded, so there is nothing to compare it with. It read {now} tokens.",
        "只记录了一次前向计算，无从比较。它读入 {now} 个 token。",
    ),
    "inputs_row_note": Message(
        "Values of sequence {row}; the batch has {rows}.", "显示第 {row} 个序列的数值，这一批共 {rows} 个。"
    ),
    "inputs_chunk_note": Message(
        "Step {step} took {count} passes; the last one is shown.",
        "第 {step} 步做了 {count} 次前向计算，这里显示最后一次。",
    ),
    "inputs_left_out": Message("{count} not shown", "另有 {count} 个未显示"),
    "inputs_values_not_kept": Message("values not kept", "未保存数值"),
    "inputs_cache_held": Message("holds {count} positions", "已有 {count} 个位置"),
    "inputs_cache_empty": Message("still empty", "还是空的"),
    "input_meaning.input_ids": Message("the tokens to read now", "这次要读的 token"),
    "input_meaning.inputs_embeds": Message("vectors in place of tokens", "代替 token 的向量"),
    "input_meaning.attention_mask": Message("1: a real token, 0: padding", "1 是真实 token，0 是填充"),
    "input_meaning.position_ids": Message("the place of each token in the text", "每个 token 在文本中的位置"),
    "input_meaning.cache_position": Message(
        "where keys and values go in the cache", "key 和 value 写入缓存的位置"
    ),
    "input_meaning.past_key_values": Message(
        "the KV cache: keys and values of earlier tokens", "KV 缓存：之前 token 的 key 和 value"
    ),
    "input_meaning.cache_params": Message("the state that the model carries on", "模型向后传递的状态"),
    "input_meaning.use_cache": Message("whether the cache is filled", "是否填充缓存"),
    "input_meaning.logits_to_keep": Message(
        "for how many last positions logits are computed", "为末尾几个位置计算 logits"
    ),
    "input_meaning.token_type_ids": Message("which segment each token belongs to", "每个 token 属于哪一段"),
    "input_meaning.return_dict": Message("the form of the result", "结果的形式"),
    "input_meaning.output_attentions": Message("whether attention weights come back", "是否返回注意力权重"),
    "input_meaning.output_hidden_states": Message("whether hidden states come back", "是否返回隐藏状态"),
}

_CACHE = {
    "cache_title": Message("KV cache at step {step}", "第 {step} 步的 KV 缓存"),
    "cache_growth_title": Message("How the KV cache grew", "KV 缓存如何增长"),
    "cache_none": Message(
        "This call used no cache that could be read, so every pass computed all keys and values anew.",
        "这次调用没有可读取的缓存，每次前向计算都重算全部 key 和 value。",
    ),
    "cache_sentence": Message(
        "After step {step} the {cache} holds {positions} positions in {layers} layers: {size}.",
        "第 {step} 步之后，{cache} 在 {layers} 层中共有 {positions} 个位置，占 {size}。",
    ),
    "cache_formula": Message(
        "2 (keys and values) × {shape} × {width} bytes × {layers} layers = {size}",
        "2（key 和 value）× {shape} × {width} 字节 × {layers} 层 = {size}",
    ),
    "cache_column_layers": Message("layers", "层"),
    "cache_column_class": Message("class", "类"),
    "cache_column_length": Message("positions, before → after", "位置数，前 → 后"),
    "cache_column_shape": Message("shape of the keys", "key 的形状"),
    "cache_column_bytes": Message("size of each layer", "每层大小"),
    "cache_column_total": Message("all of them", "合计"),
    "cache_layers_row": Message("{span} ({count} alike)", "{span}（共 {count} 层相同）"),
    "cache_axis_step": Message("step", "步"),
    "cache_axis_layer": Message("layer", "层"),
    "cache_axis_bytes": Message("size after the step (bytes)", "这一步之后的大小（字节）"),
    "cache_all": Message("all layers", "所有层"),
    "cache_this_step": Message("step {step}", "第 {step} 步"),
    "cache_nothing": Message("No cache was recorded.", "没有记录缓存。"),
}

_MASK = {
    "mask_title": Message(
        "Who may look at whom: layer {layer}, step {step}", "谁能看到谁：第 {layer} 层，第 {step} 步"
    ),
    "mask_axis_keys": Message("looked at: position of the key", "看向的位置（key）"),
    "mask_axis_queries": Message("looking: position of the query", "发出注意力的位置（query）"),
    "mask_visible": Message("visible", "可见"),
    "mask_hidden": Message("hidden", "遮住"),
    "mask_pooled": Message(
        "Each cell stands for {factor} × {factor} positions and is visible when one of them is (max of "
        "{factor} × {factor}).",
        "每格代表 {factor} × {factor} 个位置，其中有一个可见就算可见（{factor} × {factor} 取最大值）。",
    ),
    "mask_exact": Message("Every cell is one position (exact).", "每格就是一个位置（精确）。"),
    "mask_sentence": Message(
        "{share} of all pairs are visible; the last position sees {count} of {total}.",
        "{share} 的位置对可见；最后一个位置能看到 {total} 个中的 {count} 个。",
    ),
    "mask_causal": Message(
        "No mask was given: each position sees itself and what stands before it.",
        "没有传入掩码：每个位置只看得到自己和之前的位置。",
    ),
    "mask_given": Message("As the model handed it to attention.", "与模型交给注意力的掩码一致。"),
    "mask_window": Message(
        "Sliding window: at most the last {window} positions.", "滑动窗口：最多看最近 {window} 个位置。"
    ),
    "mask_heads": Message(
        "Heads differ; a cell is visible when one of {heads} heads sees it.",
        "各注意力头不同；{heads} 个头中有一个可见就算可见。",
    ),
    "mask_group": Message("layers {layers}", "第 {layers} 层"),
    "mask_nothing": Message("This pass had no mask to show.", "这次前向计算没有可显示的掩码。"),
}

_POSITIONS = {
    "positions_title": Message("Position ids up to step {step}", "到第 {step} 步为止的位置编号"),
    "positions_axis_column": Message("place in the sequence, padding counted", "在序列中的位置（含填充）"),
    "positions_axis_id": Message("position id", "位置编号（position id）"),
    "positions_before": Message("earlier steps", "之前的步"),
    "positions_now": Message("this step", "这一步"),
    "positions_padding": Message("padding", "填充"),
    "positions_sentence": Message(
        "At this step the model read the position ids {now}.", "这一步模型读到的位置编号是 {now}。"
    ),
    "positions_range": Message("{first} to {last}", "{first} 到 {last}"),
    "positions_padded": Message(
        "{count} padding positions stand in front; the text itself still begins at {first}.",
        "前面有 {count} 个填充位置；正文的编号仍从 {first} 开始。",
    ),
    "positions_missing": Message(
        "forward was given no position_ids here; the model counts by itself. `step.inputs` lists what was given.",
        "这里没有向 forward 传入 position_ids，由模型自己计数。`step.inputs` 列出了传入的全部参数。",
    ),
}

_MODEL = {
    "model_title": Message("{model}: the modules", "{model}：模块结构"),
    "model_sentence": Message(
        "{total} parameters in {modules} modules; {layers} layers of the class {layer}.",
        "共 {total} 个参数、{modules} 个模块；{layers} 层，类为 {layer}。",
    ),
    "model_tied": Message(
        "{path} is the same tensor as {other}; it is counted once.",
        "{path} 与 {other} 是同一个张量，只计一次。",
    ),
    "model_offloaded": Message(
        "On meta: these weights were elsewhere (offloaded) and brought in when needed.",
        "meta 表示权重放在别处（offload），用到时才取来。",
    ),
    "model_packed": Message(
        "Packed weights: the shape is the one that the module uses, in memory it is {stored}.",
        "权重是打包存放的：这里是模块使用的形状，内存中是 {stored}。",
    ),
    "model_column_module": Message("module", "模块"),
    "model_column_class": Message("class", "类"),
    "model_column_shape": Message("shapes", "形状"),
    "model_column_own": Message("own parameters", "自身参数"),
    "model_column_total": Message("with all inside", "含内部模块"),
    "model_column_share": Message("share of the model", "占模型的比例"),
    "model_column_dtype": Message("dtype", "dtype"),
    "model_column_device": Message("device", "设备"),
    "model_column_listened": Message("recording listened to", "记录时监听"),
    "model_times": Message("{name} × {count}", "{name} × {count}"),
    "model_whole": Message("the whole model", "整个模型"),
    "model_buffer": Message("{name} (buffer) {shape}", "{name}（buffer）{shape}"),
    "model_same_as": Message("the same module as {path}", "与 {path} 是同一个模块"),
    "model_tied_mark": Message("{text} (tied)", "{text}（共享）"),
    "model_lazy": Message("not made yet", "尚未创建"),
    "model_axis": Message("parameters", "参数数量"),
    "model_nothing": Message("No module holds a parameter.", "没有任何模块含有参数。"),
    "listened.inputs": Message("inputs", "输入"),
    "listened.cache": Message("cache", "缓存"),
    "listened.logits": Message("logits", "logits"),
    "listened.hidden_states": Message("hidden states", "隐藏状态"),
    "listened.additions": Message("additions", "每块加了什么"),
    "listened.accounting": Message("contributions", "贡献"),
    "listened.queries": Message("queries", "query"),
    "listened.keys_values": Message("keys/values", "key/value"),
    "config_model_type": Message("kind of model", "模型类型"),
    "config_hidden_size": Message("width of the residual stream", "残差流的宽度"),
    "config_num_hidden_layers": Message("number of layers", "层数"),
    "config_num_attention_heads": Message("attention heads per layer", "每层注意力头数"),
    "config_num_key_value_heads": Message(
        "key/value heads per layer; fewer than heads: GQA", "每层 key/value 头数；少于注意力头数即 GQA"
    ),
    "config_head_dim": Message("width of one head", "每个头的宽度"),
    "config_intermediate_size": Message("width inside the MLP", "MLP 内部宽度"),
    "config_vocab_size": Message("tokens in the vocabulary", "词表大小"),
    "config_num_parameters": Message("parameters", "参数数量"),
    "config_max_position_embeddings": Message("longest text it was built for", "设计的最大长度"),
    "config_rope_theta": Message("base of the rotary positions", "旋转位置编码的基数"),
    "config_rms_norm_eps": Message("epsilon of the norms", "归一化的 epsilon"),
    "config_sliding_window": Message("sliding window of attention", "注意力的滑动窗口"),
    "config_tie_word_embeddings": Message("embedding and head share one matrix", "嵌入与输出层共用一个矩阵"),
    "config_hidden_act": Message("activation in the MLP", "MLP 的激活函数"),
    "config_dtype": Message("number format of the parameters", "参数的数值格式"),
    "config_device": Message("device", "设备"),
    "config_attn_implementation": Message("which attention code ran", "使用的注意力实现"),
    "config_quantization": Message("quantization", "量化"),
    "config_adapters": Message("active adapters", "启用的适配器"),
    "config_num_experts": Message("experts per layer", "每层专家数"),
    "config_num_local_experts": Message("experts per layer", "每层专家数"),
    "config_num_experts_per_tok": Message("experts used per token", "每个 token 使用的专家数"),
}

_LAYERS = {
    "norms_title": Message(
        "Step {step}: length of the running sum (residual stream)", "第 {step} 步：残差流的长度"
    ),
    "norms_axis_layer": Message("layer (emb.: the embedding)", "层（emb. 是嵌入）"),
    "norms_axis_length": Message("Euclidean length", "欧几里得长度"),
    "norms_stream": Message("running sum (residual stream)", "残差流"),
    "norms_added": Message("added by the layer", "这一层加了多少"),
    "norms_attention": Message("added by attention", "注意力加了多少"),
    "norms_mlp": Message("added by the MLP", "MLP 加了多少"),
    "norms_sentence": Message(
        "The running sum grows from {first} to {last}; layer {layer} adds most ({most}).",
        "残差流的长度从 {first} 变到 {last}；加得最多的是第 {layer} 层（{most}）。",
    ),
    "norms_nothing": Message("No layer of this step was recorded.", "没有记录这一步的任何一层。"),
    "layers_accounting_missing": Message(
        "No contributions were recorded at this step. {reason}", "这一步没有记录贡献分解。{reason}"
    ),
    "layers_rival_missing": Message(
        "{rival} was not among the tokens that were followed while recording. For any rival type: {command}",
        "记录时没有跟踪 {rival}。要与任意 token 比较，请输入：{command}",
    ),
    "layers_sources_missing": Message(
        "Which token gave what through which head needs the weights once; then it is kept. Type: {command}",
        "要知道哪个 token 经哪个头给了多少，需要用一次权重，结果会保存下来。请输入：{command}",
    ),
    "layers_lens_missing": Message(
        "What each layer would have said needs the final norm and the head once; then it is kept. "
        "Type: {command}",
        "要知道每层会说什么，需要用一次最终归一化和输出层，结果会保存下来。请输入：{command}",
    ),
    "layers_attribution_missing": Message(
        "How much each input token mattered needs the model; then it is kept. Type: {command}",
        "要知道每个输入 token 有多重要，需要用到模型，结果会保存下来。请输入：{command}",
    ),
    "layers_norms_missing": Message(
        "No hidden states were recorded at this step. Record again with `record(..., hidden_states='last')`.",
        "这一步没有记录隐藏状态。请用 `record(..., hidden_states='last')` 重新记录。",
    ),
    "waterfall_title": Message(
        "Step {step}: what set {token} apart from {rival}", "第 {step} 步：{token} 与 {rival} 的差距从何而来"
    ),
    "waterfall_axis": Message("difference of the logits", "logits 之差"),
    "waterfall_several": Message("{first} to {last}", "{first} 到 {last}"),
    "waterfall_embedding": Message("embedding", "嵌入"),
    "waterfall_layer": Message("layer {layer}", "第 {layer} 层"),
    "waterfall_attention": Message("layer {layer} attention", "第 {layer} 层注意力"),
    "waterfall_mlp": Message("layer {layer} MLP", "第 {layer} 层 MLP"),
    "waterfall_attention_biases": Message("attention biases", "注意力偏置"),
    "waterfall_norm_bias": Message("norm bias", "归一化偏置"),
    "waterfall_head_bias": Message("head bias", "输出层偏置"),
    "waterfall_rounding": Message("rounding", "舍入"),
    "waterfall_remainder": Message("remainder", "余项"),
    "waterfall_sum": Message("sum", "总和"),
    "waterfall_difference": Message("recorded difference", "记录的差"),
    "waterfall_nothing": Message("Nothing sets the two tokens apart.", "两个 token 之间没有差距。"),
}

INSIDE = {**_INPUTS, **_CACHE, **_MASK, **_POSITIONS, **_MODEL, **_LAYERS}
"""Key → text in both languages."""
