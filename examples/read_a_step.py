"""Reads one step of a trace: inputs, KV cache, streams, attention, logits and scores. Needs no torch and no model.

python examples/read_a_step.py runs/rain.trace 10
"""

import sys

import tracer

path = sys.argv[1] if len(sys.argv) > 1 else "runs/rain.trace"
index = int(sys.argv[2]) if len(sys.argv) > 2 else 10

step = tracer.open_trace(path).steps[index]
print(
    f"step {step.index}, {step.phase}: {step.token!r}, probability {step.probability:.3f}, rank {step.rank}"
)

for name, given in step.inputs.items():
    print(f"  input {name}: {given.dtype} {given.shape or ''}")
print(f"  cache {step.cache.class_name}: {len(step.cache.layers)} layers, {step.kv_len} positions each")

streams = step.hidden_states()
print(f"  hidden_states: (layers + 1, positions, hidden) = {streams.shape}")

weights = step.attention(layer=5, head=2)[-1]
queries, keys = step.attention_positions(layer=5)
print(f"  attention, layer 5, head 2: position {queries[-1]} looks most at position {keys[weights.argmax()]}")

for stage, name in enumerate(step.call.stage_names):
    score = step.after(stage)[step.token_id]
    print(f"  {name}: score {score:.2f}, {step.survivors[stage]:,} tokens left")
