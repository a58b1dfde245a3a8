"""Lessons: Markdown files in which fenced blocks name views of a trace, checked and made into one HTML page.

    source.py   the file: its head, its text, its blocks, each with its line
    runs.py     which trace and which step a block means; steps may be named by what happened there
    facts.py    the numbers and tokens that `{{ step.fact }}` in the text stands for
    views.py    the blocks `view`
    quiz.py     the blocks `quiz`; their keys are computed from the trace
    page.py     the page

A lesson:

    ---
    title: How a model picks a word
    lang: en
    trace: sample:rain
    ---
    The model favored {{ new-winner-drawn.favorite }}.

    ```view
    view: decision
    step: new-winner-drawn
    ```

    ```quiz
    question: Which token did the model favor?
    step: new-winner-drawn
    answer: favorite
    options: [favorite, chosen, second]
    ```
"""
