"""The words of a step whose token a branch forced, in English and Chinese; merged into `tracer.wording.catalogue`."""

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
}
