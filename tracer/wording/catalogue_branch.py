"""The words of a step whose token a branch forced, and of a branch beside its parent, in English and Chinese.

Merged into `tracer.wording.catalogue`, which says how an entry is written.
"""

from tracer.wording.message import Message

BRANCH = {
    "forced": Message(
        "The branch set {chosen} here; the settings gave it {probability}.",
        "分支在这里指定了 {chosen}；按设置，它的概率是 {probability}。",
    ),
    "draw_forced": Message(
        "Draw: the branch set the token, so no draw decided it.",
        "抽样：分支指定了这个 token，不由抽样决定。",
    ),
    "branch.title": Message("Branch at step {step}: {change}", "在第 {step} 步分支：{change}"),
    "branch.token": Message("token {token}", "token {token}"),
    "branch.seed": Message("seed {seed}", "种子 {seed}"),
    "branch.nothing": Message("nothing changed", "没有改动"),
    "branch.mark": Message("leaves at step {step}", "从第 {step} 步起分开"),
    "branch.shared": Message("the same in both", "两者相同"),
    "branch.parent": Message("recorded", "原记录"),
    "branch.branch": Message("branch", "分支"),
    "branch.differs": Message("The tokens differ from step {step} on.", "从第 {step} 步起，token 不同。"),
    "branch.same": Message(
        "As far as both go, the tokens are the same.", "在两者都有的步上，token 全部相同。"
    ),
    "branch.other_bits": Message(
        "Even before it the raw logits have other bits: other weights, another machine or other versions.",
        "分支之前的原始 logits 就已逐位不同：权重、机器或版本不一样。",
    ),
    "branch.too_short": Message(
        "The branch ended before the step at which it leaves.", "分支在分开的那一步之前就结束了。"
    ),
    "branch.empty": Message("No step was recorded.", "没有记录任何一步。"),
}
