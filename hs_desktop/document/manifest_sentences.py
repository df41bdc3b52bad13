"""What the program itself calls layers and says of them, in a project's JSON.

A text stands there in English, which is all that older programs know of it. Beside the texts
of a layer stands what they were made of, so that they can be said in another language.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Any

import numpy as np

from engine.sentences import Sentence
from hs_desktop.document.jsonvalues import Fields

_DEEPEST = 3  # sentences within sentences
_MOST_PLACES = 16  # of values in a template
_FORMAT = re.compile(r"[,.\w]{0,4}")  # of a value: a file can't ask for a gigabyte of blanks


def sentences_json(texts: Iterable[str]) -> dict[str, Any]:
    """Of those that are ``Sentence``s: text -> template and values, if they can be read back."""
    said = {str(text): _json(text) for text in texts if isinstance(text, Sentence)}
    known = sentences_of(Fields(said))
    return {text: made_of for text, made_of in said.items() if text in known}


def sentences_of(fields: Fields | None) -> Mapping[str, Sentence]:
    """The same back, since 1.4; what can't be said anew is left out, and stays English."""
    made: dict[str, Sentence] = {}
    if fields is None:
        return made
    for text in fields.names():
        try:
            sentence = _sentence(fields.object(text), len(text), _DEEPEST)
        except (KeyError, ValueError, OverflowError):
            continue
        if sentence == text:
            made[text] = sentence
    return made


def _json(sentence: Sentence) -> dict[str, Any]:
    values = {name: _value_json(value) for name, value in sentence.values.items()}
    return {"template": sentence.template, "values": values}


def _value_json(value: object) -> object:
    if isinstance(value, Sentence):
        return _json(value)
    if isinstance(value, np.generic):
        value = value.item()
    is_number = isinstance(value, int | float) and math.isfinite(value)
    return value if is_number else str(value)


def _sentence(fields: Fields, longest: int, depth: int) -> Sentence:
    """Whatever the template asks for, it is spelt out in little more than ``longest`` letters."""
    template, given = fields.text("template"), fields.mapping("values")
    values = {name: _value(value, longest, depth - 1) for name, value in given.items()}
    if values:
        places = [place for place in Formatter().parse(template) if place[1] is not None]
        _need(len(places) <= _MOST_PLACES)
        for _before, name, form, conversion in places:
            _need(name in values and name.isidentifier() and not conversion)
            _need(_FORMAT.fullmatch(form or "") is not None)
    return Sentence(template, **values)


def _value(value: object, longest: int, depth: int) -> object:
    if isinstance(value, dict):
        _need(depth > 0)
        value = _sentence(Fields(value), longest, depth)
    _need(isinstance(value, str | int | float) and len(str(value)) <= longest + 20)
    return value


def _need(makes_sense: bool) -> None:
    if not makes_sense:
        raise ValueError("a sentence that can't be said")
