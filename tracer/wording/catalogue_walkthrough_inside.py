"""What the stations of a walk-through inside the model say: title, one sentence, one paragraph.

Keys: `station.<key>.title`, `.sentence`, `.paragraph`. Holds for every architecture; names no model.
"""

from tracer.wording.message import Message

_TITLES = {
    "module_call": Message("__call__, hooks and decorators", "__call__、hook 与装饰器"),
    "head_forward": Message("forward of the whole model", "整个模型的 forward"),
    "base_forward": Message("forward of the stack of layers", "层堆栈的 forward"),
    "embedding": Message("Embedding", "嵌入（embedding）"),
    "mask": Message("The attention mask", "注意力掩码"),
    "rotary": Message("Rotary positions", "旋转位置编码"),
    "decoder_layer": Message("One decoder layer", "一个解码器层"),
    "norm": Message("Norms inside the layer", "层内归一化"),
    "attention": Message("Attention: the module", "注意力模块"),
    "cache_update": Message("The cache grows", "缓存更新"),
    "attention_interface": Message("Attention: the function", "注意力函数"),
    "cross_attention": Message("Cross-attention", "交叉注意力"),
    "mlp": Message("The feed-forward part (MLP)", "前馈部分（MLP）"),
    "experts": Message("Routing to experts", "专家路由"),
    "final_norm": Message("The final norm", "最后的归一化"),
    "lm_head": Message("lm_head", "lm_head"),
    "output": Message("The output object", "输出对象"),
}

_SENTENCES = {
    "module_call": Message(
        "In: arguments. Out: what `forward` returns; hooks run around it.",
        "输入：参数。输出：`forward` 的返回值，hook 在前后执行。",
    ),
    "head_forward": Message(
        "In: ids, mask, positions, cache. Out: logits for each wanted position, and the cache.",
        "输入：编号、掩码、位置编号和缓存。输出：所需位置的 logits 和缓存。",
    ),
    "base_forward": Message(
        "In: ids. Out: hidden states of the last layer, after the final norm.",
        "输入：编号。输出：最后一层的隐藏状态，已归一化。",
    ),
    "embedding": Message(
        "In: ids. Out: one vector per token, looked up.",
        "输入：编号。输出：每个 token 查表得到一个向量。",
    ),
    "mask": Message(
        "In: the mask of the caller and both lengths. Out: which position may look at which, or None.",
        "输入：调用方的掩码和两个长度。输出：谁能看谁；不需要时为 None。",
    ),
    "rotary": Message(
        "In: positions. Out: a cosine and a sine per position, which turn queries and keys.",
        "输入：位置编号。输出：每个位置的 cos 和 sin，用来旋转 query 和 key。",
    ),
    "decoder_layer": Message(
        "In: hidden states. Out: hidden states of the same shape, with what this layer added.",
        "输入：隐藏状态。输出：形状不变的隐藏状态，加上了这一层的增量。",
    ),
    "norm": Message(
        "In: hidden states. Out: the same directions at one common scale.",
        "输入：隐藏状态。输出：方向基本不变，尺度统一。",
    ),
    "attention": Message(
        "In: normed hidden states. Out: for each position a mixture of what it read elsewhere.",
        "输入：归一化后的隐藏状态。输出：每个位置读到的信息的加权混合。",
    ),
    "cache_update": Message(
        "In: the new keys and values. Out: all of them so far; the cache is longer by the new ones.",
        "输入：新的 key 和 value。输出：目前全部的 key 和 value，缓存变长。",
    ),
    "attention_interface": Message(
        "In: queries, keys, values, mask. Out: one weighted sum of values per head.",
        "输入：query、key、value 和掩码。输出：每个头一份 value 的加权和。",
    ),
    "cross_attention": Message(
        "In: the decoder's hidden states and those of the encoder. Out: what was read from the prompt.",
        "输入：解码器和编码器的隐藏状态。输出：从提示词读到的信息。",
    ),
    "mlp": Message(
        "In: normed hidden states. Out: the same shape, each position computed on its own.",
        "输入：归一化后的隐藏状态。输出：形状不变，各位置独立计算。",
    ),
    "experts": Message(
        "In: hidden states. Out: the weighted sum of a few experts, chosen per position.",
        "输入：隐藏状态。输出：每个位置选中的几个专家的加权和。",
    ),
    "final_norm": Message(
        "In: the last layer's hidden states. Out: the same shape, ready for the head.",
        "输入：最后一层的隐藏状态。输出：形状不变，可交给输出头。",
    ),
    "lm_head": Message(
        "In: hidden states of the wanted positions. Out: one number per token of the vocabulary.",
        "输入：所需位置的隐藏状态。输出：词表中每个 token 一个数。",
    ),
    "output": Message(
        "In: logits and cache. Out: one object with named fields.",
        "输入：logits 和缓存。输出：带字段名的对象。",
    ),
}

