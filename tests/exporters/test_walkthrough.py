import re
from html.parser import HTMLParser

import pytest
import torch

import tracer
from tests import zoo
from tests.analysis.test_stations import lines_of
from tracer.analysis.live_facts import CHANGES
from tracer.exporters.walkthrough import html_page, markdown_page
from tracer.live.source_lines.line_recording import recording_lines
from tracer.live.walkthroughs import changed_names, live_facts
from tracer.pictures.walkthrough import walkthrough

HOSTILE = "</script><script>alert(1)</script> | `x` **bold** $y$ <img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Returns lines and trace of one call, and what the model tells."""
    model, to = zoo.build("llama"), tmp_path_factory.mktemp("walk") / "x.trace"
    torch.manual_seed(3)
    messages = ({"role": "user", "content": HOSTILE},)
    with recording_lines(model) as lines, tracer.record(model, zoo.tokenizer(), to=to, messages=messages):
        model.generate(**zoo.prompts(1), max_new_tokens=3, do_sample=True, top_k=20)
    return lines.record(), tracer.open_trace(to).call(0), live_facts(model)


@pytest.fixture(scope="module", params=["en", "zh"])
def page(run, request):
    record, call, live = run
    return walkthrough(record, call, request.param, live=live)


def test_every_line_on_the_page_was_executed(run, page):
    reached = {(frame.function.qualified_name, line.start) for frame in run[0].frames for line in frame.lines}
    shown = {
        (block.function, row.number)
        for station in page.stations
        for block in station.blocks
        for row in block.rows
    }

    assert shown
    assert shown <= reached


def test_shapes_on_the_page_are_those_that_hooks_see(run):
    model = zoo.build("llama")
    seen = []
    handle = model.model.layers[0].register_forward_hook(
        lambda module, given, output: seen.append(output.shape)
    )
    torch.manual_seed(3)
    model.generate(**zoo.prompts(1), max_new_tokens=3, do_sample=True, top_k=20)
    handle.remove()
    record, call, _ = run
    layer = next(one for one in walkthrough(record, call).stations if one.key == "decoder_layer")

    assert [str(tuple(shape)) for shape in seen[:2]] == [cells[0].shape for cells in layer.flow[-1].columns]


def test_the_second_iteration_is_marked_where_it_differs(page):
    inputs = next(one for one in page.stations if one.key == "prepare_inputs")
    rows = {row.code: row for block in inputs.blocks for row in block.rows}
    changed = [row for row in rows.values() if any(cell.is_different for cell in row.columns[-1])]

    assert changed
    assert not any(cell.is_different for row in rows.values() for cell in row.columns[0])


def test_all_six_misreadings_have_evidence_where_the_run_gives_it(page):
    assert len(page.misreadings) in {5, 6}  # this model has no end token


def test_changed_names_are_those_the_installed_package_bears_out():
    assert CHANGES == changed_names()


def test_packages_are_quoted_with_version_and_license(page):
    assert ["torch", "transformers"] == sorted(one.split()[0] for one in page.sources)
    assert all(re.search(r"\d+\.\d+", one) for one in page.sources)


def test_the_same_record_gives_the_same_bytes(run):
    record, call, live = run
    first, second = (walkthrough(record, call, "en", live=live) for _ in range(2))

    assert html_page(first) == html_page(second)
    assert markdown_page(first) == markdown_page(second)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.names = set()
        self.handlers = []

    def handle_starttag(self, tag, attributes):
        self.names.add(tag)
        self.handlers += [name for name, _ in attributes if name.startswith("on")]


def test_a_hostile_prompt_stays_text_in_html(page):
    tags = Tags()
    tags.feed(html_page(page))

    assert not {"script", "img", "iframe"} & tags.names
    assert [] == tags.handlers


def test_a_hostile_prompt_stays_text_in_markdown(page):
    text = markdown_page(page)

    assert "<script" not in text.replace("\\<", "")
    assert r"\*\*bold\*\*" in text


def test_markdown_tables_have_equal_columns_and_fences_close(page):
    text = markdown_page(page)

    assert 0 == len(re.findall(r"(?m)^```", text)) % 2
    for table in re.findall(r"(?m)(?:^\|.*\|\n)+", text):
        assert 1 == len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()})


def test_the_page_opens_without_network_or_errors(page, tmp_path, browser):
    to = tmp_path / "page.html"
    to.write_text(html_page(page), encoding="utf-8")
    found = []
    shown = browser.new_page(viewport={"width": 1366, "height": 900})
    shown.on("console", lambda message: found.append(message.text))
    shown.on("request", lambda request: found.append(request.url))
    shown.goto(to.as_uri())
    shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    screens = shown.evaluate("document.documentElement.scrollHeight / innerHeight")
    shown.set_viewport_size({"width": 360, "height": 800})
    width = shown.evaluate("document.documentElement.scrollWidth")
    sections = shown.locator("section.station").count()
    shown.close()

    assert [to.as_uri()] == found
    assert len(page.stations) == sections
    assert 360 == width
    assert screens <= 40


@pytest.mark.parametrize("name", ["gpt2", "t5", "mixtral"])
def test_lines_alone_make_a_page(name):
    made = walkthrough(lines_of(name), None, "zh")

    assert {"script", "decode"} & {station.key for station in made.stations} == set()
    assert made.num_lines > 200
    assert made.title in html_page(made)
