import inspect
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
import transformers

import tracer
from tests import zoo
from tests.analysis.test_stations import lines_of
from tracer.analysis.live_facts import CHANGES
from tracer.analysis.stations import HEADINGS
from tracer.exporters.walkthroughs import html_page, markdown_page
from tracer.live.source_lines.line_recording import recording_lines
from tracer.live.walkthroughs import changed_names, live_facts
from tracer.pictures.walkthroughs.page import walkthrough_page
from tracer.pictures.walkthroughs.run import run_of_call

HOSTILE = "</script><script>alert(1)</script> | `x` **bold** $y$ <img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Returns lines and trace of one call, and what the model tells."""
    model, to = zoo.build("llama"), tmp_path_factory.mktemp("walk") / "x.trace"
    torch.manual_seed(3)
    messages = ({"role": "user", "content": HOSTILE},)
    with recording_lines(model) as lines, tracer.record(model, zoo.tokenizer(), to=to, messages=messages):
        model.generate(**zoo.prompts(1), max_new_tokens=3, do_sample=True, top_k=20)
    return lines.record(), run_of_call(tracer.open_trace(to).call(0)), live_facts(model)


@pytest.fixture(scope="module", params=["en", "zh"])
def page(run, request):
    record, told, live = run
    return walkthrough_page(record, told, request.param, live=live)


def test_the_second_iteration_is_marked_where_it_differs(page):
    inputs = next(one for one in page.stations if one.key == "prepare_inputs")
    rows = {row.code: row for block in inputs.blocks for row in block.rows}
    changed = [row for row in rows.values() if any(cell.is_different for cell in row.columns[-1])]

    assert changed
    assert not any(cell.is_different for row in rows.values() for cell in row.columns[0])


def test_all_six_misreadings_have_evidence_where_the_run_gives_it(page):
    assert len(page.misreadings) in {5, 6}  # this model has no end token


def test_each_changed_name_is_borne_out_by_a_line_of_the_installed_package():
    changes = changed_names()
    root = Path(inspect.getfile(transformers)).parent

    assert CHANGES == tuple(one.key for one in changes)
    for one in changes:
        lines = (root / one.file).read_text(encoding="utf-8").splitlines()
        assert one.line == lines[one.number - 1].strip()


def test_then_and_now_shows_where_each_change_stands(page):
    assert len(CHANGES) == len(page.then_now)
    assert all("utils.py" in one.evidence for one in page.then_now)


def test_every_heading_of_the_long_reading_has_its_station_on_the_page(page):
    assert {one.station for one in HEADINGS} <= {one.key for one in page.stations}


def test_one_token_is_followed_through_all_stations(page):
    assert [] == [one.key for one in page.stations if not one.followed]
    assert len({one.followed for one in page.stations}) == len(page.stations)


def test_the_cache_grows_from_one_iteration_to_the_next(page):
    forward = next(one for one in page.stations if one.key == "head_forward")
    cache = next(row for row in forward.flow if row.code == "past_key_values")

    assert ["0 → 14", "14 → 15"] == [cells[0].values for cells in cache.columns]


def test_a_station_within_the_loop_shows_what_its_lines_bound(page):
    choice = next(one for one in page.stations if one.key == "choice")

    assert ["probs", "next_tokens"] == [row.code for row in choice.flow]
    assert ["(1, 128)", "(1,)"] == [row.columns[0][0].shape for row in choice.flow]


def test_settings_stand_beside_generate_with_their_origin(page):
    facts = next(one for one in page.stations if one.key == "generate").facts

    assert any("do_sample=True" in one.value and "top_k=20" in one.value for one in facts)


def test_the_constructors_of_the_model_have_their_lines(page):
    functions = [block.function for one in page.stations if one.key == "construction" for block in one.blocks]

    assert "LlamaForCausalLM.__init__" == functions[0]
    assert "LlamaAttention.__init__" in functions


