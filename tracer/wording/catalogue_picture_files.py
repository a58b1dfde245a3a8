"""The words of exported pictures: the captions beside them, and the few that stand in pictures only.

Keys that begin with `ui.` go to the browser modules; `caption.<view>` says what a view shows.
"""

from tracer.wording.message import Message

_VIEWS = {
    "caption.decision": Message(
        "How one token was chosen: the leading tokens under the model, behind every setting that changed the scores, "
        "and in the draw.",
        "一个 token 是怎样选出的：领先的候选先按模型排列，再经过每个改变分数的参数，最后抽样。",
    ),
    "caption.strip": Message(
        "The text token by token; the darker a token, the less the model expected it.",
        "逐个 token 显示的文本；颜色越深，模型越没料到。",
    ),
    "caption.attention": Message(
        "Where this step looked: each token of the text is the darker, the more of the attention it got.",
        "这一步看向哪里：token 颜色越深，得到的注意力越多。",
    ),
    "caption.heads": Message(
        "Every attention head at this step, a row for each layer, by one measure.",
        "这一步的全部注意力头，每行一层，按同一指标着色。",
    ),
    "caption.map": Message(
        "The attention of the text to itself: each row is a token that looks, each column one that is seen.",
        "文本对自身的注意力：每行是发出查询的 token，每列是查看的 token。",
    ),
    "caption.inputs": Message(
        "What forward received at this step, beside the step before.",
        "forward 在这一步收到的输入，与上一步对照。",
    ),
    "caption.draw": Message(
        "The draw: the logarithm of each probability plus the luck of its token; the highest sum wins.",
        "这一次抽样：每个概率的对数加上各自的随机数，和最大者胜出。",
    ),
    "caption.redraws": Message(
        "How often each token comes out when this step is drawn again many times.",
        "把这一步重新抽样多次，各个 token 出现的次数。",
    ),
    "caption.contributions": Message(
        "What pushed the chosen token ahead of the runner-up, part by part; the parts add up to the difference.",
        "是什么让选中的 token 领先第二名：各部分的贡献相加等于两者之差。",
    ),
    "caption.sources": Message(
        "From which tokens of the text the push for the chosen token came, layer by layer or head by head.",
        "对选中 token 的推动来自文本中的哪些 token，按层或按头列出。",
    ),
    "caption.attribution": Message(
        "How much each token of the text weighed on the choice, by attribution.",
        "文本中每个 token 对这次选择的影响，按归因计算。",
    ),
    "caption.lens": Message(
        "What each layer would have said, had it been the last (logit lens).",
        "假如各层就是最后一层，会给出什么 token（logit lens）。",
    ),
    "caption.lens-lines": Message(
        "How the probability of a few tokens changes from layer to layer (logit lens).",
        "几个 token 的概率逐层怎样变化（logit lens）。",
    ),
    "caption.norms": Message(
        "How long the running sum is after each layer (residual stream).",
        "经过各层后残差流的长度（residual stream）。",
    ),
    "caption.cache": Message("How the KV cache grows with every step.", "KV 缓存随每一步怎样增长。"),
    "caption.cache-layers": Message(
        "How much of the KV cache each layer holds after this step.", "这一步之后各层的 KV 缓存大小。"
    ),
    "caption.mask": Message(
        "The attention mask of one layer: who may look at whom.", "某一层的注意力掩码：谁可以看到谁。"
    ),
    "caption.positions": Message(
        "The position id of every token that was passed in.", "传入的每个 token 的位置编号。"
    ),
    "caption.modules": Message(
        "The modules of the model, as large as their parameters.", "模型的模块，面积与参数量成正比。"
    ),
    "caption.findings": Message(
        "What the check for common problems found, and at which steps.", "常见问题检查的结果及其所在步骤。"
    ),
    "caption.forks": Message(
        "By how much each token won; where the lead is small, the text could have gone another way.",
        "每个 token 领先多少；领先小的地方，文本本可以走向别处。",
    ),
}

_MADE_FROM = {
    "caption.steps": Message(
        "How each token was chosen, one picture a second, from step {first} to step {last}.",
        "每个 token 是怎样选出的：每秒一幅，从第 {first} 步到第 {last} 步。",
    ),
    "caption.model": Message("Model {model} ({kind}, {dtype}).", "模型 {model}（{kind}，{dtype}）。"),
    "caption.settings": Message("Settings: {settings}.", "参数：{settings}。"),
    "caption.no_settings": Message("All settings have their defaults.", "参数均为默认值。"),
    "caption.seed": Message("Seed {seed}.", "随机种子 {seed}。"),
    "caption.no_seed": Message("No random numbers were recorded.", "没有记录随机数。"),
    "caption.versions": Message(
        "Recorded with torch {torch}, transformers {transformers} and generation-tracer {recorder}; drawn with "
        "generation-tracer {drawer}.",
        "用 torch {torch}、transformers {transformers} 和 generation-tracer {recorder} 记录，"
        "用 generation-tracer {drawer} 绘制。",
    ),
    "caption.trace": Message(
        "Trace {trace}, call {call}, row {row}.", "记录 {trace}，调用 {call}，行 {row}。"
    ),
    "caption.trace_step": Message(
        "Trace {trace}, call {call}, row {row}, step {step}.",
        "记录 {trace}，调用 {call}，行 {row}，第 {step} 步。",
    ),
}

_IN_PICTURES = {
    "ui.picture_chosen": Message("chosen", "选中"),
    "ui.picture_cut": Message("The text is longer than the slide.", "文本比幻灯片长，未全部显示。"),
    "ui.picture_step": Message("Step {step}", "第 {step} 步"),
    "ui.picture_legend_notable": Message("worth a look", "值得一看"),
    "ui.picture_legend_grid": Message("rows: layers, columns: heads", "行：层，列：头"),
    "ui.picture_legend_here": Message("this step", "当前步"),
    "ui.picture_legend_later": Message("later", "之后"),
    "ui.picture_legend_dash": Message("a dash: against it", "横线：起反作用"),
    "ui.picture_legend_masked": Message("not visible to the row", "该行看不到"),
}

PICTURE_FILES = {**_VIEWS, **_MADE_FROM, **_IN_PICTURES}
