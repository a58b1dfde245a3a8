"""For every architecture: a page names only lines that ran, prints the shapes that hooks see, and stays readable."""

import inspect
import re
from collections import defaultdict
from contextlib import contextmanager
from functools import cache

import pytest
import torch
from torch import nn

from tests import tiny_model
from tests.live.source_lines import families
from tracer.exporters.walkthroughs import html_page
from tracer.exporters.walkthroughs.making import NewCall, new_walkthrough
from tracer.live.source_lines.line_recording import record_lines
from tracer.live.walkthroughs import live_facts
from tracer.pictures.walkthroughs.page import walkthrough_page

each_family = pytest.mark.parametrize("name", families.NAMES)
INSIDE = ("decoder_layer", "norm", "final_norm", "attention", "lm_head", "head_forward", "embedding")
OF_ONE = {"mixtral": ("experts",), "t5": ("mlp", "cross_attention", "encoder")}


@contextmanager
def hooked(model):
    """Notes per module path, for every call, the shapes of the tensors by argument name, and of the first output."""
    found = defaultdict(list)

    def hook_for(path):
        def hook(module, given, named, output):
            bound = inspect.signature(module.forward).bind_partial(*given, **named).arguments
            arguments = {key: tuple(one.shape) for key, one in bound.items() if isinstance(one, torch.Tensor)}
            first = output[0] if isinstance(output, tuple | list) else output
            first = next(iter(first.values())) if isinstance(first, dict) else first
            found[path].append((arguments, tuple(first.shape) if isinstance(first, torch.Tensor) else None))

        return hook

    handles = [
        module.register_forward_hook(hook_for(path), with_kwargs=True)
        for path, module in model.named_modules()
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


@cache
def made(name):
    """Returns the page of one call, and what hooks saw in that very call."""
    model = families.model(name)
    with hooked(model) as seen:
        _, record = record_lines(model, lambda: families.generate(name, max_new_tokens=3, **families.SAMPLED))
    return walkthrough_page(record, None, "en", live=live_facts(model)), dict(seen)


@cache
def whole(name):
    """Returns the page that a person gets, with what the run says."""
    asked = NewCall(prompt="rain", settings={"max_new_tokens": 3, **families.SAMPLED}, seed=5, lang="zh")
    with torch.random.fork_rng():
        return new_walkthrough(families.model(name), tiny_model.build_tokenizer(), asked)


def rows(page):
    """Returns file, module path and row of every line on the page."""
    for station in page.stations:
        for block in station.blocks:
            file, _, path = block.place.partition(" · ")
            for row in block.rows:
                if row.number:
                    yield f"/{block.package.split()[0]}/{file}", path, row


@each_family
def test_a_page_names_only_lines_that_ran(name):
    page, _ = made(name)
    model = families.model(name)
    with families.counting_lines({file for file, _, _ in rows(page)}) as ran:
        families.generate(name, max_new_tokens=3, **families.SAMPLED)
        with torch.random.fork_rng(), torch.device("meta"):
            type(model)(model.config)
        with hooked(model):
            families.generate(name, max_new_tokens=2, **families.SAMPLED)
    checked = 0
    for file, _, row in rows(page):
        path = next(path for path in ran if path.endswith(file))
        length = len(row.code.splitlines()) + 40 * ("…" in row.code)
        assert set(range(row.number, row.number + length)) & ran[path], (path, row)
        checked += 1
    assert checked > 300


@each_family
def test_what_goes_in_and_out_of_a_station_is_what_hooks_see(name):
    page, seen = made(name)
    stations = {one.key: one for one in page.stations}
    keys = [key for key in (*INSIDE, "mlp", *OF_ONE.get(name, ())) if key in stations]
    checked = 0
    for key in keys:
        station = stations[key]
        places = [block.place.partition(" · ")[2] for block in station.blocks]
        path = next(filter(None, places), "")
        for step in range(len(station.flow_columns)):
            fitting = [one for one in seen[path] if _fits(station.flow, step, one)]
            assert fitting, (key, path, station.flow, seen[path])
            checked += 1
    assert {*INSIDE} <= {*keys}
    assert checked >= 2 * len(INSIDE)


def _fits(flow, step, hook):
    """Returns whether a hook saw these arguments and this output."""
    arguments, output = hook
    for row in flow:
        for cell in row.columns[step]:
            if row.code in arguments and str(arguments[row.code]) != cell.shape:
                return False
            if row is flow[-1] and str(output) not in (
                cell.shape,
                *re.findall(r"\(\d[\d, ]*\)", cell.values),
            ):
                return False
    return True


@each_family
def test_what_a_line_got_from_a_module_is_what_hooks_see(name):
    page, seen = made(name)
    modules = dict(families.model(name).named_modules())
    checked = set()
    for _, path, row in rows(page):
        called = re.match(r"\s*[\w.]+ = self\.(\w+)\(", row.code)
        inside = f"{path}.{called[1]}".lstrip(".") if called else None
        if inside not in seen or not isinstance(modules[inside], nn.Module) or ")." in row.code:
            continue
        outputs = [str(output) for _, output in seen[inside]]
        for cells in row.columns:
            for cell in cells:
                assert cell.shape in outputs or cell.dtype == "", (inside, row, outputs)
                checked.add(inside)
    assert len(checked) >= 3


@each_family
def test_a_page_is_at_most_forty_screens_and_follows_its_token_everywhere(name, tmp_path, browser):
    page = whole(name)
    to = tmp_path / "page.html"
    to.write_text(html_page(page), encoding="utf-8")
    shown = browser.new_page(viewport={"width": 1366, "height": 900})
    shown.goto(to.as_uri())
    shown.locator("button[data-level='3']").click()
    screens = shown.evaluate("document.documentElement.scrollHeight / innerHeight")
    shown.close()

    assert screens <= 40
    assert [] == [one.key for one in page.stations if not one.followed]


def test_an_encoder_and_its_prompt_stand_on_the_page():
    stations = {one.key: one for one in whole("t5").stations}
    facts = {one.name: one.value for one in stations["prompt"].facts}

    assert "rain" in facts["实际读入的提示词"]
    assert stations["prompt"].blocks
    assert "T5Stack.forward" == stations["encoder"].blocks[0].function
    assert stations["cross_attention"].blocks
    assert "`<pad>`" in stations["script"].followed


def test_routing_stands_on_the_page_of_a_mixture_of_experts():
    experts = next(one for one in whole("mixtral").stations if one.key == "experts")

    assert any("Router" in block.function for block in experts.blocks)
    assert any("top_k" in row.code or "topk" in row.code for block in experts.blocks for row in block.rows)
