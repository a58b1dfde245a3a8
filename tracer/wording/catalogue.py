"""Every sentence and word that people read, in English and Chinese, under one key each.

Placeholders are named and the same in both languages; a sentence is one entry per language, never put
together from pieces. Chinese has a space between Chinese and Latin letters or digits, none before full-width
punctuation or %. Holds no logic; `tracer.wording.composition` fills the placeholders.
"""

from types import MappingProxyType

from tracer.wording.catalogue_absence import ABSENCE
from tracer.wording.catalogue_alternative import ALTERNATIVE
from tracer.wording.catalogue_attention import ATTENTION
from tracer.wording.catalogue_attention_page import ATTENTION_PAGE
from tracer.wording.catalogue_attribution import ATTRIBUTION
from tracer.wording.catalogue_bar import BAR
from tracer.wording.catalogue_branch import BRANCH
from tracer.wording.catalogue_class import CLASS
from tracer.wording.catalogue_compare_page import COMPARE_PAGE
from tracer.wording.catalogue_comparison import COMPARISON
from tracer.wording.catalogue_dashboard import DASHBOARD
from tracer.wording.catalogue_documents import DOCUMENTS
from tracer.wording.catalogue_expectation import EXPECTATION
from tracer.wording.catalogue_export import EXPORT
from tracer.wording.catalogue_figures import FIGURES
from tracer.wording.catalogue_inside import INSIDE
from tracer.wording.catalogue_inside_page import INSIDE_PAGE
from tracer.wording.catalogue_lens import LENS
from tracer.wording.catalogue_lesson import LESSON
from tracer.wording.catalogue_lint import LINT
from tracer.wording.catalogue_model import MODEL
from tracer.wording.catalogue_notebook import NOTEBOOK
from tracer.wording.catalogue_paths import PATHS
from tracer.wording.catalogue_picture import PICTURE
from tracer.wording.catalogue_picture_files import PICTURE_FILES
from tracer.wording.catalogue_reasons import REASONS
from tracer.wording.catalogue_redraws import REDRAWS
from tracer.wording.catalogue_run_page import RUN_PAGE
from tracer.wording.catalogue_sources import SOURCES
from tracer.wording.catalogue_step_page import STEP_PAGE
from tracer.wording.catalogue_strip import STRIP
from tracer.wording.catalogue_walkthrough import WALKTHROUGH
from tracer.wording.message import Message

