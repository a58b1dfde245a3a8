"""What a walk-through says beside its stations: headings, then and now, misreadings, the token that is followed."""

from tracer.wording.catalogue_walkthrough_inside import WALKTHROUGH_INSIDE
from tracer.wording.catalogue_walkthrough_outside import WALKTHROUGH_OUTSIDE
from tracer.wording.message import Message

_PAGE = {
    "walk.title": Message("One generate call, line by line: {model}", "逐行看一次 generate：{model}"),
    "walk.sentence": Message(
        "{model} answered “{prompt}” with “{answer}”. Below are the lines that really ran in this call, "
        "with the values they bound.",
        "{model} 对“{prompt}”的回答是“{answer}”。下面是这次调用真正执行的代码行，以及各行得到的值。",
    ),
    "walk.sentence_lines": Message(
        "Below are the lines that really ran in one call of {model}, with the values they bound.",
        "下面是 {model} 的一次调用真正执行的代码行，以及各行得到的值。",
    ),
    "walk.repeated": Message(
        "The recorded call was run again with its seed and settings, and gave the same tokens; the "
        "lines are of "
        "that run.",
        "这次调用按记录的种子和参数重跑了一遍，token 完全一致；代码行来自重跑。",
    ),
    "walk.levels": Message(
        "Each station has three levels: a sentence, a paragraph, and the lines. Values show the first "
        "few along the last "
        "axis. Marked cells differ from the first column.",
        "每站分三级：一句话、一段话、代码行。值只列最后一轴的前几个。有底色的单元格与第一列不同。",
    ),
    "walk.contents": Message("Contents", "目录"),
    "walk.progress": Message("{place} of {total}", "{place} / {total}"),
    "walk.why": Message("What happens, and why", "发生了什么，为什么"),
    "walk.lines": Message("The lines: {count}", "代码行：{count} 行"),
    "walk.no_lines": Message(
        "No lines: this happens outside the recorded call.", "没有代码行：这一步在调用之外。"
    ),
    "walk.flow": Message("What went in and came out", "输入与输出"),
    "walk.token": Message("One token followed", "跟踪一个 token"),
    "walk.facts": Message("In this run", "本次运行"),
    "walk.part": Message("around the loop", "循环之外"),
    "walk.step": Message("step {step}", "第 {step} 步"),
    "walk.line": Message("line", "行"),
    "walk.code": Message("code", "代码"),
    "walk.name": Message("name", "名称"),
    "walk.shape": Message("shape", "形状"),
    "walk.values": Message("first values", "前几个值"),
    "walk.returned": Message("returned", "返回值"),
    "walk.times": Message("× {count}", "× {count}"),
    "walk.folded": Message(
        "{count} more calls like this one: {function}. Same lines, other values.",
        "还有 {count} 次同样的调用：{function}。代码行相同，值不同。",
    ),
    "walk.more": Message("{count} more calls inside, not shown.", "内部还有 {count} 次调用，从略。"),
    "walk.shown_above": Message("Its function is shown above: {function}.", "所在函数见前文：{function}。"),
    "walk.then_now": Message("Then and now", "旧版 → 新版"),
    "walk.then_now_note": Message(
        "Names in older readings, checked against the installed package.",
        "旧文章里的名称，已对照安装的版本核实。",
    ),
    "walk.then": Message("then", "旧版"),
    "walk.now": Message("now", "新版"),
    "walk.misreadings": Message("Common misreadings", "常见误解"),
    "walk.sources": Message("Quoted packages", "引用的代码"),
    "walk.source": Message(
        "{package} {version}, license: {license}", "{package} {version}，许可证：{license}"
    ),
    "walk.unknown": Message("not stated", "未注明"),
    "walk.summary": Message(
        "{path}: {stations} stations, {lines} lines, {size}", "{path}：{stations} 站，{lines} 行代码，{size}"
    ),
}

_THEN_NOW = {
    "then.dtype": Message("`torch_dtype=` when loading", "加载时用 `torch_dtype=`"),
    "now.dtype": Message("`dtype=`", "`dtype=`"),
    "then.warpers": Message("`logits_warper`, a second list", "单独的 `logits_warper` 列表"),
    "now.warpers": Message("one list, `logits_processor`", "合并为 `logits_processor`"),
    "then.legacy_cache": Message(
        "`DynamicCache.from_legacy_cache(...)`", "`DynamicCache.from_legacy_cache(...)`"
    ),
    "now.legacy_cache": Message("`generate` makes a `DynamicCache`", "`generate` 直接创建 `DynamicCache`"),
    "then.prefill": Message("the loop's first iteration reads the prompt", "循环第一轮读提示词"),
    "now.prefill": Message("`_prefill` reads it before the loop", "循环之前由 `_prefill` 读完"),
}

