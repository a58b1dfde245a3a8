"""The fidelity checks and the overhead table on a CUDA device: needs torch, transformers and the base packages only.

Every tiny architecture of the test suite and a randomly initialized model of the shape of Llama-3-8B in bfloat16 are
run bare, recorded, read back without torch, compared with the same oracles as the tests, and verified. Run it with
`make gpu-check`; `--device cpu --tiny` tries the program itself where there is no GPU.
"""

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NEEDED = (
    "torch",
    "transformers",
    "numpy",
    "pyarrow",
    "safetensors",
    "pydantic",
    "filelock",
    "typer",
    "rich",
    "tokenizers",
)

LLAMA_3_8B = {
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 8192,
    "rope_theta": 500000.0,
}
TINY = {
    **LLAMA_3_8B,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One cell: a model and the arguments of its generate call."""

    name: str
    model: Any
    settings: dict[str, Any]


def missing_packages() -> list[str]:
    """Returns the packages that are needed and not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def build_large(shape: dict[str, Any], device: str) -> Any:
    """Returns a randomly initialized Llama of this shape in bfloat16, made on the device."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            model = LlamaForCausalLM(LlamaConfig(**shape, attn_implementation="sdpa"))
    finally:
        torch.set_default_dtype(before)
    model.generation_config = GenerationConfig(pad_token_id=0, bos_token_id=1)
    return model.eval()


def on_device(settings: dict[str, Any], device: str) -> dict[str, Any]:
    """Returns the arguments with their tensors on the device."""
    return {name: value.to(device) if hasattr(value, "to") else value for name, value in settings.items()}


def tiny_cases(names: list[str], device: str) -> Iterator[tuple[str, Case | Exception]]:
    """Yields every cell of the tiny architectures, or why its model cannot be built."""
    import torch

    from tests import zoo
    from tests.fidelity.cells import settings_for

    for name in names:
        for dtype in (torch.float32, torch.bfloat16):
            for attention in ("sdpa", "eager"):
                for rows, sampled in ((1, False), (3, True)):
                    cell = f"{name} {str(dtype)[6:]} {attention} {rows} row(s) {'sampled' if sampled else 'greedy'}"
                    try:
                        model = zoo.build(name, dtype=dtype, attention=attention).to(device)
                    except Exception as error:
                        yield cell, error
                    else:
                        yield (
                            cell,
                            Case(cell, model, on_device(settings_for(rows=rows, sampled=sampled), device)),
                        )


def large_case(model: Any, device: str, *, sampled: bool) -> Case:
    """Returns a cell on the large model: 200 prompt tokens, 12 new ones."""
    import torch

    from tests.fidelity.cells import SAMPLED

    ids = torch.randint(100, 100_000, (2, 200), generator=torch.Generator().manual_seed(1)).to(device)
    mask = torch.ones_like(ids)
    mask[0, :40] = 0
    settings = {
        "input_ids": ids,
        "attention_mask": mask,
        "max_new_tokens": 12,
        **(SAMPLED if sampled else {}),
    }
    return Case(f"llama-3-8b shape, 2 rows {'sampled' if sampled else 'greedy'}", model, settings)


def check(case: Case, reader: Any) -> str:
    """Returns "passed", the bare call's own exception, or what failed."""
    import tracer
    from tests.fidelity.capture import run_bare
    from tests.fidelity.cells import SEED, check_call

    try:
        run_bare(case.model, dict(case.settings), seed=SEED)
    except Exception as error:
        return f"bare call raises {type(error).__name__}: {str(error)[:80]}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            check_call(case.model, lambda: dict(case.settings), Path(folder), reader)
        except AssertionError as error:
            return f"FAILED: {str(error)[:600]}"
        verification = tracer.verify(tracer.open_trace(Path(folder) / "cell.trace"))
    failures = [f"{item.name}: {item.detail}" for item in verification.failures]
    return "passed" if not failures else f"FAILED verify: {'; '.join(failures)[:600]}"


def run_checks(names: list[str], large: Any, device: str) -> int:
    """Prints a line for every cell; returns how many failed."""
    from tests.fidelity.reading import Reader

    failed = 0
    with Reader() as reader:
        for cell, case in tiny_cases(names, device):
            failed += _print_outcome(
                cell, f"not built: {case}" if isinstance(case, Exception) else check(case, reader)
            )
        for sampled in (False, True):
            case = large_case(large, device, sampled=sampled)
            outcome = check(case, reader)
            failed += _print_outcome(case.name, outcome) or outcome != "passed"
    return failed


def _print_outcome(cell: str, outcome: str) -> bool:
    print(f"{cell:<60} {outcome}", flush=True)
    return outcome.startswith("FAILED")


def main() -> int:
    """Runs everything; returns 0 when nothing failed, 1 when something did, 2 when it cannot run here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument(
        "--tiny", action="store_true", help="a small model in place of the shape of Llama-3-8B"
    )
    parser.add_argument("--architectures", nargs="*", help="only these of the tiny ones")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    missing = missing_packages()
    if missing:
        print(f"Not installed: {', '.join(missing)}. Type: pip install {' '.join(missing)}", file=sys.stderr)
        return 2
    import torch

    from benchmarks.overhead import PROMPT_LENGTHS, run
    from tests import zoo

    if options.device == "cuda" and not torch.cuda.is_available():
        print(
            "No CUDA device is there. `--device cpu --tiny` tries the program without one.", file=sys.stderr
        )
        return 2
    large = build_large(TINY if options.tiny else LLAMA_3_8B, options.device)
    names = list(zoo.ARCHITECTURES) if options.architectures is None else options.architectures
    failed = run_checks(names, large, options.device)
    options.prompts = PROMPT_LENGTHS[:1] if options.tiny else PROMPT_LENGTHS
    options.new_tokens = 8 if options.tiny else 64
    run(large, None, options)
    print(f"{failed} cell(s) failed" if failed else "every cell passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
