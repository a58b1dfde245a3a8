"""Explains why a token was chosen: in words, stage by stage, and by what pushed its logit up. Needs no torch.

python examples/explain_a_token.py runs/rain.trace 10
"""

import sys

import tracer

path = sys.argv[1] if len(sys.argv) > 1 else "runs/rain.trace"
index = int(sys.argv[2]) if len(sys.argv) > 2 else 10

step = tracer.open_trace(path).steps[index]
print(tracer.why(step))
print(tracer.why(step, lang="zh").sentences())

accounting = step.accounting
column = list(accounting.ids).index(step.token_id)
shares = sorted(
    zip(accounting.parts, accounting.shares[:, column], strict=True), key=lambda pair: -abs(pair[1])
)
print(
    f"\nWhat pushed the logit of {step.token!r} to {step.logits[step.token_id]:.2f}, the largest shares first:"
)
for part, share in shares[:8]:
    print(f"  {share:+7.2f}  {part}")
