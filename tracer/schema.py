"""The JSON documents of a trace, as pydantic models: `trace.json` (`Manifest`), `model.json` (`ModelStructure`) and
`call-000/call.json` (`CallInfo`).

Holds only what is small; tables and arrays are specified in `tracer.store.format`. Unknown fields of a
same-version file are ignored, so that a later minor addition opens in an older reader.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT_VERSION = 1

Status = Literal["recording", "complete", "interrupted", "faulted"]
"""`recording` without a held lock reads as `interrupted`. `faulted`: recording failed, generation did not."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ModelInfo(_Document):
    """The model as it stood when recording began."""

    name: str = Field(description="config.name_or_path, or the class name where that is empty")
    class_name: str
    architecture: str = Field(description="config.model_type")
    dtype: str = Field(description="of the parameters, such as float32")
    device: str
    attn_implementation: str | None = None
    num_hidden_layers: int
    num_attention_heads: int | None = None
    num_key_value_heads: int | None = None
    head_dim: int | None = None
    hidden_size: int | None = None
    vocab_size: int
    num_parameters: int
    layer_types: list[str] = Field(default_factory=list, description="class name of every decoder layer")
    adapters: list[str] = Field(default_factory=list)
    quantization: str | None = None
    config: dict[str, Any] = Field(default_factory=dict, description="config.to_diff_dict(), JSON-ready")


class ParameterInfo(_Document):
    """One parameter (or buffer) that a module holds itself."""

    name: str
    shape: list[int] | None = Field(
        default=None, description="as the module uses it; None: not known before the first call"
    )
    count: int = Field(default=0, description="numbers in it, as the module uses them")
    dtype: str
    device: str = Field(description="meta: its weights are elsewhere (offloaded)")
    stored_shape: list[int] | None = Field(
        default=None, description="where numbers are packed and so stand in another shape"
    )
    kind: str | None = Field(default=None, description="its class, where that is no plain tensor: DTensor, …")
    is_buffer: bool = False
    tied_to: str | None = Field(
        default=None, description="path of the place before this one that holds the same tensor"
    )


class ModuleInfo(_Document):
    """One module, or several like it in one list that follow each other: `names` are 0, 1, 2, … then.

    Alike are those with the same class, parameters, listened signals and modules inside.
    """

    depth: int = Field(ge=0, description="0: the model")
    names: list[str] = Field(min_length=1, description="within the module above; '' of the model")
    class_name: str
    parameters: list[ParameterInfo] = Field(default_factory=list)
    listened: list[str] = Field(
        default_factory=list, description="signals that recording listened to here: hidden_states, queries, …"
    )
    same_as: str | None = Field(
        default=None, description="path of the place before this one where the same module stands"
    )


class ModelStructure(_Document):
    """`model.json`: the modules of the model when recording began, each before those inside it."""

    modules: list[ModuleInfo]


class Environment(_Document):
    """Versions and machine: what bit-equality depends on."""

    tracer: str
    python: str
    torch: str
    transformers: str
    platform: str
    device_type: str
    device_name: str | None = None
    num_threads: int | None = Field(
        default=None, description="torch's on the CPU; with others, sums round otherwise"
    )


class Missing(_Document):
    """A signal that is not in the trace, with the reason."""

    signal: str = Field(
        description="logits, scores, hidden_states, additions, accounting, queries, keys_values, …"
    )
    reason: str
    layers: list[int] | None = Field(default=None, description="None: all of them")


class Fault(_Document):
    """A failure of recording itself; the user's generation went on."""

    where: str
    error: str
    call: int | None = None
    step: int | None = None


class ProcessorInfo(_Document):
    """One logits processor of the call; `stage` is the position of its output in the chain (1 is the first)."""

    stage: int
    class_name: str
    module: str
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="the instance's own attributes: JSON scalars and lists; a tensor is {'tensor': dtype, "
        "'shape': [...], 'values': [...], 'device': '...'} with the values in row order; {'tuple': [...]}, "
        "{'set': [...]}, {'frozenset': [...]}, {'dict': [[key, value], ...]}, {'device': '...'}; an infinity or "
        "nan is {'float': 'inf'} ('inf' inside a tensor); anything else is {'opaque': type name}",
    )
    is_rebuildable: bool = Field(
        description="its class is in the allow-list and every parameter was captured"
    )
    is_stateful: bool = False


class CriterionInfo(_Document):
    """One stopping criterion of the call, in the order in which they are asked."""

    class_name: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class ConfigParameter(_Document):
    """One parameter of the resolved GenerationConfig and where it came from."""

    value: Any = None
    origin: Literal["argument", "generation_config", "model", "default"]