_MISREADINGS = {
    "misreading.eval": Message("“model.eval() freezes the weights.”", "“`model.eval()` 会冻结权重。”"),
    "misreading.eval.answer": Message(
        "It only switches dropout and the like. Each parameter keeps its requires_grad.",
        "它只切换 dropout 一类的行为，参数的 requires_grad 不变。",
    ),
    "misreading.eval.evidence": Message(
        "training is {training}, and {trainable} of {total} parameter tensors have requires_grad=True.",
        "training 为 {training}，而 {total} 个参数张量中有 {trainable} 个 requires_grad=True。",
    ),
    "misreading.no_grad": Message("“eval() avoids gradients.”", "“`eval()` 让推理不算梯度。”"),
    "misreading.no_grad.answer": Message(
        "What avoids them is no_grad, which generate brings with it.",
        "真正起作用的是 no_grad，`generate` 自带。",
    ),
    "misreading.no_grad.evidence": Message(
        "{function} is defined under {decorator} in the installed file.",
        "安装的源码中，{function} 上面就有 {decorator}。",
    ),
    "misreading.terminators": Message(
        "“Two entries in the list of terminators are two terminators.”",
        "“终止符列表写两项，就有两个终止符。”",
    ),
    "misreading.terminators.answer": Message(
        "If both entries are the same id, the other end token is left out and the answer runs on. Count "
        "distinct ids.",
        "两项若是同一编号，另一个结束符就漏了，回答会停不下来。要数不同的编号。",
    ),
    "misreading.terminators.evidence": Message(
        "here eos_token_id is {ids}: {distinct} distinct.",
        "本次 eos_token_id 为 {ids}，不同的编号有 {distinct} 个。",
    ),
    "misreading.cache": Message("“The cache holds attention weights.”", "“缓存里存的是注意力权重。”"),
    "misreading.cache.answer": Message(
        "It holds keys and values. Weights are computed anew for each query.",
        "存的是 key 和 value，注意力权重每次都重新计算。",
    ),
    "misreading.cache.evidence": Message("{function} received {names}.", "{function} 收到的是 {names}。"),
    "misreading.logits": Message("“Logits are probabilities.”", "“logits 就是概率。”"),
    "misreading.logits.answer": Message(
        "They have no bounds and no sum; softmax makes probabilities of them.",
        "logits 没有上下界，也不归一；经过 softmax 才是概率。",
    ),
    "misreading.logits.evidence": Message(
        "the logits of step 0 go from {lowest} to {highest}; their softmax sums to {total}.",
        "第 0 步的 logits 从 {lowest} 到 {highest}，softmax 之后的和为 {total}。",
    ),
    "misreading.prefill": Message("“The prefill only fills the cache.”", "“预填充只是填缓存。”"),
    "misreading.prefill.answer": Message(
        "It already yields the logits of the first new token.", "它已经给出首个新 token 的 logits。"
    ),
    "misreading.prefill.evidence": Message(
        "step 0 read {count} tokens in one forward and chose {token}.",
        "第 0 步一次前向计算读了 {count} 个 token，并选出 {token}。",
    ),
}

_FOLLOWED = {
    "followed.prompt": Message(
        "{token}, the last token of the prompt, is id {id} at position {position}.",
        "提示词最后一个 token 是 {token}，编号 {id}，位置 {position}。",
    ),
    "followed.embedding": Message("id {id} picks row {id} of the table.", "编号 {id} 取出表中第 {id} 行。"),
    "followed.prepare_inputs": Message(
        "{token} goes in at position {position}; at the next step {chosen} goes in alone, at position {next}.",
        "{token} 在位置 {position} 传入；下一步只传 {chosen}，位置为 {next}。",
    ),
    "followed.cache_update": Message(
        "the key and value of {token} now stand at place {position} in every layer and stay there.",
        "{token} 的 key 和 value 存在每层缓存的位置 {position}，之后一直保留。",
    ),
    "followed.attention_interface": Message(
        "at position {position}, {token} may look at {count} positions, its own included.",
        "位置 {position} 的 {token} 可以看 {count} 个位置，包括自己。",
    ),
    "followed.last_logits": Message(
        "from {token} the model favors {favorite}: {probability}.",
        "从 {token} 出发，模型最看好 {favorite}：{probability}。",
    ),
    "followed.processors": Message(
        "{chosen}: {before} under the raw logits, {after} after the processors.",
        "{chosen}：原始 logits 下 {before}，经处理器后 {after}。",
    ),
    "followed.choice": Message(
        "{chosen} is chosen, id {id}, with {probability}.", "选中 {chosen}，编号 {id}，概率 {probability}。"
    ),
    "followed.next_inputs": Message("{chosen} is appended at position {next}.", "{chosen} 拼在位置 {next}。"),
    "followed.decode": Message(
        "{chosen} becomes the first piece of the answer.", "{chosen} 成为回答的第一个片段。"
    ),
}

_HEADINGS = {
    "walk.fact.model": Message("model", "模型"),
    "walk.fact.dtype": Message("dtype", "dtype"),
    "walk.fact.device": Message("device", "设备"),
    "walk.fact.attention": Message("attention", "注意力实现"),
    "walk.fact.quantization": Message("quantization", "量化"),
    "walk.fact.terminators": Message("terminators", "终止符"),
    "walk.fact.mode": Message("mode", "模式"),
    "walk.fact.prompt": Message("prompt with template", "套用模板后的提示词"),
    "walk.fact.tokens": Message("tokens", "token"),
    "walk.fact.answer": Message("answer", "回答"),
    "walk.fact.processors": Message("processors", "处理器"),
    "walk.fact.criteria": Message("criteria", "停止条件"),
    "walk.fact.steps": Message("steps", "步数"),
}

WALKTHROUGH = {
    **WALKTHROUGH_OUTSIDE,
    **WALKTHROUGH_INSIDE,
    **_PAGE,
    **_THEN_NOW,
    **_MISREADINGS,
    **_FOLLOWED,
    **_HEADINGS,
}
