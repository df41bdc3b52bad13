"""What the engine says to people: in English, and so that it can be said in another language."""

from __future__ import annotations

from collections.abc import Mapping


class Sentence(str):
    """An English sentence that remembers what it was made of.

    ``Sentence('"{path}" is empty.', path=path)`` is the plain text, and whoever shows it may
    translate ``template`` and put ``values`` into the translation. The engine itself knows of
    no language; the tool that brings translations up to date finds the templates here.

    Args:
        template: a literal, with the names of the values in braces; without any values it is
            taken as it stands.
        values: what goes in; a ``Sentence`` among them is translated, too.

    Attributes:
        template, values: as given.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Sentence:
        sentence = super().__new__(cls, template.format(**values) if values else template)
        sentence.template, sentence.values = template, values
        return sentence
