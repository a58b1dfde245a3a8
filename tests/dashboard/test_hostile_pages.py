"""Hostile tokens on every page: they are only ever text."""

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.browser import Served, idle, open_step
from tests.long_trace import vocabulary_table
from tests.synthetic import VOCAB, Synthetic, write_trace

HOSTILE = (
    "<script>window.taken = 1</script>",
    "<img src=x onerror='window.taken = 1'>",
    "\"'`${window.taken = 1}</textarea></style>",
    "null\x00byte",
    "\u202egnp.exe\u2066\u2069\u200f",
    "x" * 3000,
    "</td><b>$\\alpha$ [link](http://no.example) ![p](http://no.example/x.png) :material/home:",
    "\n\n# heading",
)
DRAWN = {
    "": ".tr-decision-sentence",
    "attention": ".tr-head-row",
    "inside": "[role=tabpanel] .tr-chip",
    "compare": ".tr-compare-headline",
    "run": ".st-key-run-start",
}
NUM_TABS = {"": 4, "inside": 3}
HURT = """() => window.taken ?? document.querySelectorAll(
  ".tr script, .tr img, .tr style, [data-testid=stMarkdownContainer] :is(img, h1, .katex), a[href*='no.example']"
).length"""


@pytest.fixture(scope="module")
def hostile(served: Served) -> Served:
    """Returns the dashboard with two traces whose every token is hostile, and that hold every signal."""
    tokens = [HOSTILE[place % len(HOSTILE)].encode() for place in range(VOCAB)]
    for seed, name in enumerate(("hostile-a", "hostile-b")):
        folder = served.folder / f"{name}.trace"
        write_trace(folder, Synthetic(steps=6, seed=seed), vocabulary=vocabulary_table(tokens))
    return served


@pytest.mark.parametrize(
    "name",
    ["", "attention", "inside", *(pytest.param(one, marks=pytest.mark.slow) for one in ("compare", "run"))],
)
def test_hostile_tokens_are_only_text(name: str, page: Page, hostile: Served) -> None:
    other = {"with": hostile.key("hostile-b")} if name == "compare" else {}
    open_step(page, hostile, "hostile-a", step=2, page_name=name, **other)
    expect(page.locator(DRAWN[name]).first).to_be_visible()
    for place in range(NUM_TABS.get(name, 0)):
        page.get_by_role("tab").nth(place).click()
        idle(page)
        assert 0 == page.evaluate(HURT)
    if name == "":
        page.locator(".st-key-this-run summary").click()
        idle(page)
        expect(page.locator(".st-key-run-texts")).to_be_visible()

    assert 0 == page.evaluate(HURT)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