class CallInfo(_Document):
    """One `generate` call."""

    index: int
    status: Status = "recording"
    error: str | None = Field(default=None, description="the exception that ended the call, if one did")
    mode: Literal["greedy", "sample"]
    num_rows: int = Field(description="rows of the batch after num_return_sequences")
    num_return_sequences: int = 1
    prompt_len: int = Field(description="columns of input_ids given to the loop, padding included")
    prefix_len: int = Field(default=0, description="positions the cache already held")
    prompt_ids: list[list[int]] = Field(description="per row, padding included")
    prompt_mask: list[list[int]] | None = Field(
        default=None, description="the 2-D mask given, None: all ones"
    )
    messages: list[dict[str, str]] | None = None
    generation_config: dict[str, ConfigParameter] = Field(default_factory=dict)
    processors: list[ProcessorInfo] = Field(default_factory=list)
    criteria: list[CriterionInfo] = Field(default_factory=list)
    cache_class: str | None = None
    use_cache: bool = True
    accounting: "AccountingInfo | None" = None
    attention: "AttentionInfo | None" = None
    missing: list[Missing] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list, description="plain sentences: max_time, token healing, …")
    started_at: str = Field(description="ISO 8601, UTC")
    elapsed_ms: float | None = None
    waited_ms: float = Field(default=0.0, description="time generation waited for the writer")
    num_steps: int = Field(default=0, description="rounds of the loop")
    forced_steps: list[int] = Field(
        default_factory=list,
        description="of a branch: per row, how many of its first steps had their token forced behind the last "
        "stage; empty: none",
    )


class AccountingInfo(_Document):
    """How the shares of `step-…/accounting/shares` are to be read."""

    parts: list[str] = Field(
        description="names along the parts axis: embedding, layer-00.attention, layer-00.mlp, …"
    )
    steps_after: list[str] = Field(
        default_factory=list, description="named steps after the sum: scaling, softcap"
    )
    scaling: float | None = None
    softcap: float | None = None
    logits_dtype: str


class LayerAttention(_Document):
    """Constants of one layer's attention, as the attention interface received them."""

    layer: int
    scaling: float
    num_heads: int
    num_key_value_heads: int
    softcap: float | None = None
    sliding_window: int | None = None
    is_causal: bool = True
    has_sinks: bool = False


class AttentionInfo(_Document):
    """The layers whose attention was heard."""

    layers: list[LayerAttention] = Field(default_factory=list)


class Branch(_Document):
    """Where a trace left its parent, and what was changed there."""

    trace: str = Field(description="the parent's path, as it was opened")
    created_at: str = Field(description="the parent's, which stays when it is moved")
    call: int
    row: int
    step: int
    token_id: int | None = Field(default=None, description="set at this step; None: chosen as always")
    seed: int | None = Field(default=None, description="of the draws from this step on; None: as recorded")
    settings: dict[str, Any] = Field(default_factory=dict, description="those given for the branch")
    repeats_prefix: bool | None = Field(
        default=None,
        description="the raw logits up to this step had the recorded bits; None: they were not compared",
    )


class Packed(_Document):
    """What `tracer pack` took out of a trace."""

    is_light: bool = Field(default=False, description="arrays were left out, to make it small")
    is_redacted: bool = Field(
        default=False, description="prompts, paths and user names were taken out; see `placeholder_id`"
    )
    left_out: list[str] = Field(
        default_factory=list, description="signals that were there: logits, keys_values, …"
    )
    placeholder_id: int | None = Field(
        default=None,
        description="stands for every token of a prompt; the ids behind it for candidates that would tell one",
    )


class Manifest(_Document):
    """`trace.json`."""

    format_version: int = FORMAT_VERSION
    status: Status = "recording"
    created_at: str
    model: ModelInfo
    environment: Environment
    config: dict[str, Any] = Field(description="RecordingConfig, resolved")
    num_calls: int = 0
    has_vocabulary: bool = False
    chat_template: bool = False
    tokenizer_limit: int | None = Field(
        default=None, description="tokens at which the tokenizer truncates when asked to; None: not limited"
    )
    missing: list[Missing] = Field(default_factory=list)
    faults: list[Fault] = Field(default_factory=list)
    unrecorded_calls: list[str] = Field(
        default_factory=list, description="calls skipped, each with its reason"
    )
    parent: str | None = Field(default=None, description="path of the trace that this one continues")
    branch: Branch | None = None
    packed: Packed | None = Field(default=None, description="None: nothing was taken out of it")


CallInfo.model_rebuild()