_SENTENCES = {
    "favored": Message(
        "The model favored {favorite} ({probability}).",
        "模型最看好 {favorite}（{probability}）。",
    ),
    "favored_stop": Message(
        "The model wanted to stop: it favored {favorite} ({probability}).",
        "模型想在这里结束，最看好 {favorite}（{probability}）。",
    ),
    "cut_repeated": Message(
        "It already occurs in the text, so {setting} cut it to {after}.",
        "它在前文出现过，{setting} 将其降到 {after}。",
    ),
    "cut_repeated_then_left": Message(
        "It already occurs in the text, so {setting} cut it to {after}. "
        "{filters} left {left} of {total} tokens.",
        "它在前文出现过，{setting} 将其降到 {after}；经 {filters} 筛选，{total} 个 token 只剩 {left} 个。",
    ),
    "cut": Message(
        "{setting} cut it to {after}.",
        "{setting} 将其降到 {after}。",
    ),
    "cut_then_left": Message(
        "{setting} cut it to {after}. {filters} left {left} of {total} tokens.",
        "{setting} 将其降到 {after}；经 {filters} 筛选，{total} 个 token 只剩 {left} 个。",
    ),
    "raised": Message(
        "{setting} raised it to {after}.",
        "{setting} 将其升到 {after}。",
    ),
    "raised_then_left": Message(
        "{setting} raised it to {after}. {filters} left {left} of {total} tokens.",
        "{setting} 将其升到 {after}；经 {filters} 筛选，{total} 个 token 只剩 {left} 个。",
    ),
    "cut_special": Message(
        "The prompt already contains it, so {setting} cut it to {after}.",
        "提示词里已有它，{setting} 将其降到 {after}。",
    ),
    "cut_special_then_left": Message(
        "The prompt already contains it, so {setting} cut it to {after}. "
        "{filters} left {left} of {total} tokens.",
        "提示词里已有它，{setting} 将其降到 {after}；经 {filters} 筛选，{total} 个 token 只剩 {left} 个。",
    ),
    "raised_by_cuts": Message(
        "{setting} cut other tokens, which raised it to {after}.",
        "{setting} 压低了其他 token，它升到 {after}。",
    ),
    "raised_by_cuts_then_left": Message(
        "{setting} cut other tokens, which raised it to {after}. {filters} left {left} of {total} tokens.",
        "{setting} 压低了其他 token，它升到 {after}；经 {filters} 筛选，{total} 个 token 只剩 {left} 个。",
    ),
    "removed": Message(
        "{setting} ruled it out.",
        "{setting} 把它排除了。",
    ),
    "removed_then_left": Message(
        "{setting} ruled it out. {filters} left {left} of {total} tokens.",
        "{setting} 把它排除了；经 {filters} 筛选，{total} 个 token 只剩 {left} 个。",
    ),
    "chosen_raised": Message(
        "{setting} raised {chosen} from {before} to {after}.",
        "{setting} 把 {chosen} 从 {before} 升到 {after}。",
    ),
    "chosen_raised_then_left": Message(
        "{setting} raised {chosen} from {before} to {after}. {filters} left {left} of {total} tokens.",
        "{setting} 把 {chosen} 从 {before} 升到 {after}；"
        "经 {filters} 筛选，{total} 个 token 只剩 {left} 个。",
    ),
    "left": Message(
        "{filters} left {left} of {total} tokens.",
        "经 {filters} 筛选，{total} 个 token 只剩 {left} 个。",
    ),
    "only_one": Message(
        "Only {chosen} was left.",
        "可选的只有 {chosen}。",
    ),
    "only_one_after": Message(
        "{filters} left only {chosen} of {total} tokens.",
        "经 {filters} 筛选，{total} 个 token 只剩 {chosen}。",
    ),
    "drew_favorite": Message(
        "The draw took the favorite ({probability}).",
        "最终抽中的正是它（{probability}）。",
    ),
    "drew": Message(
        "The draw took {chosen} ({probability}).",
        "最终抽中 {chosen}（{probability}）。",
    ),
    "drew_by_luck": Message(
        "By luck the draw took {chosen} ({probability}), not {winner} ({winner_probability}).",
        "抽样碰巧选中 {chosen}（{probability}），而不是 {winner}（{winner_probability}）。",
    ),
    "took_favorite": Message(
        "Greedy decoding took the favorite ({probability}), ahead of {second} ({second_probability}).",
        "贪心解码选了它（{probability}），第二名是 {second}（{second_probability}）。",
    ),
    "took": Message(
        "Greedy decoding took {chosen} ({probability}), ahead of {second} ({second_probability}).",
        "贪心解码选了 {chosen}（{probability}），第二名是 {second}（{second_probability}）。",
    ),
    "stopped_at_token": Message(
        "Generation stopped: {chosen} ends the text.",
        "{chosen} 是结束符，生成到此停止。",
    ),
    "stopped_at_length": Message(
        "Generation stopped at the maximum length of {limit} tokens.",
        "已达到最大长度 {limit} 个 token，生成到此停止。",
    ),
    "stopped_by": Message(
        "Generation stopped: {criterion} asked for it.",
        "{criterion} 要求停止，生成到此结束。",
    ),
}