def test_constructors_tell_the_shapes_that_the_model_has(page):
    attention = zoo.shared("llama").model.layers[0].self_attn
    rows = [
        row
        for one in page.stations
        if one.key == "construction"
        for block in one.blocks
        for row in block.rows
    ]
    cells = {cell.name: cell.values for row in rows for cell in row.columns[0]}

    for name in ("q_proj", "k_proj", "o_proj"):
        assert str(tuple(getattr(attention, name).weight.shape)) in cells[f"self.{name}"]


def test_what_recording_put_there_is_named_as_such(page):
    notes = {one.key: one.note for one in page.stations}

    assert "`RecordingLogitsProcessor`" in notes["generate"]
    assert "hook" in notes["module_call"]


def test_an_else_stands_before_what_ran_under_it(page):
    for station in page.stations:
        for block in station.blocks:
            for row, after in zip(block.rows, [*block.rows[1:], None], strict=True):
                if row.number == 0:
                    assert "else:" == row.code.strip()
                    assert after.number > 0


def test_packages_are_quoted_with_version_and_license(page):
    assert ["torch", "transformers"] == sorted(one.split()[0] for one in page.sources)
    assert all(re.search(r"\d+\.\d+", one) for one in page.sources)


def test_the_same_record_gives_the_same_bytes(run):
    record, told, live = run
    first, second = (walkthrough_page(record, told, "en", live=live) for _ in range(2))

    assert html_page(first) == html_page(second)
    assert markdown_page(first) == markdown_page(second)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.names = set()
        self.handlers = []
        self.scripts = 0

    def handle_starttag(self, tag, attributes):
        self.names.add(tag)
        self.scripts += tag == "script"
        self.handlers += [name for name, _ in attributes if name.startswith("on")]


def test_a_hostile_prompt_stays_text_in_html(page):
    tags = Tags()
    tags.feed(html_page(page))

    assert not {"img", "iframe"} & tags.names
    assert 1 == tags.scripts
    assert [] == tags.handlers


def test_a_hostile_prompt_stays_text_in_markdown(page):
    text = markdown_page(page)

    assert "<script" not in text.replace("\\<", "")
    assert r"\*\*bold\*\*" in text


def test_code_in_markdown_sentences_keeps_its_spaces(run):
    record, told, live = run

    assert "`generate` is defined under `@torch.no_grad()`" in markdown_page(
        walkthrough_page(record, told, "en", live=live)
    )


def test_every_line_of_a_markdown_table_stands_in_the_code_above_it(page):
    parts = re.findall(r"(?s)```python\n(.*?)\n```(.*?)(?=```python|\Z)", markdown_page(page))

    assert len(parts) > 30
    for code, after in parts:
        numbers = set(re.findall(r"(?m)^ *(\d+)  ", code))
        assert set(re.findall(r"(?m)^\| (\d+) \|", after)) <= numbers


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


def test_contents_show_the_place_and_buttons_open_the_levels(page, tmp_path, browser):
    to = tmp_path / "page.html"
    to.write_text(html_page(page), encoding="utf-8")
    shown = browser.new_page(viewport={"width": 1366, "height": 900})
    shown.goto(to.as_uri())
    opened = "document.querySelectorAll('.station > details[open]').length"

    assert 0 == shown.evaluate(opened)
    shown.locator("button[data-level='2']").click()
    assert len(page.stations) == shown.evaluate(opened)
    shown.locator("button[data-level='3']").click()
    assert len(page.stations) < shown.evaluate(opened)
    shown.locator("button[data-level='1']").click()
    assert 0 == shown.evaluate(opened)
    shown.locator("nav a[href='#rotary']").click()
    shown.locator("nav a[href='#rotary'][aria-current]").wait_for()
    place = [one.key for one in page.stations].index("rotary") + 1
    assert f"{place} / {len(page.stations)}" == shown.locator("#place").inner_text()
    assert place - 1 == shown.locator("nav a.passed").count()
    shown.close()


@pytest.mark.parametrize("name", ["gpt2", "mixtral"])
def test_lines_alone_make_a_page(name):
    made = walkthrough_page(lines_of(name), None, "zh")

    assert {"script", "decode"} & {station.key for station in made.stations} == set()
    assert made.num_lines > 200
    assert made.title in html_page(made)
