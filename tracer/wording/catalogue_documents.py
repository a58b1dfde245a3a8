"""The words of documents: the notebook, the report with pictures and on paper, the deck of slides with its notes."""

from tracer.wording.message import Message

_NOTEBOOK = {
    "notebook_file.opening": Message(
        "# How this text came about: {trace}\n\nEvery number below was recorded while the text was written; nothing "
        "is run again. To run the cells, keep the trace in the folder of this notebook; neither a model nor a GPU is "
        "needed.",
        "# 这段文字是怎样生成的：{trace}\n\n下面的数字都是生成时记录下来的，不会重新运行模型。运行单元格时，"
        "请把记录放在本笔记本所在的文件夹；不需要模型，也不需要 GPU。",
    ),
    "notebook_file.reading": Message(
        "Above: prompt and answer. The darker a token, the less the model expected it. Before reading on, ask: at "
        "which token would you have expected another one?",
        "上面是提示词和回答。颜色越深，模型越没料到这个 token。先想一想：你觉得哪个 token 本该是另一个？",
    ),
    "notebook_file.step": Message(
        "## Step {step}\n\nHow the token of this step was chosen.",
        "## 第 {step} 步\n\n这一步的 token 是怎样选出的。",
    ),
    "notebook_file.step_because": Message(
        "## Step {step}: {reason}\n\nRead from left to right: the model's probabilities, then what each setting made "
        "of them, then the draw. Which column decided?",
        "## 第 {step} 步：{reason}\n\n从左往右看：先是模型给出的概率，再是每个参数的作用，最后是抽样。"
        "哪一列起了决定作用？",
    ),
    "notebook_file.what_if": Message(
        "## What if?\n\nThe recorded scores of step {step} with another setting, and with the recorded luck. Change "
        "the number and run the cell again; guess first.",
        "## 假如改参数\n\n用记录下来的分数和随机数，换一个参数重算第 {step} 步。先猜结果，再改数字运行。",
    ),
    "notebook_file.what_if_text": Message(
        "The same for the whole text: which step would be the first with another token?",
        "对整段文字也这样问：最早从哪一步开始会换成别的 token？",
    ),
    "notebook_file.attention": Message(
        "## Attention at step {step}\n\nThe darker a token, the more of the attention it got when this token was "
        "written. It shows where information was read, not why the token won.",
        "## 第 {step} 步的注意力\n\n颜色越深，写出这个 token 时得到的注意力越多。"
        "它表示从哪里读取信息，不表示这个 token 为何胜出。",
    ),
    "notebook_file.logits": Message(
        "## From logits to probabilities\n\nThe model gives one number per token of its vocabulary: the logits. The "
        "softmax makes probabilities of them. Below: id, logit, probability, token of the five best at step {step}.",
        "## 从 logits 到概率\n\n模型为词表里的每个 token 给出一个数，即 logits；softmax 把它们变成概率。"
        "下面是第 {step} 步的前五名：编号、logit、概率、token。",
    ),
    "notebook_file.text": Message(
        "## From ids to text\n\nOnly ids are generated. The vocabulary turns them into bytes, and these into text; "
        "one character may need several tokens.",
        "## 从编号到文字\n\n生成的只是编号。词表把编号变成字节，字节再拼成文字；一个汉字可能要用好几个 token。",
    ),
    "notebook_file.exercises": Message(
        "## Exercises\n\n"
        "1. At step {step}, which token would greedy decoding have taken? Compare `step.winner_id` with "
        "`step.token_id`.\n"
        "2. Find the smallest temperature at which `tracer.what_if` takes another token at this step.\n"
        "3. Compute the entropy of `step.probabilities()` by hand, and compare it with `step.entropy`.\n"
        "4. Which step had the highest surprisal? Is its token a mistake, or a matter of taste?\n"
        '5. Change `view="attention"` to another step. What does the model look at before a full stop?',
        "## 练习\n\n"
        "1. 第 {step} 步若用贪心解码，会选哪个 token？比较 `step.winner_id` 与 `step.token_id`。\n"
        "2. 用 `tracer.what_if` 找出让这一步换成别的 token 的最低温度。\n"
        "3. 手算 `step.probabilities()` 的熵，再与 `step.entropy` 比较。\n"
        "4. 哪一步的意外程度（surprisal）最高？那个 token 是错误，还是一种写法？\n"
        "5. 换一步再看注意力：写句号之前，模型在看什么？",
    ),
}

_REPORT = {
    "report_file.no_pictures": Message(
        "This report has no pictures: Chromium or playwright was missing when it was written.",
        "本报告没有图片：生成时缺少 Chromium 或 playwright。",
    ),
    "report_file.picture": Message(
        "How the token of step {step} was chosen", "第 {step} 步的 token 是怎样选出的"
    ),
}

_DECK = {
    "notebook_file.step_title": Message("Step {step}", "第 {step} 步"),
    "notebook_file.step_title_because": Message("Step {step} · {reason}", "第 {step} 步 · {reason}"),
    "deck.title": Message("How this text came about: {trace}", "这段文字是怎样生成的：{trace}"),
    "deck.model": Message("{model} · {count} tokens written", "{model} · 生成 {count} 个 token"),
    "deck.settings": Message("Settings and versions", "参数与版本"),
    "deck.from": Message("Made from the recording {trace}", "由记录 {trace} 生成"),
    "deck.cover_say": Message(
        "Say: everything on these slides was recorded while this text was written; no number is made up.",
        "讲解：这些幻灯片上的数字都是生成这段文字时记录下来的，没有编造。",
    ),
    "deck.cover_ask": Message(
        "Ask: read the answer aloud. At which word would you have written another one?",
        "提问：请大家读一遍回答。哪个词换成你会写别的？",
    ),
    "deck.say": Message("Say:", "讲解："),
    "deck.ask": Message("Ask:", "提问："),
    "deck.numbers": Message(
        "{token}: model {model} ({model_rank} of {total}), after settings {after} ({rank}), {left} tokens left, "
        "entropy {entropy} nats.",
        "{token}：模型给出 {model}（共 {total} 个，排 {model_rank}），参数之后 {after}（{rank}），"
        "剩下 {left} 个 token，熵 {entropy} nat。",
    ),
    "deck.ask_first": Message(
        "Before step {step} is shown: which token do you expect next, and how sure are you?",
        "展示第 {step} 步之前：你猜下一个 token 是什么？有多大把握？",
    ),
    "deck.ask_draw": Message(
        "If this step were drawn a hundred times, how often would {token} come?",
        "如果把这一步抽一百次，{token} 大约会出现几次？",
    ),
    "deck.ask_greedy": Message(
        "What would have to change for another token than {token} to win?",
        "要让 {token} 以外的 token 胜出，需要改什么？",
    ),
    "deck.try": Message("Try it live: {python}", "现场试一试：{python}"),
    "deck.closing_say": Message(
        "Say: with the same model, settings, seed and versions the run can be repeated.",
        "讲解：模型、参数、随机种子和版本都相同，就能重现这次运行。",
    ),
}

DOCUMENTS = {**_NOTEBOOK, **_REPORT, **_DECK}
