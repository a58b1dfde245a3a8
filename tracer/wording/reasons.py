"""`why(step)`: an explanation together with its words, ready to print.

A thin value over `tracer.analysis.explanation`; all numbers come from there, all words from the catalogue.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tracer.analysis.explanation import Explanation, explain
from tracer.self_rendering import RendersItself
from tracer.wording.composition import Language, require_language
from tracer.wording.explanation import sentences
from tracer.wording.table import table

if TYPE_CHECKING:
    from tracer.trace.step import Step


@dataclass(frozen=True, slots=True)
class Why(RendersItself):
    """Why the token of one step was chosen. Printing it gives the sentences and the table, in `lang`."""

    explanation: Explanation
    lang: Language = "en"

    def __str__(self) -> str:
        return self.text()

    def text(self, lang: Language | None = None) -> str:
        """Returns the sentences and, below them, the whole chain as a table; `lang` is "en" or "zh"."""
        return f"{self.sentences(lang)}\n\n{table(self.explanation, lang or self.lang)}"

    def sentences(self, lang: Language | None = None) -> str:
        """Returns the sentences alone."""
        return sentences(self.explanation, lang or self.lang)

    def describe(self) -> dict[str, Any]:
        """Returns the explanation as JSON-ready values, with its sentences in both languages."""
        spoken = {"en": self.sentences("en"), "zh": self.sentences("zh")}
        return {"sentences": spoken, **self.explanation.describe()}


def why(step: "Step", *, lang: Language = "en") -> Why:
    """Returns why the token of this step was chosen, from the logits to the draw and the verdicts.

    `print(why(step))` shows it; `.explanation` holds the numbers, `lang="zh"` speaks Chinese.

    Raises:
        ValueError: the language is neither "en" nor "zh".
    """
    require_language(lang)
    return Why(explain(step), lang)
