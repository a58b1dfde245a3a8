"""The columns of a trace's tables, as Arrow schemas.

Probabilities are over the full vocabulary; entropies are in nats; `*_ms` are milliseconds since the call began
(`at`) or durations. Lists named `*_by_stage` start with stage 0, the raw logits.
"""

import pyarrow as pa

STEPS = pa.schema(
    [
        ("sequence", pa.int32()),
        ("step", pa.int32()),
        ("forward", pa.int32()),  # the forward whose last position was sampled
        ("phase", pa.string()),  # prefill | decode
        ("token_id", pa.int32()),
        ("position", pa.int32()),  # absolute position the token takes
        ("kv_len", pa.int32()),  # positions seen by the forward, itself included
        ("probability", pa.float64()),  # final scores
        ("rank", pa.int32()),
        ("model_probability", pa.float64()),  # raw logits
        ("model_rank", pa.int32()),
        ("entropy", pa.float64()),
        ("model_entropy", pa.float64()),
        ("favorite_id", pa.int32()),  # first argmax of the raw logits
        ("winner_id", pa.int32()),  # first argmax of the final scores
        ("survivors_by_stage", pa.list_(pa.int32())),  # tokens with a score above -inf
        (
            "removed_mass_by_stage",
            pa.list_(pa.float64()),
        ),  # probability of the stage before that this one cut off
        ("logsumexp_by_stage", pa.list_(pa.float64())),
        ("form_by_stage", pa.list_(pa.string())),  # Form; stage 0: same when stored, else none
        ("scale_by_stage", pa.list_(pa.float32())),  # of the form `scaled`, else null
        ("verdicts", pa.list_(pa.bool_())),  # one per stopping criterion
        ("is_finished", pa.bool_()),  # this step ended the sequence
        ("processors_ms", pa.float64()),
        ("choice_ms", pa.float64()),  # from the last processor to the verdict
        ("at_ms", pa.float64()),
        ("waited_ms", pa.float64()),
    ]
)

CANDIDATES = pa.schema(
    [
        ("sequence", pa.int32()),
        ("step", pa.int32()),
        ("stage", pa.int32()),
        ("token_id", pa.int32()),
        ("score", pa.float32()),
        ("probability", pa.float64()),
        ("rank", pa.int32()),  # tokens that score strictly higher
        ("removed", pa.bool_()),  # the score is -inf
    ]
)

INPUT = pa.struct(
    [("name", pa.string()), ("shape", pa.list_(pa.int64())), ("dtype", pa.string()), ("note", pa.string())]
)

LAYER_CACHE = pa.struct(
    [
        ("layer", pa.int32()),
        ("class_name", pa.string()),
        ("len_before", pa.int32()),
        ("len_after", pa.int32()),
        ("key_shape", pa.list_(pa.int64())),  # after; null where the layer holds no keys
        ("bytes_before", pa.int64()),
        ("bytes_after", pa.int64()),
    ]
)

LAYER_VIEW = pa.struct(
    [("layer", pa.int32()), ("kv_len", pa.int32()), ("kv_offset", pa.int32()), ("mask", pa.int32())]
)
"""What attention saw: `mask` is the index into `masks`, or -1 for "causal, none given"."""

MASK = pa.struct(
    [
        ("kind", pa.string()),  # bits: a boolean mask, packed, 1 means visible; additive_bits: packed,
        ("shape", pa.list_(pa.int64())),  # 1 means 0 and 0 means `fill`; additive: stored as given
        ("dtype", pa.string()),
        ("fill", pa.float64()),  # of additive_bits: the value where the bit is 0
    ]
)

FORWARDS = pa.schema(
    [
        ("forward", pa.int32()),
        ("step", pa.int32()),
        ("phase", pa.string()),
        ("is_auxiliary", pa.bool_()),  # ran inside a logits processor (guidance)
        ("query_len", pa.int32()),
        ("position_start", pa.int32()),
        ("prefix_len", pa.int32()),  # > 0 only in the first forward of a call on a filled cache
        ("prefix_call", pa.int32()),  # whose keys the first `prefix_shared` positions are
        ("prefix_shared", pa.int32()),
        ("inputs", pa.list_(INPUT)),
        ("cache_class", pa.string()),
        ("cache_layers", pa.list_(LAYER_CACHE)),
        ("views", pa.list_(LAYER_VIEW)),
        ("masks", pa.list_(MASK)),
        ("changed_positions", pa.bool_()),  # use_cache=False: an earlier position got other bits
        ("outputs", pa.list_(INPUT)),
        ("started_ms", pa.float64()),
        ("elapsed_ms", pa.float64()),  # host; on CUDA the time to enqueue
        ("device_ms", pa.float64()),  # CUDA events, else null
        ("waited_ms", pa.float64()),
    ]
)

VOCABULARY = pa.schema(
    [
        ("id", pa.int32()),
        ("piece", pa.string()),
        ("bytes", pa.binary()),
        ("special", pa.bool_()),
        ("added", pa.bool_()),
    ]
)

SCHEMAS = {"steps": STEPS, "candidates": CANDIDATES, "forwards": FORWARDS}
