"""What is known about transformers' own logits processors, by class name.

Names only: imports neither torch nor transformers, and says nothing about one instance. A name stands in a
set because its class was read in the oldest and the newest supported version.

Source: transformers 5.17 and 5.23, generation/logits_process.py.
"""

MODULE = "transformers.generation.logits_process"
"""Only classes of this module are meant; a class of the same name elsewhere is somebody else's."""

CUTS_BY_SCORE = frozenset(
    {
        "EpsilonLogitsWarper",
        "EtaLogitsWarper",
        "MinPLogitsWarper",
        "TopHLogitsWarper",
        "TopKLogitsWarper",
        "TopPLogitsWarper",
    }
)
"""Those that remove every token whose score lies below a cut."""

REBUILDABLE = CUTS_BY_SCORE | {
    "AlternatingCodebooksLogitsProcessor",
    "BarkEosPrioritizerLogitsProcessor",
    "DiaEOSChannelFilterLogitsProcessor",
    "DiaEOSDelayPatternLogitsProcessor",
    "EncoderNoRepeatNGramLogitsProcessor",
    "EncoderRepetitionPenaltyLogitsProcessor",
    "ExponentialDecayLengthPenalty",
    "ForcedBOSTokenLogitsProcessor",
    "ForcedEOSTokenLogitsProcessor",
    "InfNanRemoveLogitsProcessor",
    "LogitNormalization",
    "MinLengthLogitsProcessor",
    "MinNewTokensLengthLogitsProcessor",
    "NoBadWordsLogitsProcessor",
    "NoRepeatNGramLogitsProcessor",
    "RepetitionPenaltyLogitsProcessor",
    "SequenceBiasLogitsProcessor",
    "SuppressTokensAtBeginLogitsProcessor",
    "SuppressTokensLogitsProcessor",
    "TemperatureLogitsWarper",
    "TypicalLogitsWarper",
    "WhisperTimeStampLogitsProcessor",
}
"""Those whose output follows from attributes, scores and the tokens so far, and from nothing else."""

STATEFUL = frozenset(
    {
        "DiaEOSDelayPatternLogitsProcessor",
        "SynthIDTextWatermarkLogitsProcessor",
        "UnbatchedClassifierFreeGuidanceLogitsProcessor",
        "WhisperNoSpeechDetection",
    }
)
"""Those whose output depends on earlier calls; to repeat a step they are run from the first one on."""

WRITES_INTO_SCORES = frozenset({"DiaEOSChannelFilterLogitsProcessor", "DiaEOSDelayPatternLogitsProcessor"})
"""Those that overwrite the scores they are given."""

LEAVES_SCORES = (REBUILDABLE - WRITES_INTO_SCORES) | {
    "ClassifierFreeGuidanceLogitsProcessor",
    "DiaClassifierFreeGuidanceLogitsProcessor",
    "PrefixConstrainedLogitsProcessor",
    "SynthIDTextWatermarkLogitsProcessor",
    "WatermarkLogitsProcessor",
}
"""Those that never write into the two-dimensional scores they are given, nor hand them on to other code."""
