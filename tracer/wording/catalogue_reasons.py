"""What each setting did to the leading tokens, and how large the luck was: words for below the table of `why`.

Part of `tracer.wording.catalogue`, under the same rules. Holds no logic.
"""

from tracer.wording.message import Message

REASONS = {
    "effect.line": Message("{setting}: {effects}.", "{setting}：{effects}。"),
    "effect.changed": Message("{token} {before} → {after}", "{token} {before} → {after}"),
    "effect.calculated": Message(
        "{token} {before} → {after} ({arithmetic})", "{token} {before} → {after}（{arithmetic}）"
    ),
    "effect.removed": Message("{token} {before} → removed", "{token} {before} → 去掉"),
    "luck.of_chosen": Message(
        "Luck: {chosen} had {luck}; a token has at least that in {share} of draws.",
        "运气：{chosen} 为 {luck}；一个 token 在 {share} 的抽样中至少有这么大的运气。",
    ),
    "luck.of_both": Message(
        "Luck: {chosen} had {luck}; a token has at least that in {share} of draws. "
        "{winner} led by {lead} in ln p and had {winner_luck}.",
        "运气：{chosen} 为 {luck}；一个 token 在 {share} 的抽样中至少有这么大的运气。"
        "{winner} 的 ln p 高 {lead}，运气为 {winner_luck}。",
    ),
}
"""Key → text in both languages."""