_TABLE = {
    "column_token": Message("token", "token"),
    "column_model": Message("Model", "模型"),
    "column_draw": Message("Draw", "抽样"),
    "tokens_left": Message("{count} left", "剩 {count} 个"),
    "mass_removed": Message("{mass} cut off", "去掉 {mass}"),
    "removed_cell": Message("removed", "已去掉"),
    "other_tokens": Message("other tokens", "其余 token"),
    "other_cell": Message("{mass}, 1 token", "{mass}，1 个"),
    "others_cell": Message("{mass}, {count} tokens", "{mass}，{count} 个"),
    "legend": Message(
        "Each cell: probability, score, rank (#1 is the best). ✓ the chosen token, ○ the model's favorite.",
        "每格依次为概率、分数、排名（#1 最高）。✓ 是选中的 token，○ 是模型最看好的 token。",
    ),
    "no_effect": Message("No effect at this step: {settings}.", "这一步没有作用：{settings}。"),
    "draw_race": Message(
        "Draw: each token has ln p + luck, the highest wins. "
        "{first} has {finish}, {margin} more than {second}.",
        "抽样：每个 token 的值是 ln p + 运气，最大者胜。{first} 为 {finish}，比 {second} 高 {margin}。",
    ),
    "draw_race_at_least": Message(
        "Draw: each token has ln p + luck, the highest wins. "
        "{first} has {finish}, {margin} more than {second}, "
        "the second among the tokens whose luck was recorded.",
        "抽样：每个 token 的值是 ln p + 运气，最大者胜。{first} 为 {finish}，"
        "比 {second} 高 {margin}（只在记录了运气的 token 中比较）。",
    ),
    "draw_race_alone": Message(
        "Draw: {first} was the only token left.",
        "抽样：只剩下 {first}。",
    ),
    "draw_race_differs": Message(
        "The recorded luck points to {first}, but the recorded token is {chosen}: check this trace.",
        "按记录的运气应是 {first}，但记录的 token 是 {chosen}：请检查这份记录。",
    ),
    "draw_unknown": Message(
        "Draw: the luck of the tokens was not recorded.",
        "抽样：没有记录各 token 的运气。",
    ),
    "draw_greedy": Message(
        "Greedy decoding: the highest score wins. {first} leads {second} by {margin}.",
        "贪心解码：分数最高者胜。{first} 比 {second} 高 {margin}。",
    ),
    "draw_greedy_alone": Message(
        "Greedy decoding: {first} was the only token left.",
        "贪心解码：只剩下 {first}。",
    ),
    "greedy_same": Message(
        "Greedy decoding would have chosen {winner} too.",
        "换成贪心解码，也会选 {winner}。",
    ),
    "greedy_other": Message(
        "Greedy decoding would have chosen {winner} ({probability}).",
        "换成贪心解码，会选 {winner}（{probability}）。",
    ),
    "went_on": Message("Why it went on: {reasons}.", "为什么继续：{reasons}。"),
    "stopped": Message("Why it stopped: {reasons}.", "为什么停止：{reasons}。"),
    "length_goes_on": Message("{count} of at most {limit} tokens", "至多 {limit} 个 token，现有 {count} 个"),
    "length_stops": Message("the maximum of {limit} tokens is reached", "已到最大长度 {limit} 个 token"),
    "token_goes_on": Message("{chosen} is no stop token", "{chosen} 不是结束符"),
    "token_stops": Message("{chosen} is a stop token", "{chosen} 是结束符"),
    "time_goes_on": Message("the limit of {limit} s is not reached", "未到 {limit} 秒的时限"),
    "time_stops": Message("the limit of {limit} s is reached", "已到 {limit} 秒的时限"),
    "string_goes_on": Message("no stop string has appeared", "没有出现停止字符串"),
    "string_stops": Message("a stop string has appeared", "出现了停止字符串"),
    "other_goes_on": Message("{criterion} lets it go on", "{criterion} 允许继续"),
    "other_stops": Message("{criterion} asks to stop", "{criterion} 要求停止"),
    "no_criteria": Message("No stopping criterion was recorded.", "没有记录停止条件。"),
}

