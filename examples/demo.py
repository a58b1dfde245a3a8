"""`make demo`: records three real answers of the demo model, one trace each, and shows the first's steps."""

import torch

import tracer
from tracer.cli.console import TokenProgress, print_answer, progress_line
from tracer.cli.recording import quiet_transformers
from tracer.cli.results import print_result, result_line
from tracer.cli.tables import plain_text
from tracer.live.loading.prompts import prepare_prompt

SAMPLING = {
    "do_sample": True,
    "temperature": 0.8,
    "top_k": 50,
    "top_p": 0.9,
    "repetition_penalty": 1.1,
}
RUNS = {
    "runs/english.trace": ("Write one sentence about rain.", SAMPLING | {"max_new_tokens": 40}),
    "runs/chinese-1.trace": ("为什么要减少污染,保护环境?", SAMPLING | {"max_new_tokens": 32}),
    "runs/chinese-2.trace": ("你有什么建议?", {"do_sample": False, "max_new_tokens": 32}),
}


def main() -> None:
    """Loads the model once, records every run, and prints what came out."""
    torch.set_num_threads(1)  # so small a model gains nothing from more, and loses much on a busy machine
    with quiet_transformers(), progress_line() as line:
        model, tokenizer = tracer.load_model("demo", device="cpu", progress=line.report)
        for path, (text, settings) in RUNS.items():
            prompt = prepare_prompt(model, tokenizer, text)
            torch.manual_seed(3)
            streamer = TokenProgress(line, settings["max_new_tokens"])
            with tracer.record(model, tokenizer, to=path, overwrite=True, messages=prompt.messages):
                model.generate(**prompt.inputs, **settings, streamer=streamer)
    english, *chinese = RUNS
    for path in chinese:
        trace = tracer.open_trace(path)
        question, answer = RUNS[path][0], trace.calls[0].sequences[0].text
        print_answer(plain_text(f"{question}\n{answer}"), plain_text(f"{result_line(trace)}\n"))
    print_answer(
        plain_text("The demo model knows hardly any Chinese; these traces show characters as byte tokens.\n")
    )
    print_answer(plain_text(RUNS[english][0]))
    print_result(tracer.open_trace(english))


if __name__ == "__main__":
    main()