_PARAGRAPHS = {
    "module_call": Message(
        "Calling a module runs `__call__`, not `forward` directly. It looks whether any hooks are "
        "registered; with "
        "none it goes straight on. Decorators around `forward` fill in defaults from the configuration, "
        "collect "
        "outputs that were asked for, and turn the result into a tuple where a caller wants one. That is why a "
        "debugger passes several files before it reaches the model's own code.",
        "调用模块时执行的是 `__call__`，不是直接执行 `forward`。它先看有没有注册 hook，没有就直接往下走。"
        "`forward` 外面的装饰器负责用配置补默认值、收集要求的输出，必要时把结果转成元组。"
        "所以单步调试要经过好几个文件，才走到模型自己的代码。",
    ),
    "head_forward": Message(
        "Two parts: the stack of layers, and the head that turns hidden states into scores. `logits_to_keep` "
        "limits the head to the positions that are needed, which saves most of the work when a prompt "
        "is read. No "
        "loss is computed, since no labels are given.",
        "这里分两部分：层堆栈，以及把隐藏状态变成打分的输出头。`logits_to_keep` 让输出头只算需要的位置，"
        "读提示词时能省下大部分计算。"
        "没有传 labels，所以不算 loss。",
    ),
    "base_forward": Message(
        "Ids become vectors, positions and mask are prepared once for all layers, then the layers run "
        "one after "
        "another on the same running sum (residual stream), and a final norm closes it. At the first "
        "iteration all "
        "positions of the prompt run together, later one.",
        "编号先变成向量，位置编码和掩码只准备一次，供所有层使用。各层依次在同一条残差流上累加，"
        "最后做一次归一化。"
        "第一轮所有提示词位置一起算，之后每轮只算一个。",
    ),
    "embedding": Message(
        "The embedding is a table with one row per token of the vocabulary; the id picks the row. Nothing is "
        "computed and nothing of the neighbors is known yet. Some models scale the vectors or add a vector for "
        "the position.",
        "嵌入表中每个 token 占一行，用编号取出那一行即可。这里没有计算，也不知道左右邻居是谁。"
        "有的模型还会缩放向量，或加上位置向量。",
    ),
    "mask": Message(
        "A position may look at itself and at those before it, never at padding, and with a sliding "
        "window only so "
        "far back. Where that is just what the attention function does by itself, no mask is built at "
        "all and None "
        "is passed. A single new token may look at everything in the cache.",
        "每个位置只能看自己和前面的位置，不能看填充；有滑动窗口时只能往回看一段。如果注意力函数本身就能做到，"
        "就不建掩码，直接传 None。"
        "单个新 token 可以看到缓存中的全部位置。",
    ),
    "rotary": Message(
        "Pairs of numbers in each query and key are turned by an angle that grows with the position. "
        "The product of "
        "a query and a key then depends on how far apart they are. Values are not turned, and the angles are "
        "computed once for all layers.",
        "query 和 key 中的数两两一组，按位置旋转一个角度，位置越靠后转得越多。这样两者的乘积只与相对距离有关。"
        "value 不旋转，角度只算一次，各层共用。",
    ),
    "decoder_layer": Message(
        "Each part of a layer reads the running sum and adds its own result to it: first what attention read "
        "from other positions (with an encoder, also what cross-attention read there), then what the "
        "feed-forward part made of each position. All layers run the same code with weights of their own; "
        "this page shows the first in full and folds those that are alike.",
        "层里的每一部分都先读残差流，再把结果加回去。先是注意力从其他位置读到的信息（有编码器时还有交叉注意力），"
        "再是前馈部分对各位置的加工。各层代码相同、权重不同，本页完整展示第一层，相同的层合并成一行。",
    ),
    "norm": Message(
        "Each vector is divided by its own size and multiplied by learned weights. RMSNorm divides by "
        "the root mean "
        "square, in float32 so that half precision does not overflow; LayerNorm first takes the mean away. The "
        "running sum itself is not changed: only the copy that the next part reads.",
        "每个向量除以自己的大小，再乘上学到的权重。RMSNorm 除以均方根，并用 float32 计算，避免半精度溢出；"
        "LayerNorm 先减均值。"
        "残差流本身不变，变的只是下一部分读到的那份。",
    ),
    "attention": Message(
        "Linear maps make a query, a key and a value of each position. With shared heads (GQA) there "
        "are fewer keys "
        "and values than queries. Positions are turned in where the model does so, the cache is "
        "updated, the attention "
        "function mixes the values, and the output projection brings the heads back to the width of the model. "
        "Layers without attention have their own mixer here.",
        "线性映射给每个位置算出 query、key 和 value。分组查询注意力（GQA）里 key 和 value 的头比 query 少。"
        "需要时加入旋转位置，再更新缓存，由注意力函数混合 value。最后输出投影把各个头合回模型宽度。"
        "不用注意力的层，这里是它自己的混合模块。",
    ),
    "cache_update": Message(
        "`update` appends along the axis of positions and returns everything so far. At the first call "
        "the place is "
        "set up; later one column comes per token. Keys are stored as they are used, already turned by "
        "their position. "
        "A sliding window keeps only the last positions.",
        "`update` 沿位置轴拼接，并返回目前全部内容。首次调用时先分配，之后每个 token 加一列。"
        "存的是旋转之后的 key。"
        "有滑动窗口时只保留最近的位置。",
    ),
    "attention_interface": Message(
        "Each query is multiplied with every key and scaled; the mask sets what must not be seen to "
        "minus infinity; "
        "softmax gives weights that sum to 1; the values are added with them. The eager function shows "
        "these steps as "
        "lines; sdpa and FlashAttention do them in one kernel and never give out the weights.",
        "query 与每个 key 相乘并缩放，掩码把不该看的置为负无穷，softmax 得到和为 1 的权重，"
        "再按权重把 value 加起来。"
        "eager 实现逐行写出这些步骤；sdpa 和 FlashAttention 用一个算子完成，不返回权重。",
    ),
    "cross_attention": Message(
        "Queries come from the decoder, keys and values from the encoder's output. These do not change "
        "while the "
        "answer grows, so they are computed once, kept in a part of the cache of their own, and only "
        "read later.",
        "query 来自解码器，key 和 value 来自编码器输出。后者在生成过程中不变，所以只算一次，"
        "存在缓存的单独部分，之后只读。",
    ),
    "mlp": Message(
        "A wide linear map, a bend (activation function), and a map back; many models multiply with a "
        "second, gated "
        "branch in between. Positions do not see each other here. Most of a model's parameters stand in "
        "these maps.",
        "先用线性映射变宽，过激活函数，再映射回来；许多模型中间还乘一条门控分支。各位置在这里互不可见。"
        "模型的大部分参数都在这些映射里。",
    ),
    "experts": Message(
        "A router scores all experts for each position, keeps the best few and normalizes their "
        "weights. Only those "
        "experts run, so that a model may hold many more parameters than a token uses. Positions are "
        "sorted by expert "
        "for the computation and put back afterwards.",
        "路由器给每个位置的所有专家打分，保留最高的几个并归一化权重。只有选中的专家参与计算，"
        "所以参数总量可以远大于单个 token 用到的量。"
        "计算时按专家给位置排序，算完再放回原处。",
    ),
    "final_norm": Message(
        "After the last layer the running sum is brought to one scale, so that the head's scores do not "
        "depend on how "
        "many layers added to it. What the head reads is this, not the running sum itself.",
        "最后一层之后，残差流统一到同一尺度，输出头的打分才不受累加层数影响。输出头读的是它，不是残差流本身。",
    ),
    "lm_head": Message(
        "Each row of the head is a direction for one token; its product with the hidden state is that "
        "token's logit. "
        "The matrix is often the embedding's own (tied weights). Logits have no bounds and no sum.",
        "输出头的每一行对应一个 token，与隐藏状态的乘积就是它的 logit。这个矩阵常与嵌入表共用（权重绑定）。"
        "logits 没有上下界，加起来也没有意义。",
    ),
    "output": Message(
        "The result is wrapped with names: `logits`, `past_key_values`, and hidden states or attentions "
        "where they "
        "were asked for. The cache is the same object that came in; layers wrote into it.",
        "结果按字段名封装：`logits`、`past_key_values`，以及要求返回的隐藏状态或注意力。"
        "缓存还是传进来的那个对象，各层已写入内容。",
    ),
}

WALKTHROUGH_INSIDE = {
    f"station.{key}.{level}": message
    for level, texts in (("title", _TITLES), ("sentence", _SENTENCES), ("paragraph", _PARAGRAPHS))
    for key, message in texts.items()
}
