"""The words of a class pack: its index, its quiz, how to open it; and why a pack lacks something."""

from tracer.wording.message import Message

CLASS = {
    "class.title": Message("How {model} chose token after token", "{model} 是怎样逐个选出 token 的"),
    "class.models": Message("{count} models", "{count} 个模型"),
    "class.lead": Message(
        "{count} recorded answers, token by token. Everything is in these files: no network, no installation.",
        "共 {count} 段回答，逐个 token 记录。内容都在文件里，不用联网，也不用安装。",
    ),
    "class.to_quiz": Message("Quiz: {count} questions", "测验：{count} 题"),
    "class.about": Message("{model}, {count} tokens", "{model}，{count} 个 token"),
    "class.run": Message("Recording {number}", "记录 {number}"),
    "class.one_of_several": Message(
        "{name}, call {call}, row {row}", "{name}，第 {call} 次调用，第 {row} 行"
    ),
    "class.prompt": Message("Prompt", "提示词"),
    "class.prompt_gone": Message("taken out ({count} tokens)", "已去除（{count} 个 token）"),
    "class.answer": Message("How the answer begins", "回答的开头"),
    "class.telling": Message("Look here first: step {step}", "先看这里：第 {step} 步"),
    "class.open": Message("Open the replay", "打开回放"),
    "class.from_start": Message("from the first step", "从第一步看起"),
    "class.quiz": Message("Quiz", "测验"),
    "class.quiz_lead": Message(
        "The answers are in the replays. What counts is the first try.",
        "答案都在回放里。成绩按第一次作答计算。",
    ),
    "class.back": Message("All recordings", "全部记录"),
    "class.needs_script": Message("The quiz needs JavaScript.", "测验需要启用 JavaScript。"),
    "class.place": Message("{title}, step {step}", "{title}，第 {step} 步"),
    "class.before": Message("after", "接在后面："),
    "class.look": Message("look it up", "去回放里查"),
    "class.ask_favorite": Message(
        "Which token did the model itself favor here, before any setting?",
        "在所有参数起作用之前，模型自己最看好哪个 token？",
    ),
    "class.ask_overturned": Message(
        "Which setting put another token in first place?", "哪个参数让另一个 token 升到了第一名？"
    ),
    "class.ask_left": Message(
        "How many tokens were left when all settings had acted?", "所有参数起作用之后，还剩几个 token？"
    ),
    "class.ask_drawn": Message(
        "Did the draw take the token that was likeliest after all settings?",
        "抽样抽中的，是所有参数起作用之后概率最大的那个 token 吗？",
    ),
    "class.yes": Message("yes", "是"),
    "class.no": Message("no", "不是"),
    "class.ask_read": Message(
        "How many tokens did the model read in its first pass?", "第一次前向计算，模型读入了几个 token？"
    ),
    "class.ask_passes": Message(
        "The answer has {tokens} tokens. How often did the model run for it?",
        "这段回答有 {tokens} 个 token，模型一共做了几次前向计算？",
    ),
    "class.type_number": Message("Your answer, a number:", "填一个数："),
    "class.check": Message("Check", "提交"),
    "class.right": Message("Right.", "答对了。"),
    "class.wrong": Message("Not yet. Look it up, and try again.", "还不对，去回放里查一下再答。"),
    "class.nothing": Message("Choose or type an answer first.", "请先作答。"),
    "class.result_title": Message("Your result", "你的成绩"),
    "class.result": Message(
        "Quiz {code}: {right} of {count} right at the first try, {done} answered.",
        "测验 {code}：共 {count} 题，已答 {done} 题，一次答对 {right} 题。",
    ),
    "class.copy": Message("Copy this line", "复制这一行"),
    "class.copied": Message("Copied.", "已复制。"),
    "class.selected": Message("Selected: copy it with the keyboard.", "已选中，请用键盘复制。"),
    "class.readme_what": Message(
        "{count} recordings of a language model at work: each answer can be replayed token by token.",
        "这里有 {count} 段语言模型的运行记录，每段回答都能逐个 token 回放。",
    ),
    "class.readme_open": Message(
        "Unpack the zip file first (Windows: right click, Extract All; macOS: double click). Then open index.html with "
        "a double click. Any browser of the last years will do: Chrome, Edge, Firefox, Safari.",
        "请先解压（Windows：右键，全部解压缩；macOS：双击），再双击 index.html。"
        "近几年的 Chrome、Edge、Firefox、Safari 都可以。",
    ),
    "class.readme_phone": Message(
        "On a phone: unpack it in the app for files and open index.html. Where links between files do not open there, "
        "open the files in the folder runs one by one; each is complete by itself.",
        "在手机上：用文件管理应用解压，打开 index.html。如果点链接打不开，"
        "可以逐个打开 runs 文件夹里的文件，每个文件都是完整的。",
    ),
    "class.readme_quiz": Message(
        "quiz.html asks about these recordings. At its end stands a line with the result, to be copied and handed in.",
        "quiz.html 里是关于这些记录的测验，末尾有一行成绩，可以复制后提交。",
    ),
    "class.readme_made": Message(
        "Nothing in these files reaches out to the network, and nothing is sent.",
        "这些文件不访问网络，也不会发送任何内容。",
    ),
    "absence.reason.gone": Message("taken out by tracer pack --redact", "tracer pack --redact 去掉了它"),
    "absence.reason.light": Message(
        "left out by tracer pack --light; open the trace that was packed",
        "tracer pack --light 没有放进去；请打开打包之前的记录",
    ),
    "absence.cure.unpack_logits": Message(
        "Open the trace that was packed, or pack that one again with its logits: {command}",
        "请打开打包之前的记录，或带上 logits 重新打包：{command}",
    ),
}
