"""The words of the page that records, and of recordings in the background; merged into `tracer.wording.catalogue`."""

from tracer.wording.message import Message

RUN_PAGE = {
    "ui.page_run": Message("Run", "运行"),
    "ui.run_model": Message("Model", "模型"),
    "ui.run_model_help": Message(
        "demo, a model of the hub's cache, a local folder or a hub id. "
        "A hub id that is not on this machine is downloaded.",
        "可选 demo、本机 hub 缓存里的模型、本地文件夹或 hub id。本机没有的 hub id 会先下载。",
    ),
    "ui.run_kind": Message("How the prompt is sent", "提示词的发送方式"),
    "ui.run_chat": Message("chat template", "对话模板"),
    "ui.run_plain": Message("as it is", "原样发送"),
    "ui.run_system": Message("System text (optional)", "系统提示（可不填）"),
    "ui.run_preset": Message("What to record", "记录多少内容"),
    "ui.preset_light": Message("tables only: tokens, probabilities, ranks", "只记表格：token、概率、排名"),
    "ui.preset_standard": Message(
        "logits, scores, attention and the stream where tokens are chosen",
        "logits、scores、注意力，以及选 token 位置的残差流",
    ),
    "ui.preset_full": Message("everything, at all positions", "所有位置的全部内容"),
    "ui.run_planned": Message(
        "The trace will take {lower} to {upper}, for about {count} prompt tokens.",
        "按提示词约 {count} 个 token 计算，记录将占 {lower} 到 {upper}。",
    ),
    "ui.run_planned_exactly": Message(
        "The trace will take about {lower}, for about {count} prompt tokens.",
        "按提示词约 {count} 个 token 计算，记录将占约 {lower}。",
    ),
    "ui.run_name": Message("Name of the trace", "记录的名称"),
    "ui.run_bad_name": Message(
        "A name has letters, digits, spaces, dots, dashes and underscores, and does not begin with a dot.",
        "名称只能用字母、数字、空格、点、短横线和下划线，且不能以点开头。",
    ),
    "ui.run_start": Message("Generate and record", "生成并记录"),
    "ui.run_stop": Message("Stop", "停止"),
    "ui.run_again": Message("Back to the form", "返回表单"),
    "ui.run_open": Message("Open what was recorded", "打开已记录的部分"),
    "ui.run_limit": Message("Most new tokens", "最多生成的 token 数"),
    "ui.run_seed": Message("Random seed", "随机种子"),
    "ui.run_sample": Message("Sample", "采样"),
    "ui.run_as_model": Message("model's own", "模型默认"),
    "ui.job_loading": Message("Loading the model", "正在加载模型"),
    "ui.job_generating": Message("Generating", "正在生成"),
    "ui.job_writing": Message("Writing the trace", "正在写入记录"),
    "ui.job_done": Message("Done", "完成"),
    "ui.job_stopped": Message("Stopped", "已停止"),
    "ui.job_failed": Message("It could not be recorded", "未能完成记录"),
    "ui.tab_branch": Message("Try another path from here", "从这里走另一条路"),
    "ui.branch_token": Message("Token to take in place of {token}", "用哪个 token 代替 {token}"),
    "ui.branch_as_recorded": Message("as recorded", "与记录相同"),
    "ui.branch_redraw": Message("Draw again from here on, with this seed", "从这里起用此种子重新抽样"),
    "ui.branch_start": Message("Continue with the model", "用模型继续生成"),
    "ui.branch_busy": Message("Another recording is still running.", "另一份记录还在进行中。"),
    "ui.branch_note": Message(
        "The model {model} is loaded, the recorded text is replayed up to step {step}, then it goes on for real.",
        "加载模型 {model}，按记录重放到第 {step} 步，然后真正继续生成。",
    ),
}
