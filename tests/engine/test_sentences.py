"""What the engine says can be said in another language."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
from collections.abc import Iterator
from pathlib import Path

from engine import errors
from engine.errors import Cancelled, InputFileError
from engine.sentences import Sentence

ENGINE = Path(errors.__file__).parent
ERRORS = {
    name
    for name, thing in vars(errors).items()
    if inspect.isclass(thing) and issubclass(thing, errors.EngineError)
}


def test_a_sentence_is_plain_text() -> None:
    sentence = Sentence('"{path}" has {count:.1f} {things}.', path="a", count=2, things="b")
    assert sentence == '"a" has 2.0 b.'
    assert sentence.template == '"{path}" has {count:.1f} {things}.'
    assert sentence.values == {"path": "a", "count": 2, "things": "b"}


def test_without_values_braces_are_braces() -> None:
    assert Sentence("{x} is no {y}") == "{x} is no {y}"


def test_copies_keep_what_they_were_made_of() -> None:
    sentence = Sentence("{path} is empty.", path="{x}")
    for twin in (
        copy.copy(sentence),
        copy.deepcopy(sentence),
        pickle.loads(pickle.dumps(sentence)),
    ):
        assert twin == "{x} is empty."
        assert (twin.template, twin.values) == (sentence.template, sentence.values)


def test_errors_say_the_plain_text() -> None:
    error = InputFileError(Sentence("{path} is empty.", path="a.png"), subject="a.png")
    assert str(error) == "a.png is empty."
    assert isinstance(error.sentence, Sentence)
    assert str(Cancelled()) == "The job was cancelled."


def _said() -> Iterator[tuple[str, ast.expr]]:
    """Where, and the first argument, of every error and note of the engine."""
    for path in sorted(ENGINE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            function = node.func
            is_error = isinstance(function, ast.Name) and function.id in ERRORS
            is_note = isinstance(function, ast.Attribute) and function.attr == "note"
            if is_error or is_note:
                yield f"{path.relative_to(ENGINE.parent)}:{node.lineno}", node.args[0]


def test_whatever_is_told_can_be_translated() -> None:
    """The tool that brings translations up to date finds calls of ``Sentence``."""
    said = list(_said())
    assert len(said) > 40
    wrong = [
        where
        for where, what in said
        if not (
            isinstance(what, ast.Name)  # a sentence made elsewhere; types see to that
            or (
                isinstance(what, ast.Call)
                and isinstance(what.func, ast.Name)
                and what.func.id == "Sentence"
            )
        )
    ]
    assert wrong == []
