"""Records one `generate` call. Nothing about the call changes: the same tokens come out without the `with` line.

python examples/record_a_call.py runs/rain.trace
"""

import sys

import torch

import tracer

path = sys.argv[1] if len(sys.argv) > 1 else "runs/rain.trace"
model, tokenizer = tracer.load_model("demo")  # any transformers model does; this one needs no network

messages = [{"role": "user", "content": "Write one sentence about rain."}]
inputs = tokenizer.apply_chat_template(
    messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
).to(model.device)

torch.manual_seed(3)
with tracer.record(model, tokenizer, to=path, overwrite=True):
    model.generate(
        **inputs,
        max_new_tokens=20,
        do_sample=True,
        temperature=0.8,
        top_k=50,
        top_p=0.9,
        repetition_penalty=1.1,
    )

trace = tracer.open_trace(path)
print(trace.calls[0].sequences[0].text)
print(f"{trace.path}: {trace.status}, {len(trace.steps)} steps, {trace.nbytes / 1e6:.1f} MB")
