"""The words of the page that compares two texts, A and B; merged into `tracer.wording.catalogue`."""

from tracer.wording.message import Message

COMPARE_PAGE = {
    "ui.page_compare": Message("Compare", "对比"),
    "ui.compare_with": Message("Compare with (B)", "对比对象（B）"),
    "ui.compare_parent": Message("its parent", "它的父记录"),
    "ui.compare_itself": Message("the one on screen", "当前这份"),
    "ui.compare_swap": Message("Swap A and B", "交换 A 与 B"),
    "ui.compare_nothing": Message(
        "There is only one trace here. Record a second one, or branch off from a step of this one.",
        "这里只有一份记录。请再记录一次，或从这份记录的某一步建立分支。",
    ),
    "ui.compare_to_run": Message("Record another run", "再记录一次"),
    "ui.compare_to_branch": Message("Go to the step and branch off", "到单步页建立分支"),
    "ui.compare_samples": Message(
        "These are samples of two different prompts. Record a second trace on the page Run to compare your own.",
        "这是两个提示词不同的示例。请到运行页再记录一次，对比自己的结果。",
    ),
    "ui.link_no_with": Message(
        "The link names a second trace that is not here; another one is shown.",
        "链接里的第二份记录不在这里，改为显示另一份。",
    ),
    "ui.link_no_with_part": Message(
        "The second trace has no such call or row; its first one is shown.",
        "第二份记录没有这个调用或行，改为显示第一个。",
    ),
    "ui.link_no_with_call": Message(
        "The link names a call of the second trace that is no number.", "链接里第二份记录的调用不是数字。"
    ),
    "ui.link_no_with_row": Message(
        "The link names a row of the second trace that is no number.", "链接里第二份记录的行不是数字。"
    ),
    "ui.compare_region": Message("Two texts compared", "两段文本的对比"),
    "ui.compare_strips": Message("Both texts, step by step", "两段文本，逐步对照"),
    "ui.compare_go": Message("Go to the first divergence (step {step})", "到首个分歧点（第 {step} 步）"),
    "ui.compare_go_end": Message("Go to the last step of A (step {step})", "到 A 的最后一步（第 {step} 步）"),
    "ui.compare_legend_shared": Message("common beginning", "共同的开头"),
    "ui.compare_legend_parts": Message("first divergence", "首个分歧点"),
    "ui.compare_legend_other": Message("other tokens", "token 不同"),
    "ui.compare_legend_same": Message("the same token again", "token 又相同"),
    "ui.compare_legend_alone": Message("the other has ended", "另一方已结束"),
    "ui.compare_legend_forced": Message("taken over or set in a branch", "分支沿用或指定"),
    "ui.compare_pair": Message("step {step}, {mark}: A {a}, B {b}", "第 {step} 步，{mark}：A {a}，B {b}"),
    "ui.compare_ended": Message("ended", "已结束"),
    "ui.compare_token_of": Message(
        "{side}: {token} · model {model} → after settings {after}",
        "{side}：{token} · 模型 {model} → 设置之后 {after}",
    ),
    "ui.compare_step": Message("step {step}", "第 {step} 步"),
    "ui.compare_beyond": Message(
        "A has ended before this step; swap A and B to step there.",
        "A 在这一步之前已结束；交换 A 与 B 后可以走到这里。",
    ),
    "ui.compare_token": Message("token", "token"),
    "ui.compare_chosen": Message("chosen", "选中"),
    "ui.compare_curve": Message("How far apart the predictions are, over the steps", "两个预测逐步相差多远"),
    "ui.compare_curve_at": Message("step {step} of {count}: {text}", "第 {step} 步，共 {count} 步：{text}"),
    "ui.compare_kl_here": Message(
        "Step {step}: {model_name} {model}, {final_name} {final}.",
        "第 {step} 步：{model_name} {model}，{final_name} {final}。",
    ),
    "ui.compare_kl_here_delta": Message(
        "Step {step}: {model_name} {model}, {final_name} {final}. Single logits differ by up to {delta}.",
        "第 {step} 步：{model_name} {model}，{final_name} {final}。单个 logit 最多相差 {delta}。",
    ),
    "ui.compare_kl_not_here": Message("Step {step}: KL unknown.", "第 {step} 步：KL 未知。"),
    "ui.compare_kl_unknown": Message("unknown", "未知"),
    "ui.compare_kl_partly": Message(
        "Unknown at {count} steps: the logits were not recorded in both.",
        "有 {count} 步未知：没有在双方都记录 logits。",
    ),
    "ui.compare_kl_no_steps": Message("There is no step that both have.", "没有双方都有的步骤。"),
    "ui.compare_kl_progress": Message("Computed {done} of {count} steps", "已计算 {done} 步，共 {count} 步"),
    "ui.compare_kl_infinite": Message("▲ infinite", "▲ 无穷大"),
    "ui.compare_delta": Message("largest difference of logits", "logits 最大差值"),
    "ui.compare_column_step": Message("step", "步"),
    "ui.compare_as_table": Message("As a table", "以表格显示"),
    "ui.compare_differences": Message("What else differs", "其他差别"),
}
