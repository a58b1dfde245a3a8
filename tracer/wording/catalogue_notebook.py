"""The words with which values show themselves in notebooks."""

from tracer.wording.message import Message

NOTEBOOK = {
    "notebook.trace_facts": Message(
        "{model} · generate calls: {calls} · {size} · {status}",
        "{model} · generate 调用：{calls} 次 · {size} · {status}",
    ),
    "notebook.status_complete": Message("complete", "完整"),
    "notebook.status_interrupted": Message("interrupted", "中断"),
    "notebook.status_faulted": Message("recorded with a fault", "记录时出过错"),
    "notebook.status_recording": Message("still recording", "仍在记录"),
    "notebook.call_facts": Message(
        "Call {call} · {mode} · rows: {rows} · {stages}", "调用 {call} · {mode} · 行数：{rows} · {stages}"
    ),
    "notebook.step": Message("Step {step} ({phase})", "第 {step} 步（{phase}）"),
    "notebook.prefill": Message("reading the prompt", "预填充"),
    "notebook.decode": Message("writing one token", "解码"),
    "notebook.prompt": Message("Prompt", "提示词"),
    "notebook.answer": Message("Answer", "回答"),
    "notebook.go_on": Message("Go on with ", "接着试试："),
    "notebook.more": Message("and {count} more", "另有 {count} 项"),
    "notebook.no_findings": Message("Nothing found.", "没有发现问题。"),
    "notebook.column_call": Message("call", "调用"),
    "notebook.column_row": Message("row", "行"),
    "notebook.column_rows": Message("rows", "行数"),
    "notebook.column_mode": Message("mode", "模式"),
    "notebook.column_steps": Message("steps", "步数"),
    "notebook.column_text": Message("text", "文本"),
    "notebook.column_token": Message("token", "token"),
    "notebook.column_before": Message("as recorded", "记录值"),
    "notebook.column_after": Message("then", "改后"),
    "notebook.column_severity": Message("severity", "严重程度"),
    "notebook.column_found": Message("found", "发现"),
    "notebook.column_remedy": Message("what to do", "怎么办"),
    "notebook.column_place": Message("where", "位置"),
    "notebook.column_head": Message("head", "注意力头"),
    "notebook.column_value": Message("push (logit)", "贡献（logit）"),
    "notebook.column_layer": Message("after", "层"),
    "notebook.column_probability": Message("probability", "概率"),
    "notebook.column_position": Message("position", "位置编号"),
    "notebook.is_chosen": Message("chosen then", "当时选中"),
    "notebook.is_answer": Message("would be chosen", "会选中它"),
}
