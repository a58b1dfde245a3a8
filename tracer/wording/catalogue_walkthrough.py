"""What a walk-through says beside its stations: headings, then and now, misreadings."""

from tracer.wording.catalogue_walkthrough_followed import WALKTHROUGH_FOLLOWED
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
        "每站分三级：一句话、一段话、代码行。值只列最后一轴的前几个。有标记的单元格与第一列不同。",
    ),
    "walk.level_1": Message("Only the sentences", "只看一句话"),
    "walk.level_2": Message("With the paragraphs", "展开说明"),
    "walk.level_3": Message("With all lines", "展开全部代码"),
    "walk.none": Message("none", "无"),
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
    "walk.not_met": Message("unmet conditions left out: {count}", "略去 {count} 个不成立的条件"),
    "walk.shown_above": Message("lines of a function shown in full elsewhere", "该函数的全部代码见别处"),
    "walk.then_now": Message("Then and now", "旧版 → 新版"),
    "walk.then_now_note": Message(
        "Names in older readings, checked against the installed package.",
        "旧文章里的名称，已对照安装的版本核实。",
    ),
    "walk.then": Message("then", "旧版"),
    "walk.now": Message("now", "新版"),
    "walk.checked": Message("the installed line that shows it", "安装版本里的依据"),
    "walk.evidence": Message("{file}, line {number}: {line}", "{file} 第 {number} 行：{line}"),
    "walk.modules_left_out": Message(
        "{count} rows of modules further inside are left out.", "更内层的模块略去 {count} 行。"
    ),
    "walk.own_part": Message(
        "{names} belongs to the recording: it notes what passes and changes nothing. A plain call has none of it.",
        "{names} 是录制时加的，只抄录经过的数，不改动。普通调用里没有它。",
    ),
    "walk.hooks_ran": Message(
        "In this run hooks were registered, those of the recording among them, so the call took the long way "
        "through the function inside. With none, the line after the condition returns at once.",
        "本次运行注册了 hook（包括录制用的），所以走进了内层函数。没有 hook 时，条件之后那一行直接返回。",
    ),
    "walk.no_hooks": Message(
        "In this run no hook was registered, so the call went straight to `forward`.",
        "本次运行没有注册 hook，所以直接进入 `forward`。",
    ),
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
    "then.low_memory": Message("`low_cpu_mem_usage=True` when loading", "加载时加 `low_cpu_mem_usage=True`"),
    "now.low_memory": Message("always so; the argument is dropped", "一直如此，这个参数会直接丢弃"),
    "then.bits": Message("`load_in_4bit=True` when loading", "加载时加 `load_in_4bit=True`"),
    "now.bits": Message(
        "`quantization_config=BitsAndBytesConfig(...)`", "`quantization_config=BitsAndBytesConfig(...)`"
    ),
    "then.cache_position": Message(
        "`cache_position` counted along in the loop", "循环里维护 `cache_position`"
    ),
    "now.cache_position": Message(
        "a slice by `next_sequence_length`, and `position_ids`",
        "按 `next_sequence_length` 截取，位置用 `position_ids`",
    ),
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
        "Here training is {training}, and {trainable} of {total} parameter tensors have requires_grad=True.",
        "本次 training 为 {training}，而 {total} 个参数张量中有 {trainable} 个 requires_grad=True。",
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
        "Here eos_token_id is {ids}: {distinct} distinct.",
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
        "The logits of step 0 go from {lowest} to {highest}; their softmax sums to {total}.",
        "第 0 步的 logits 从 {lowest} 到 {highest}，softmax 之后的和为 {total}。",
    ),
    "misreading.prefill": Message("“The prefill only fills the cache.”", "“预填充只是填缓存。”"),
    "misreading.prefill.answer": Message(
        "It already yields the logits of the first new token.", "它已经给出首个新 token 的 logits。"
    ),
    "misreading.prefill.evidence": Message(
        "Step 0 read {count} tokens in one forward and chose {token}.",
        "第 0 步一次前向计算读了 {count} 个 token，并选出 {token}。",
    ),
}

_HEADINGS = {
    "walk.fact.model": Message("model", "模型"),
    "walk.fact.dtype": Message("dtype", "dtype"),
    "walk.fact.device": Message("device", "设备"),
    "walk.fact.attention": Message("attention", "注意力实现"),
    "walk.fact.quantization": Message("quantization", "量化"),
    "walk.fact.terminators": Message("terminators", "终止符"),
    "walk.fact.device_map": Message("device map", "设备映射"),
    "walk.fact.configuration": Message("configuration", "模型配置"),
    "walk.fact.argument": Message("given in the call", "调用时给的"),
    "walk.fact.generation_config": Message("from generation_config", "来自 generation_config"),
    "walk.fact.mode": Message("mode", "模式"),
    "walk.fact.prompt": Message("prompt as it was read", "实际读入的提示词"),
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
    **WALKTHROUGH_FOLLOWED,
    **_HEADINGS,
}
