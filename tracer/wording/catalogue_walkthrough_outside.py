"""What the stations of a walk-through outside the model say: title, one sentence, one paragraph.

Keys: `station.<key>.title`, `.sentence`, `.paragraph`. Holds for every architecture; names no model.
"""

from tracer.wording.message import Message

_TITLES = {
    "script": Message("The script around it", "外层脚本"),
    "loading": Message("Loading the model, and what ends an answer", "加载模型与终止符"),
    "construction": Message("How the model is built", "模型的构造"),
    "prompt": Message("From prompt to token ids", "从提示词到 token 编号"),
    "generate": Message("generate: settings and mode", "generate：配置与模式"),
    "encoder": Message("The encoder reads the prompt", "编码器读提示词"),
    "new_cache": Message("A new cache", "新建缓存"),
    "loop": Message("_sample: the loop over tokens", "_sample：逐 token 循环"),
    "prefill": Message("_prefill: the whole prompt at once", "_prefill：一次读完提示词"),
    "prepare_inputs": Message("prepare_inputs_for_generation", "prepare_inputs_for_generation"),
    "last_logits": Message("Logits of the last position", "取最后一个位置的 logits"),
    "processors": Message("Logits processors", "logits 处理器"),
    "choice": Message("Softmax and choice", "softmax 与选 token"),
    "next_inputs": Message("Inputs of the next iteration", "准备下一轮输入"),
    "stopping": Message("Go on or stop?", "继续还是停止"),
    "ending": Message("The return", "返回结果"),
    "decode": Message("From token ids to text", "从 token 编号还原文本"),
}

_SENTENCES = {
    "script": Message(
        "In: a prompt and settings. Out: an answer; everything else is preparation and clearing up.",
        "输入：提示词和参数。输出：回答。其余都是准备和收尾。",
    ),
    "loading": Message(
        "In: a name and loading options. Out: a model with weights on a device, and ids that end an answer.",
        "输入：模型名和加载选项。输出：权重已就位的模型，以及终止符列表。",
    ),
    "construction": Message(
        "In: the configuration. Out: a tree of modules whose shapes follow from it.",
        "输入：模型配置。输出：一棵模块树，形状都由配置决定。",
    ),
    "prompt": Message(
        "In: text. Out: `input_ids` and `attention_mask`, one number per token.",
        "输入：文本。输出：`input_ids` 和 `attention_mask`，每个 token 一个数。",
    ),
    "generate": Message(
        "In: `input_ids` and arguments. Out: one settled configuration, its processors and criteria.",
        "输入：`input_ids` 和参数。输出：定下来的配置、处理器和停止条件。",
    ),
    "encoder": Message(
        "In: the prompt. Out: hidden states that every decoding step reads again.",
        "输入：提示词。输出：隐藏状态，之后每步解码都要读它。",
    ),
    "new_cache": Message(
        "In: the configuration. Out: a cache with a place per layer, still empty.",
        "输入：模型配置。输出：空缓存，每层留一个位置。",
    ),
    "loop": Message(
        "In: the prompt's ids. Out: the same ids with one more token per round.",
        "输入：提示词的编号。输出：每轮多一个 token 的编号序列。",
    ),
    "prefill": Message(
        "In: all tokens of the prompt. Out: a filled cache, and logits for the first new token.",
        "输入：提示词的全部 token。输出：填好的缓存和首个新 token 的 logits。",
    ),
    "prepare_inputs": Message(
        "In: all ids so far and the cache. Out: only what `forward` has not read yet.",
        "输入：目前全部编号和缓存。输出：只含 `forward` 还没读过的部分。",
    ),
    "last_logits": Message(
        "In: the output of the model. Out: one row of scores, as long as the vocabulary.",
        "输入：模型输出。输出：一行打分，长度等于词表大小。",
    ),
    "processors": Message(
        "In: logits and the ids so far. Out: scores; a token ruled out has minus infinity.",
        "输入：logits 和已有编号。输出：scores，淘汰的 token 为负无穷。",
    ),
    "choice": Message(
        "In: scores. Out: probabilities that sum to 1, and one token id per row.",
        "输入：scores。输出：和为 1 的概率，以及每行一个 token 编号。",
    ),
    "next_inputs": Message(
        "In: the chosen id. Out: `input_ids`, `attention_mask` and positions, one longer.",
        "输入：选中的编号。输出：各长一格的 `input_ids`、`attention_mask` 和位置编号。",
    ),
    "stopping": Message(
        "In: the ids with the new token. Out: a verdict per row.",
        "输入：含新 token 的编号。输出：每行一个判定。",
    ),
    "ending": Message(
        "In: the ids of the loop. Out: what the caller of `generate` gets.",
        "输入：循环得到的编号。输出：`generate` 的返回值。",
    ),
    "decode": Message(
        "In: the new token ids. Out: text.",
        "输入：新生成的编号。输出：文本。",
    ),
}

