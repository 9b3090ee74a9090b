"""From what a server says to what the answer is: one step, the same for every provider.

Models that think before they answer put their thinking in many places: into tags before the answer, into a field of its
own, into parts of the content, or behind a tag that only the prompt had opened. None of it is the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from locomo.llm.provider import AnswerError
from locomo.llm.types import Response

TAGS: Final = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
)
"""Where thinking begins and ends in what different families of models say."""
_CHANNEL: Final = "<|channel|>"
_FINAL: Final = re.compile(r"<\|channel\|>\s*final[^<]*<\|message\|>")
_BARE_FINAL: Final = re.compile(r"\Aanalysis(?=\S).*?assistant\s?final", re.DOTALL)
"""gpt-oss behind a server that drops the marks of its channels and keeps their names."""
_SPECIAL: Final = re.compile(r"<\|(?:end|return|start|message|channel)\|>.*", re.DOTALL)
_ANSWER_TAGS: Final = re.compile(r"\A<answer>\s*(.*?)\s*(?:</answer>)?\s*\Z", re.DOTALL)
_THOUGHTS: Final = ("thinking", "reasoning", "redacted_thinking", "thought")
"""Types of parts that are no answer."""
EMPTY: Final = "the model gave an empty answer"
CURE: Final = "raise answer.thinking_tokens, or thinking_tokens of the model in models.yaml"


class OnlyThoughtError(AnswerError):
    """The model thought, and its answer never began."""


def with_answer(
    received: Response, content: object, *, stop: Sequence[str] | None = None, thoughts: object = None
) -> Response:
    """Return what was received with the answer in what the server said: `content` is a text, a list of parts or None.

    It is cut at the first of the `stop` sequences behind any thinking, as servers do that know them. `thoughts` is what
    the server said of its thinking in a place of its own. OnlyThoughtError if there is thinking and no answer, another
    AnswerError if there is nothing; both carry what was received.
    """
    said, apart = _joined(content)
    whole, thought, ended = without_thinking(said)
    thought = thought or apart or bool(thoughts)
    text = cut_at_stop(whole, stop)
    if stop and not text.strip():  # servers that take thinking out leave the line breaks behind it
        text = cut_at_stop(whole.lstrip(), stop)
    if text != whole:
        received = replace(received, finish_reason="stop")
    if text.strip():  # an answer that is cut may end in half of a character
        return replace(received, text=text.encode(errors="replace").decode())
    kind = OnlyThoughtError if thought else AnswerError
    if received.finish_reason == "length":
        reason = f": all of max_tokens went into what is not shown; {CURE}"
    elif thought:
        reason = ": it thought and said no more" if ended else f": it was cut while it thought; {CURE}"
    else:
        reason = ""
    raise kind(f"{EMPTY}{reason}", billed=(received,))


def without_thinking(text: str) -> tuple[str, bool, bool]:
    """Return a text without the thinking before the answer, whether there was any, and whether that had ended.

    A text without thinking is returned as it is, to the last space.
    """
    if text.lstrip().startswith(_CHANNEL):
        finals = list(_FINAL.finditer(text))
        return (_SPECIAL.sub("", text[finals[-1].end() :]).strip(), True, True) if finals else ("", True, False)
    if bare := _BARE_FINAL.match(text):
        return text[bare.end() :].lstrip(), True, True
    rest, thought = text, False
    while tags := next((pair for pair in TAGS if rest.lstrip()[: len(pair[0])].lower() == pair[0].lower()), None):
        _, closed, behind = rest.partition(tags[1])
        if not closed:
            return "", True, False
        rest, thought = behind, True
    for opening, closing in TAGS:  # a template may have put the opening tag into the prompt
        if closing in rest and opening not in rest.partition(closing)[0]:
            rest, thought = rest.partition(closing)[2], True
    if not thought:
        return text, False, True
    rest = rest.strip()
    tagged = _ANSWER_TAGS.match(rest)
    return (tagged.group(1) if tagged else rest), True, True


def cut_at_stop(text: str, stop: Sequence[str] | None) -> str:
    """Return the text up to the first stop sequence, as servers do that know them."""
    for sequence in stop or ():
        text = text.partition(sequence)[0]
    return text


def _joined(content: object) -> tuple[str, bool]:
    """Return the text of what may be a list of parts, and whether parts of it were thinking."""
    if isinstance(content, str):
        return content, False
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, Sequence):
        return "", False
    texts, thought = [], False
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif _field(part, "type") in _THOUGHTS or _field(part, "thought") is True:
            thought = True
        else:
            value = _field(part, "text")
            value = _field(value, "value") if isinstance(value, Mapping) else value
            texts.append(value if isinstance(value, str) else "")
    return "".join(texts), thought


def _field(part: Any, name: str) -> Any:
    return part.get(name) if isinstance(part, Mapping) else getattr(part, name, None)
