"""What recording costs: the time of `generate` with each preset, as a ratio to the bare call.

Every round runs all variants once, in a new order, on the same prompt and seed; a ratio is taken within its round
and the table shows medians, because a busy machine moves absolute times. Run it with `make bench-overhead`.
"""

import argparse
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

import tracer

PROMPT_LENGTHS = (32, 512, 1111)
SETTINGS = {"do_sample": True, "temperature": 0.8, "top_k": 50, "top_p": 0.9, "repetition_penalty": 1.1}
FLAGS = {
    "return_dict_in_generate": True,
    "output_logits": True,
    "output_scores": True,
    "output_hidden_states": True,
}


@dataclass(frozen=True, slots=True)
class Workload:
    """One model, one prompt, so many new tokens."""

    model: Any
    tokenizer: Any
    input_ids: torch.Tensor
    new_tokens: int

    def generate(self, **flags: Any) -> None:
        """Runs the call from a fixed seed, to its last token on the device."""
        torch.manual_seed(3)
        mask = torch.ones_like(self.input_ids)
        self.model.generate(
            self.input_ids,
            attention_mask=mask,
            max_new_tokens=self.new_tokens,
            min_new_tokens=self.new_tokens,
            **SETTINGS,
            **flags,
        )
        if self.input_ids.device.type == "cuda":
            torch.cuda.synchronize()


def timed(action: Callable[[], None]) -> float:
    """Returns how many seconds `action` took."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def timed_recording(work: Workload, preset: str, folder: Path) -> tuple[float, float]:
    """Returns the seconds of `generate` inside the block, and those of the whole block with its last write."""
    target = folder / f"{preset}.trace"
    began = time.perf_counter()
    with tracer.record(work.model, work.tokenizer, to=target, preset=preset, overwrite=True):
        inside = timed(work.generate)
    whole = time.perf_counter() - began
    shutil.rmtree(target)
    return inside, whole


def measure(work: Workload, rounds: int, folder: Path) -> dict[str, list[float]]:
    """Returns per variant its ratio to the bare call of the same round."""
    variants: dict[str, Callable[[], tuple[float, float]]] = {
        "output_* flags": lambda: (timed(lambda: work.generate(**FLAGS)),) * 2,
        "light": lambda: timed_recording(work, "light", folder),
        "standard": lambda: timed_recording(work, "standard", folder),
        "full": lambda: timed_recording(work, "full", folder),
    }
    ratios: dict[str, list[float]] = {name: [] for name in ("bare, again", *variants)}
    whole: dict[str, list[float]] = {f"{name}, block": [] for name in list(variants)[1:]}
    for _ in range(rounds):
        bare = timed(work.generate)
        order = list(variants)
        random.shuffle(order)
        for name in order:
            inside, block = variants[name]()
            ratios[name].append(inside / bare)
            if name != "output_* flags":
                whole[f"{name}, block"].append(block / bare)
        ratios["bare, again"].append(timed(work.generate) / bare)
    return {**ratios, **whole}


def table_of(results: dict[int, dict[str, list[float]]], title: str) -> Table:
    """Returns the table of medians, with the quartiles behind them."""
    table = Table(title=title)
    table.add_column("variant")
    for length in results:
        table.add_column(f"{length} prompt tokens", justify="right")
    for name in next(iter(results.values())):
        cells = []
        for by_variant in results.values():
            low, median, high = statistics.quantiles(by_variant[name], n=4)
            cells.append(f"{median:.3f} ({low:.3f}–{high:.3f})")
        table.add_row(name, *cells)
    return table


def run(model: Any, tokenizer: Any, options: argparse.Namespace) -> None:
    """Measures every prompt length and prints the table."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for length in options.prompts:
            generator = torch.Generator().manual_seed(0)
            ids = torch.randint(100, model.config.vocab_size - 100, (1, length), generator=generator)
            work = Workload(model, tokenizer, ids.to(model.device), options.new_tokens)
            work.generate()
            results[length] = measure(work, options.rounds, Path(folder))
    title = (
        f"Time of generate relative to the bare call: {model.config.name_or_path or type(model).__name__}, "
        f"{model.dtype}, {model.device}, {torch.get_num_threads()} thread(s), {options.new_tokens} new tokens, "
        f"median (quartiles) of {options.rounds} rounds"
    )
    Console(width=140).print(table_of(results, title))


def main() -> None:
    """Reads the command line and measures the demo model, or the one named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="demo", help="demo, a local path, or a hub id")
    parser.add_argument("--prompts", type=int, nargs="+", default=list(PROMPT_LENGTHS))
    parser.add_argument("--new-tokens", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(max(torch.get_num_threads() - 1, 1))
    model, tokenizer = tracer.load_model(options.model)
    run(model, tokenizer, options)


if __name__ == "__main__":
    main()