_PARAGRAPHS = {
    "script": Message(
        "A typical script chooses a device and a dtype, loads tokenizer and model, takes prompts built in or "
        "one a line from a file, and then does three things per prompt: prepare the data, call "
        "`model.generate`, "
        "handle the result. Multi-turn dialogue repeats them with a longer prompt. Other engines, such as vLLM "
        "with its `SamplingParams` and stop token ids, replace the middle part only. This page follows "
        "the middle.",
        "典型脚本先选设备和 dtype，再加载 tokenizer 和模型，提示词可内置，也可从文件逐行读取。"
        "每个提示词做三件事："
        "准备数据，调用 `model.generate`，处理结果。多轮对话就是用更长的提示词重复这三步。换成 vLLM 等引擎，"
        "只是用 `SamplingParams` 和终止编号替换中间那步。本页讲的正是中间这步。",
    ),
    "loading": Message(
        "`from_pretrained` builds the modules and fills them with the stored weights. `dtype` sets how "
        "a number "
        "is stored, `device_map` where each module lies, a quantization configuration (such as 4-bit "
        "nf4) packs "
        "weights and unpacks them in each layer, and `attn_implementation` chooses the function that computes "
        "attention. `eval()` then switches dropout off. Terminators are the ids whose choice ends an answer.",
        "`from_pretrained` 先搭好模块，再填入存储的权重。`dtype` 决定数的存储精度，"
        "`device_map` 决定模块放在哪里。"
        "量化配置（如 4-bit nf4）把权重压缩存放，算到该层再解开。`attn_implementation` 选定注意力的实现。"
        "最后 `eval()` 关掉 dropout。终止符是一组编号，选中其中一个，回答就结束。",
    ),
    "construction": Message(
        "The configuration alone decides how many layers there are, how wide each is and how many heads "
        "share a "
        "key and value. The table lists the modules with their shapes; layers of equal shape stand in one row. "
        "Attention stands inside each decoder layer, beside the feed-forward part.",
        "层数、宽度、多少个头共用一组 key 和 value，都由配置决定。表中列出各模块及其形状，"
        "形状相同的层合成一行。"
        "注意力模块在每个解码器层内部，与前馈部分并列。",
    ),
    "prompt": Message(
        "A chat template wraps each message in the marks the model was trained with, and ends with the "
        "mark that "
        "opens the answer. The tokenizer then cuts the text into pieces of its vocabulary. "
        "`attention_mask` is 1 "
        "where there is a token and 0 where there is only padding.",
        "对话模板给每条消息加上训练时用的标记，结尾留下回答开头的标记。tokenizer 再把文本切成词表里的片段。"
        "`attention_mask` 中 1 表示真实 token，0 表示填充。",
    ),
    "generate": Message(
        "What the call leaves open is filled from `generation_config`, then from the model, then by defaults. "
        "The mode follows from the result: without `do_sample` the best token is taken, with it one is drawn, "
        "and both run the same loop. Special tokens become tensors, the length limit is worked out, and "
        "a list of "
        "logits processors and one of stopping criteria are made for just those settings that do something.",
        "调用时没给的参数，依次从 `generation_config`、模型和默认值补齐。"
        "模式由此确定：不设 `do_sample` 取最高分，"
        "设了就抽样，两者走同一个循环。随后特殊 token 转成张量，算出长度上限。"
        "最后只为起作用的参数建立处理器和停止条件。",
    ),
    "encoder": Message(
        "An encoder–decoder model reads the prompt once, before the loop, with attention in both directions. "
        "The decoder starts from a single start token; what it knows of the prompt comes through "
        "cross-attention.",
        "编码器－解码器模型在循环开始前，把提示词双向读一遍。解码器只从一个起始 token 出发，"
        "对提示词的了解全靠交叉注意力。",
    ),
    "new_cache": Message(
        "`generate` makes the cache itself and hands it to every forward. Each layer's place is filled at its "
        "first `update`, when shape, dtype and device are known. Older versions passed tuples and "
        "converted them "
        "with `from_legacy_cache`; here the object is there from the start.",
        "缓存由 `generate` 创建，每次前向计算都传进去。各层的位置在首次 `update` 时才分配，"
        "那时才知道形状、dtype 和设备。"
        "旧版先传元组，再用 `from_legacy_cache` 转换；现在一开始就是对象。",
    ),
    "loop": Message(
        "Before the loop there is bookkeeping: which outputs to keep (attentions, hidden states, scores), an "
        "encoder's outputs where there is one, and `unfinished_sequences`, a 1 for each row that goes "
        "on. Each round "
        "runs the model, takes the last logits, processes them, chooses, appends, and asks whether to "
        "go on. The "
        "first round uses what the prefill computed. The head of `while` decides before each round.",
        "进入循环前先做登记：要保留哪些输出（注意力、隐藏状态、scores），有编码器则取其输出。"
        "`unfinished_sequences` 中每行一个 1，表示还没结束。"
        "每轮依次前向计算、取最后的 logits、处理、选 token、拼接、判断是否继续。"
        "第一轮直接用预填充的结果。每轮开始前由 `while` 条件决定去留。",
    ),
    "prefill": Message(
        "Reading the prompt is one forward over all its positions. Every layer writes the keys and "
        "values of all "
        "positions to the cache, so that none is computed again. Only the last position's logits matter: they "
        "already choose the first new token. In older versions this was the loop's first iteration.",
        "读提示词只需一次前向计算，所有位置一起算。各层把全部位置的 key 和 value 写入缓存，以后不必重算。"
        "真正用到的只有最后一个位置的 logits，首个新 token 就由它选出。旧版里这是循环的第一轮。",
    ),
    "prepare_inputs": Message(
        "At the first iteration the whole prompt goes in. Later the cache already holds everything but the "
        "newest token, so only its id is passed, with its own position; the mask still covers all "
        "positions, since "
        "attention looks back at them. Compare the two columns.",
        "第一轮传入整个提示词。之后缓存里已有除最新 token 外的一切，只需传它的编号和位置编号。"
        "掩码仍覆盖全部位置，因为注意力要回看它们。对比两列即可看出。",
    ),
    "last_logits": Message(
        "Each position predicts its successor, but only the last one has none yet. The row is copied as "
        "float32, "
        "so that neither the processors nor freeing the model's output can touch what was computed.",
        "每个位置都预测下一个 token，只有最后一个位置的预测还没有答案。这一行复制成 float32，"
        "处理器怎么改都不影响模型的原始输出。",
    ),
    "processors": Message(
        "Each processor is a function of the ids so far and the scores. Penalties look at what occurred; "
        "temperature divides; top-k, top-p and min-p rule out the tail. They run in the order of the "
        "list, and each "
        "sees what the one before left. Older versions kept a second list, the warpers; now there is one.",
        "每个处理器都以已有编号和打分为输入。惩罚类看前文出现过什么，温度做除法，top-k、top-p、min-p 去掉尾部。"
        "它们按列表顺序执行，后一个接着前一个的结果算。旧版另有一张 warper 列表，现在合成了一张。",
    ),
    "choice": Message(
        "Softmax turns scores into probabilities; minus infinity becomes 0. With sampling, "
        "`multinomial` draws one "
        "token by them, so that the likeliest need not win. Without, `argmax` takes the highest score. Rows "
        "that have ended get padding.",
        "softmax 把 scores 变成概率，负无穷变成 0。采样时 `multinomial` 按概率抽一个，概率最高的未必胜出。"
        "不采样时 `argmax` 直接取最高分。已结束的行填入 pad。",
    ),
    "next_inputs": Message(
        "The chosen id is appended to `input_ids`; positions grow by one, and so does a mask where one is passed. "
        "The model's large "
        "output is deleted so that two of them are never held at once.",
        "选中的编号拼到 `input_ids` 末尾，位置编号加一；传了掩码的话，掩码末尾也补一个 1。模型的大块输出随即删除，"
        "避免同时占两份内存。",
    ),
    "stopping": Message(
        "Each criterion answers per row: maximal length, an end token, a string. A row is finished once any of "
        "them says so, and the loop ends when none is left. The head of `while` asks again before the "
        "next round.",
        "各停止条件逐行判断：长度到上限、遇到结束符、出现指定字符串。任一条件成立，该行就结束，"
        "全部结束则退出循环。"
        "下一轮开始前，`while` 条件会再查一次。",
    ),
    "ending": Message(
        "The ids, prompt included for a decoder-only model, go back as a tensor; if "
        "`return_dict_in_generate` is set, "
        "in an object with whatever outputs were asked for and the cache.",
        "编号以张量返回，仅解码器模型的返回值含提示词。设了 `return_dict_in_generate` 时返回一个对象，"
        "附带要求的输出和缓存。",
    ),
    "decode": Message(
        "The caller cuts off the prompt, turns ids into text and leaves special tokens out. A character "
        "of several "
        "bytes may be spread over several tokens, so decode the answer as a whole. A script then stores prompt "
        "and answer together, for example as JSON, and the generation configuration with them.",
        "调用方去掉提示词部分，把编号还原成文本，并略去特殊 token。一个汉字可能拆成几个 token，所以要整段还原。"
        "脚本随后把提示词和回答一起存下，例如写成 JSON，并保存生成配置。",
    ),
}

WALKTHROUGH_OUTSIDE = {
    f"station.{key}.{level}": message
    for level, texts in (("title", _TITLES), ("sentence", _SENTENCES), ("paragraph", _PARAGRAPHS))
    for key, message in texts.items()
}
