"""`tracer.export`: which formats there are, what is refused, tables and the report, the bundle of modules."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet
import pytest

import tracer
from tests.exporters.conftest import HOSTILE
from tests.synthetic import Synthetic, write_trace
from tracer.errors import MissingExtraError, SignalMissingError, TargetError, TraceExistsError
from tracer.exporters.replay.bundle import bundle
from tracer.exporters.replay.packs import json_in_page, key_of
from tracer.samples import sample_paths
from tracer.trace.trace import Trace

SAME_BYTES = (".html", ".md", ".ipynb", ".csv", ".json", ".parquet")
"""The formats of which the same trace gives the same bytes, and that need no other program."""

SAMPLE = next(path for path in sample_paths() if path.stem == "rain")


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return tracer.open_trace(write_trace(tmp_path / "made.trace"))


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


@pytest.mark.parametrize("suffix", SAME_BYTES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_same_trace_gives_the_same_bytes(suffix: str, lang: str, trace: Trace, tmp_path: Path) -> None:
    first, second = (tracer.export(trace, tmp_path / place / f"x{suffix}", lang=lang) for place in "ab")

    assert first.read_bytes() == second.read_bytes()


def test_an_unknown_suffix_is_refused_with_those_that_exist(trace: Trace, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"ends with '\.docx', .* there are \.html, \.md, .*\.csv, \.json, \.parquet"
    ):
        tracer.export(trace, tmp_path / "x.docx")


def test_a_file_that_is_there_is_kept(trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("mine", encoding="utf-8")

    with pytest.raises(TraceExistsError, match="is there already; nothing was changed"):
        tracer.export(trace, path)
    assert "mine" == path.read_text(encoding="utf-8")
    assert path == tracer.export(trace, path, overwrite=True)
    assert "mine" != path.read_text(encoding="utf-8")


def test_a_dictionary_that_is_there_is_kept_too(trace: Trace, tmp_path: Path) -> None:
    (tmp_path / "x.columns.md").write_text("mine", encoding="utf-8")

    with pytest.raises(TraceExistsError, match=r"x\.columns\.md"):
        tracer.export(trace, tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()


def test_a_place_that_cannot_be_written_is_named(trace: Trace, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(TargetError, match="cannot be written"):
        tracer.export(trace, tmp_path / "file" / "x.csv")


@pytest.mark.parametrize(
    ("steps", "said"), [([99], "steps has 99, which is no step"), ([], "steps names no step")]
)
def test_steps_that_are_not_there_are_refused(
    steps: list[int], said: str, trace: Trace, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=f"{said}.* there are 0 to 2"):
        tracer.export(trace, tmp_path / "x.csv", steps=steps)


def test_a_sequence_without_steps_has_nothing_to_export(tmp_path: Path) -> None:
    trace = tracer.open_trace(write_trace(tmp_path / "t.trace", Synthetic(steps=0)))

    with pytest.raises(SignalMissingError, match="has no steps to export"):
        tracer.export(trace, tmp_path / "x.html")


def test_an_unknown_language_is_refused(trace: Trace, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lang='fr' is none of en, zh"):
        tracer.export(trace, tmp_path / "x.html", lang="fr")


def test_without_jinja_the_error_says_what_to_install(
    trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)

    with pytest.raises(MissingExtraError, match=r"needs jinja2.*generation-tracer\[export\]"):
        tracer.export(trace, tmp_path / "x.html")


def test_progress_ends_with_all_of_it(trace: Trace, tmp_path: Path) -> None:
    for suffix in SAME_BYTES:
        told: list[tuple[int, int]] = []
        tracer.export(
            trace, tmp_path / f"x{suffix}", overwrite=True, progress=lambda *now, told=told: told.append(now)
        )
        assert told[-1][0] == told[-1][1]


def test_a_row_of_the_table_is_the_step(tmp_path: Path) -> None:
    trace = tracer.open_trace(SAMPLE)
    rows = rows_of(tracer.export(trace, tmp_path / "x.csv"))

    assert len(trace.steps) == len(rows)
    for step, row in zip(trace.steps, rows, strict=True):
        assert step.index == int(row["step"])
        assert step.token == json.loads(row["token_json"])
        assert step.probability == float(row["probability"])
        assert step.survivors[-1] == int(row["survivors_4_TopPLogitsWarper"])
        assert step.verdicts["EosTokenCriteria"] is (row["verdict_EosTokenCriteria"] == "true")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_dictionary_says_what_each_column_holds(
    suffix: str, lang: str, trace: Trace, tmp_path: Path
) -> None:
    path = tracer.export(trace, tmp_path / f"x{suffix}", lang=lang)
    names = list(rows_of(path)[0]) if suffix == ".csv" else pyarrow.parquet.read_table(path).column_names
    told = (tmp_path / "x.columns.md").read_text(encoding="utf-8")

    assert [] == [name for name in names if f"| `{name}` |" not in told]


def test_parquet_keeps_types_and_meanings(tmp_path: Path) -> None:
    table = pyarrow.parquet.read_table(tracer.export(tracer.open_trace(SAMPLE), tmp_path / "x.parquet"))

    assert "double" == str(table.schema.field("entropy").type)
    assert b"Entropy of the final scores" == table.schema.field("entropy").metadata[b"description"]
    assert list(range(40)) == table["step"].to_pylist()


def test_no_cell_can_be_taken_for_a_formula(hostile: Trace, tmp_path: Path) -> None:
    rows = rows_of(tracer.export(hostile, tmp_path / "x.csv"))
    cells = [row[name] for row in rows for name in ("token", "favorite", "winner", "token_json")]

    assert [] == [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert list(HOSTILE) == [json.loads(row["token_json"]) for row in rows][:-1]


def test_the_json_holds_every_candidate(tmp_path: Path) -> None:
    trace = tracer.open_trace(SAMPLE)
    found = json.loads(tracer.export(trace, tmp_path / "x.json", steps=[35]).read_text(encoding="utf-8"))
    candidates = trace.steps[35].candidates

    assert trace.sequence().text == found["text"]
    assert [35] == [step["step"] for step in found["steps"]]
    assert [one.token_id for one in candidates] == [
        one["token_id"] for one in found["steps"][0]["candidates"]
    ]
    assert set(found["steps"][0]) == set(found["columns"])


def test_the_report_tells_the_chosen_steps_and_lists_the_tokens(tmp_path: Path) -> None:
    trace = tracer.open_trace(SAMPLE)
    text = tracer.export(trace, tmp_path / "x.md", steps=[10, 35]).read_text(encoding="utf-8")

    assert ["### Why `·ra` at step 10", "### Why `·This` at step 35"] == [
        line for line in text.splitlines() if line.startswith("### ")
    ]
    assert "The model wanted to stop: it favored `<|im_end|>` (87.9 %)." in text


def test_hostile_text_cannot_leave_the_code_of_a_report(hostile: Trace, tmp_path: Path) -> None:
    from markdown_it import MarkdownIt

    text = tracer.export(hostile, tmp_path / "x.md").read_text(encoding="utf-8")
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)

    assert "<script" not in html
    assert "href" not in html
    assert "<!--" not in html


def test_json_in_a_page_ends_nothing_and_reads_back() -> None:
    value = {"text": "".join(HOSTILE)}
    text = json_in_page(value)

    assert [] == [sign for sign in ("<", ">", "&", "\u2028", "\u2029") if sign in text]
    assert value == json.loads(text)


def test_keys_name_parameters_in_order() -> None:
    assert "attention_text?head=1&layer=2" == key_of("attention_text", layer=2, head=1)
    assert "strip" == key_of("strip")


def test_a_bundle_holds_each_module_once_and_before_who_imports_it() -> None:
    sources = {
        "a": 'import { b as c } from "./b.js";\nimport * as d from "./d.js";\nexport const a = c + d.d;',
        "b": 'import { d } from "./d.js";\nexport function b() { return d; }',
        "d": "export const d = 1;\nexport class E {}",
        "alone": "export const x = 1;",
    }
    made = bundle(sources, "a")

    assert [made.index(f"const ${name} = (()") for name in "dba"] == sorted(
        made.index(f"const ${name} = (()") for name in "abd"
    )
    assert "const { b: c } = $b;" in made
    assert "return { d, E };" in made
    assert "alone" not in made


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('export { x } from "./b.js";', "no form of import or export"),
        ("export default 1;", "no form of import or export"),
        ('import { gone } from "./gone.js";', "gone.js, which is not there"),
        ('import { a } from "./a.js";', "a → a: these modules import each other"),
        ('const x = "</script>";', "end a script"),
    ],
)
def test_a_bundle_refuses_what_it_does_not_know(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        bundle({"a": text}, "a")
