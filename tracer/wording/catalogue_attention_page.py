"""The words of the attention page's controls, in English and Chinese; merged into `tracer.wording.catalogue`."""

from tracer.wording.message import Message

ATTENTION_PAGE = {
    "ui.page_attention": Message("Attention", "注意力"),
    "ui.attention_note": Message(
        "Attention shows where information was read, not why the token won; for that: contribution.",
        "注意力只说明从哪里读取了信息，不说明 token 为何胜出；原因请看贡献。",
    ),
    "ui.attention_badge": Message("computed from the recording", "由记录计算得出"),
    "ui.attention_first_share": Message("on the first token: {weight}", "在第一个 token 上：{weight}"),
    "ui.attention_show": Message("What is shown", "显示什么"),
    "ui.attention_weight": Message("weight", "权重"),
    "ui.attention_contribution": Message("contribution", "贡献"),
    "ui.attention_over": Message("How heads are put together", "多个注意力头如何合并"),
    "ui.attention_mean": Message("average", "平均"),
    "ui.attention_max": Message("largest", "最大值"),
    "ui.attention_layer": Message("layer", "层"),
    "ui.attention_head": Message("head", "注意力头"),
    "ui.attention_last_third": Message("last third ({first}–{last})", "最后三分之一（{first}–{last}）"),
    "ui.attention_all_layers": Message("all layers", "全部层"),
    "ui.attention_layer_number": Message("layer {layer}", "第 {layer} 层"),
    "ui.attention_all_heads": Message("all heads", "全部注意力头"),
    "ui.attention_head_number": Message("head {head}", "注意力头 {head}"),
    "ui.attention_set_aside": Message("set the chat template aside", "不计对话模板"),
    "ui.attention_text_hint": Message(
        "Click a token to see which heads looked at it.", "点一个 token，看哪些注意力头在看它。"
    ),
    "ui.attention_picked": Message("Selected: {token}.", "已选：{token}。"),
    "ui.attention_let_go": Message("let go", "取消选择"),
    "ui.attention_place": Message("{token} · place {place}", "{token} · 第 {place} 处"),
    "ui.attention_colors": Message("Colors, square root scale", "颜色（按平方根）"),
    "ui.attention_table": Message("show as table", "以表格显示"),
    "ui.attention_strongest": Message("the {count} strongest", "最强的 {count} 个"),
    "ui.attention_column_token": Message("token", "token"),
    "ui.attention_column_place": Message("place", "位置"),
    "ui.attention_column_weight": Message("weight", "权重"),
    "ui.attention_column_contribution": Message("contribution", "贡献"),
    "ui.attention_column_layer": Message("layer", "层"),
    "ui.attention_measure": Message("colored by", "着色依据"),
    "ui.attention_average": Message("average over all rows", "各行平均"),
    "ui.attention_grid": Message("All heads: layers down, heads across", "全部注意力头：纵向为层，横向为头"),
    "ui.attention_grid_keys": Message(
        "Arrow keys move, Enter selects, Escape lets go.", "方向键移动，Enter 选中，Esc 取消。"
    ),
    "ui.attention_cell_name": Message("L{layer} H{head}", "L{layer} H{head}"),
    "ui.attention_not_heard": Message("not recorded", "没有记录"),
    "ui.attention_thumbnails": Message(
        "maps of all heads of layer {layer}", "第 {layer} 层各注意力头的注意力图"
    ),
    "ui.attention_picture": Message("How one head is shown", "单个注意力头如何显示"),
    "ui.attention_map": Message("map", "注意力图"),
    "ui.attention_lines": Message("lines", "连线"),
    "ui.attention_map_keys": Message(
        "Wheel or + and − zoom, drag or Shift with arrow keys pans, arrow keys move the cell, Enter explains it.",
        "滚轮或 +、− 缩放，拖动或 Shift 加方向键平移；方向键移动单元格，Enter 查看说明。",
    ),
    "ui.attention_zoom_in": Message("Zoom in", "放大"),
    "ui.attention_zoom_out": Message("Zoom out", "缩小"),
    "ui.attention_zoom_whole": Message("Whole map", "整幅"),
    "ui.attention_zoom_box": Message("Zoom into a box", "框选放大"),
    "ui.attention_exact": Message("exact", "精确"),
    "ui.attention_max_of": Message("max of {factor} × {factor}", "{factor} × {factor} 中的最大值"),
    "ui.attention_window": Message(
        "rows {row0}–{row1}, columns {column0}–{column1}", "第 {row0}–{row1} 行，第 {column0}–{column1} 列"
    ),
    "ui.attention_rows": Message("token that looked (row)", "发出查询的 token（行）"),
    "ui.attention_columns": Message("token that it saw (column)", "它看到的 token（列）"),
    "ui.attention_weight_here": Message("{row} → {column}: {weight}", "{row} → {column}：{weight}"),
    "ui.attention_percent": Message("about {number} %", "约 {number}%"),
    "ui.attention_share": Message("{number} %", "{number}%"),
    "ui.attention_and_more": Message("{number} % or more", "{number}% 及以上"),
    "ui.attention_unseen": Message("the mask hides this", "掩码遮住了这里"),
    "ui.attention_beyond": Message("this row comes after the step", "这一行在这一步之后"),
    "ui.attention_legend_now": Message("row of this step", "这一步所在的行"),
    "ui.attention_legend_hidden": Message("hidden by the mask", "掩码遮住"),
    "ui.attention_legend_later": Message("after this step", "这一步之后"),
    "ui.attention_legend_window": Message("edge of the sliding window", "滑动窗口的边界"),
    "ui.attention_cell": Message("This cell", "这个单元格"),
    "ui.attention_cell_hint": Message(
        "Click a cell to see how its weight comes about.", "点一个单元格，看权重如何得出。"
    ),
    "ui.attention_copy_python": Message("copy as Python", "复制 Python"),
    "ui.attention_copied": Message("copied", "已复制"),
    "ui.attention_about_head": Message("About this head", "关于这个注意力头"),
    "ui.attention_heads_pushed": Message("Heads that pushed most", "推动最大的注意力头"),
    "ui.attention_lines_first": Message("on the first token", "在第一个 token 上"),
    "ui.attention_lines_looked": Message("looked", "发出查询"),
    "ui.attention_lines_seen": Message("was seen", "查询到的"),
    "ui.attention_threshold": Message("lines from", "权重不低于"),
    "ui.attention_loading": Message("Loading", "加载中"),
    "ui.attention_layers_missing": Message("Layers {layers}: {reason}", "第 {layers} 层：{reason}"),
}
"""Key → text in both languages."""
