from dataclasses import replace

import pytest
import torch
import transformers as tf

from tests import zoo
from tracer.analysis.stations import ALWAYS, HEADINGS, STATIONS, assign_stations, present_stations
from tracer.live.source_lines.line_recording import record_lines

SETTINGS = {
    "max_new_tokens": 3,
    "do_sample": True,
    "temperature": 0.8,
    "top_k": 50,
    "repetition_penalty": 1.1,
}
OPTIONAL = {"encoder", "mask", "rotary", "attention", "cache_update", "attention_interface"} | {
    *("cross_attention", "mlp", "experts")
}
DECODER = {"mask", "attention", "cache_update", "attention_interface"}
EXPECTED = {
    "llama": DECODER | {"rotary", "mlp"},
    "qwen3": DECODER | {"rotary", "mlp"},
    "gemma3": DECODER | {"rotary", "mlp"},
    "gpt2": DECODER | {"mlp"},
    "mixtral": DECODER | {"rotary", "experts"},
    "t5": DECODER | {"encoder", "cross_attention", "mlp"},
}


def build(name):
    torch.manual_seed(0)
    if name == "mixtral":
        shape = {**zoo._GATED, "num_local_experts": 4, "num_experts_per_tok": 2}
        return tf.MixtralForCausalLM(tf.MixtralConfig(**shape)).eval()
    if name == "t5":
        shape = {"vocab_size": 128, "d_model": 48, "d_kv": 12, "d_ff": 96, "num_layers": 2, "num_heads": 4}
        config = tf.T5Config(**shape, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1)
        return tf.T5ForConditionalGeneration(config).eval()
    return zoo.shared(name)


def lines_of(name):
    model = build(name)
    torch.manual_seed(3)
    return record_lines(model, lambda: model.generate(**zoo.prompts(1), **SETTINGS))[1]


@pytest.mark.parametrize("name", EXPECTED)
def test_each_architecture_has_the_stations_it_passes_and_no_others(name):
    present = present_stations(lines_of(name))

    assert present >= ALWAYS
    assert EXPECTED[name] == present & OPTIONAL


def test_every_heading_of_the_seven_topics_has_a_station():
    keys = {station.key for station in STATIONS}

    assert {1, 2, 3, 4, 5, 6, 7} == {heading.topic for heading in HEADINGS}
    assert {heading.station for heading in HEADINGS} <= keys
    assert len(HEADINGS) == len({(heading.topic, heading.key) for heading in HEADINGS})


def test_a_topic_of_the_long_reading_is_covered_in_all_its_parts():
    assert {1: 11, 2: 3, 3: 8, 4: 11, 5: 5, 6: 11, 7: 6} == {
        topic: sum(heading.topic == topic for heading in HEADINGS) for topic in range(1, 8)
    }


def test_no_rule_knows_the_name_of_a_model():
    record = lines_of("llama")

    def renamed(text):
        return text.replace("Llama", "Unheard").replace("llama", "unheard")

    frames = tuple(
        replace(
            frame,
            owner=frame.owner and renamed(frame.owner),
            function=replace(
                frame.function,
                qualified_name=renamed(frame.function.qualified_name),
                module=renamed(frame.function.module),
            ),
        )
        for frame in record.frames
    )

    assert assign_stations(record) == assign_stations(replace(record, frames=frames))