_NUMBERS = {
    "percent": Message("{number} %", "{number}%"),
    "almost_all": Message("over 99.9 %", "超过 99.9%"),
    "one_in": Message("1 in {number}", "{number} 分之 1"),
    "less_than_one_in": Message("less than 1 in {number}", "不到 {number} 分之 1"),
    "list_pair": Message("{first} and {last}", "{first}、{last}"),
    "list_more": Message("{first}, {rest}", "{first}、{rest}"),
    "clause_pair": Message("{first}; {last}", "{first}；{last}"),
    "clause_more": Message("{first}; {rest}", "{first}；{rest}"),
    "setting_with_value": Message("{name} {value}", "{name} {value}"),
}

_SETTINGS = {
    "setting.bad_words_ids": Message("the bad-words list", "禁用词表"),
    "setting.begin_suppress_tokens": Message("suppression at the beginning", "开头屏蔽表"),
    "setting.encoder_no_repeat_ngram_size": Message("encoder no-repeat n-gram", "编码器 no-repeat n-gram"),
    "setting.encoder_repetition_penalty": Message("encoder repetition penalty", "编码器重复惩罚"),
    "setting.epsilon_cutoff": Message("epsilon cutoff", "epsilon 截断"),
    "setting.eta_cutoff": Message("eta cutoff", "eta 截断"),
    "setting.exponential_decay_length_penalty": Message("length penalty", "长度惩罚"),
    "setting.forced_bos_token_id": Message("forced first token", "强制首个 token"),
    "setting.forced_eos_token_id": Message("forced last token", "强制末尾 token"),
    "setting.guidance_scale": Message("guidance", "引导强度"),
    "setting.min_length": Message("minimum length", "最短长度"),
    "setting.min_new_tokens": Message("minimum of new tokens", "最少新 token 数"),
    "setting.min_p": Message("min-p", "min-p"),
    "setting.no_repeat_ngram_size": Message("no-repeat n-gram", "no-repeat n-gram"),
    "setting.prefix_allowed_tokens_fn": Message("the allowed-tokens function", "允许 token 函数"),
    "setting.remove_invalid_values": Message("removal of invalid values", "清除无效值"),
    "setting.renormalize_logits": Message("renormalization", "重新归一化"),
    "setting.repetition_penalty": Message("repetition penalty", "重复惩罚"),
    "setting.sequence_bias": Message("sequence bias", "序列偏置"),
    "setting.suppress_tokens": Message("the suppressed-tokens list", "屏蔽 token 表"),
    "setting.temperature": Message("temperature", "温度"),
    "setting.top_h": Message("top-h", "top-h"),
    "setting.top_k": Message("top-k", "top-k"),
    "setting.top_p": Message("top-p", "top-p"),
    "setting.typical_p": Message("typical-p", "typical-p"),
    "setting.watermarking_config": Message("the watermark", "水印"),
}

CATALOGUE = MappingProxyType(
    {
        **_SENTENCES,
        **_TABLE,
        **_NUMBERS,
        **_SETTINGS,
        **ABSENCE,
        **ALTERNATIVE,
        **ATTENTION,
        **ATTENTION_PAGE,
        **ATTRIBUTION,
        **INSIDE,
        **INSIDE_PAGE,
        **LENS,
        **LESSON,
        **SOURCES,
        **BRANCH,
        **CLASS,
        **DOCUMENTS,
        **EXPECTATION,
        **EXPORT,
        **FIGURES,
        **REASONS,
        **REDRAWS,
        **COMPARE_PAGE,
        **COMPARISON,
        **DASHBOARD,
        **STEP_PAGE,
        **RUN_PAGE,
        **STRIP,
        **BAR,
        **MODEL,
        **NOTEBOOK,
        **PATHS,
        **PICTURE,
        **PICTURE_FILES,
        **LINT,
        **WALKTHROUGH,
    }
)
"""Key → text in both languages."""
