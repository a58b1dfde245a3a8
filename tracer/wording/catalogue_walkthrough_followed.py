"""What a walk-through says of the one token that it follows, at every station.

Keys: `followed.<station>`; with `.unrecorded` where no trace tells the probabilities.
"""

from tracer.wording.message import Message

_BEFORE = {
    "script": Message(
        "{token} is the last token that is read; {chosen} will be the first one written.",
        "{token} 是读入的最后一个 token，{chosen} 将是写出的第一个。",
    ),
    "loading": Message(
        "the model knows {vocab} tokens; {token} is number {id} of them.",
        "模型认识 {vocab} 个 token，{token} 的编号是 {id}。",
    ),
    "construction": Message(
        "{token} will become {hidden} numbers and pass {layers} layers.",
        "{token} 将变成 {hidden} 个数，依次经过 {layers} 层。",
    ),
    "prompt": Message(
        "{token}, the last token to be read, is id {id} at position {position}.",
        "最后读入的 token 是 {token}，编号 {id}，位置 {position}。",
    ),
    "generate": Message("{token} comes last of the ids to be read.", "{token} 排在待读编号的末尾。"),
    "encoder": Message(
        "the encoder reads all {read} tokens of the prompt; {token} starts the decoder afterwards.",
        "编码器读完提示词的 {read} 个 token，之后解码器才从 {token} 开始。",
    ),
    "new_cache": Message(
        "the cache has no key and no value of {token} yet.", "缓存里还没有 {token} 的 key 和 value。"
    ),
    "loop": Message(
        "{token} is read before round 0; round 0 chooses {chosen}.",
        "{token} 在第 0 轮之前读入，第 0 轮选出 {chosen}。",
    ),
    "prefill": Message(
        "tokens read at once: {count}, {token} the last of them.",
        "一次读入的 token 数是 {count}，{token} 排最后。",
    ),
    "prepare_inputs": Message(
        "{token} goes in at position {position}; at the next step {chosen} goes in alone, at position {next}.",
        "{token} 在位置 {position} 传入；下一步只传 {chosen}，位置为 {next}。",
    ),
}

_INSIDE = {
    "module_call": Message(
        "the same `forward` is called twice: at step 0 for {token}, at step 1 for {chosen}.",
        "同一个 `forward` 调用两次：第 0 步算到 {token}，第 1 步算 {chosen}。",
    ),
    "head_forward": Message(
        "{token} goes in as id {id} and comes out as {vocab} logits.",
        "{token} 进来时是编号 {id}，出去时是 {vocab} 个 logits。",
    ),
    "base_forward": Message(
        "row {position} of the hidden states belongs to {token}.",
        "隐藏状态中下标为 {position} 的那一行属于 {token}。",
    ),
    "embedding": Message(
        "for {token}, row {id} of the table is taken: {hidden} numbers.",
        "{token} 取出表中下标为 {id} 的那一行，共 {hidden} 个数。",
    ),
    "mask": Message(
        "{token} stands at position {position} and can only look back.",
        "{token} 在位置 {position}，只能往回看。",
    ),
    "rotary": Message(
        "query and key of {token} are turned by the angles of position {position}.",
        "{token} 的 query 和 key 按位置 {position} 的角度旋转。",
    ),
    "decoder_layer": Message(
        "{token} is {hidden} numbers before and behind each of the {layers} layers.",
        "{token} 进出每一层都是 {hidden} 个数，{layers} 层都如此。",
    ),
    "norm": Message(
        "the vector of {token} is scaled by its own size alone.", "{token} 的向量只按自身的大小缩放。"
    ),
    "attention": Message(
        "{token} asks with {heads} queries and leaves {kv_heads} keys and values behind.",
        "{token} 用 {heads} 个 query 去问，留下 {kv_heads} 组 key 和 value。",
    ),
    "cache_update": Message(
        "the key and value of {token} now stand at place {position} in every layer and stay there.",
        "{token} 的 key 和 value 存在每层缓存的位置 {position}，之后一直保留。",
    ),
    "attention_interface": Message(
        "from position {position}, {token} looks back at up to {count} positions, its own included.",
        "{token} 在位置 {position}，最多看 {count} 个位置，包括自己。",
    ),
    "cross_attention": Message(
        "{token} looks at all {read} positions of the encoder.", "{token} 能看编码器的全部 {read} 个位置。"
    ),
    "mlp": Message(
        "the vector of {token} is computed without a look at any other token.",
        "{token} 的向量单独计算，不看其他 token。",
    ),
    "experts": Message(
        "experts are chosen for {token} alone; its neighbor may get others.",
        "专家是单独为 {token} 选的，旁边的 token 可能走别的专家。",
    ),
    "final_norm": Message(
        "the head will read the row of {token}, the last one.", "输出头要读的就是 {token} 所在的最后一行。"
    ),
    "lm_head": Message(
        "the row of {token} becomes {vocab} logits: one for each token that could follow.",
        "{token} 这一行变成 {vocab} 个 logits，每个可能的后续 token 一个。",
    ),
    "output": Message(
        "`logits` is what follows from {token}; `past_key_values` keeps what later tokens read of it.",
        "`logits` 是由 {token} 得出的预测，`past_key_values` 留给后面的 token 回看。",
    ),
}

_AFTER = {
    "last_logits": Message(
        "after {token} the model favors {favorite}: {most}.",
        "在 {token} 之后，模型最看好 {favorite}：{most}。",
    ),
    "last_logits.unrecorded": Message(
        "the row of {token} is taken: {vocab} logits.", "取出 {token} 那一行，共 {vocab} 个 logits。"
    ),
    "processors": Message(
        "{chosen}: {before} under the raw logits, {after} after the processors.",
        "{chosen}：原始 logits 下 {before}，经处理器后 {after}。",
    ),
    "processors.unrecorded": Message(
        "{chosen} is one of {vocab} tokens whose scores pass here.",
        "{vocab} 个 token 的打分都经过这里，{chosen} 是其中之一。",
    ),
    "choice": Message(
        "{chosen} is chosen, id {chosen_id}, with {after}.",
        "选中 {chosen}，编号 {chosen_id}，概率 {after}。",
    ),
    "choice.unrecorded": Message("{chosen} is chosen, id {chosen_id}.", "选中 {chosen}，编号 {chosen_id}。"),
    "next_inputs": Message("{chosen} is appended at position {next}.", "{chosen} 拼在位置 {next}。"),
    "stopping": Message(
        "the criteria ask whether the answer ends with {chosen}.",
        "停止条件要判断：写到 {chosen} 是否该结束。",
    ),
    "ending": Message(
        "{token} and {chosen} stand side by side in the returned ids.",
        "返回的编号里，{token} 和 {chosen} 前后相邻。",
    ),
    "decode": Message("{chosen} becomes the first piece of the answer.", "{chosen} 成为回答的第一个片段。"),
}

WALKTHROUGH_FOLLOWED = {
    f"followed.{key}": message for texts in (_BEFORE, _INSIDE, _AFTER) for key, message in texts.items()
}
