"""Bring the translations in line with the sources: ``python packaging/translations.py [CODE...]``.

Each ``resources/translations/CODE/LC_MESSAGES/hs_desktop.po`` takes up the sentences that are
new and drops those that are gone; the ``.mo`` beside it, which the program loads, is compiled
from it. A code that has no catalogue yet gets an empty one.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "translations"
DOMAIN = "hs_desktop"
SOURCES = ("main.py", "engine", "hs_desktop")
# Function -> which of its arguments is a sentence. The engine knows of no language: the names of
# its classes and what it says are translated where they are shown.
FUNCTIONS = {"_": 0, "N_": 0, "ClassInfo": 1, "Sentence": 0}


@dataclass(frozen=True)
class Call:
    """A call of one of ``FUNCTIONS``.

    Attributes:
        path: of the file, relative to ``ROOT``.
        line: from 1.
        function: which one.
        argument: its argument that should be a sentence; ``None`` where it has none.
        at_import: whether it is called while its module is imported.
    """

    path: str
    line: int
    function: str
    argument: ast.expr | None
    at_import: bool

    @property
    def sentence(self) -> str | None:
        """The literal; ``None`` where something else is given."""
        if isinstance(self.argument, ast.Constant) and isinstance(self.argument.value, str):
            return self.argument.value
        return None


def calls() -> Iterator[Call]:
    """All of them in ``SOURCES``, file by file."""
    for name in SOURCES:
        source = ROOT / name
        for path in sorted(source.rglob("*.py")) if source.is_dir() else [source]:
            tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
            yield from _calls(tree, path.relative_to(ROOT).as_posix(), at_import=True)


def _calls(node: ast.AST, path: str, *, at_import: bool) -> Iterator[Call]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        at_import = False
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        position = FUNCTIONS.get(node.func.id)
        if position is not None:
            argument = node.args[position] if position < len(node.args) else None
            yield Call(path, node.lineno, node.func.id, argument, at_import)
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, path, at_import=at_import)


def template() -> Catalog:
    """Every sentence of the sources, untranslated."""
    catalog = Catalog(project="HS Desktop", domain=DOMAIN)
    for call in calls():
        if call.sentence:
            catalog.add(call.sentence, locations=[(call.path, call.line)])
    return catalog


def catalogue_path(code: str, suffix: str) -> Path:
    """Of the language ``code``; ``suffix`` is ``".po"`` or ``".mo"``."""
    return FOLDER / code / "LC_MESSAGES" / (DOMAIN + suffix)


def read(code: str) -> Catalog:
    """What is translated into a language; empty where nothing is."""
    path = catalogue_path(code, ".po")
    if path.is_file():
        with path.open("rb") as file:
            return read_po(file, locale=code, domain=DOMAIN)
    heading = f"# HS Desktop's translation into the language {code!r}."
    return Catalog(
        code, DOMAIN, heading, "HS Desktop", "1",
        msgid_bugs_address="", last_translator="", language_team="", fuzzy=False,
    )  # fmt: skip


def update(code: str) -> str:
    """Write both files of a language; returns what there is to be said about them."""
    catalog, known = read(code), template()
    former = {message.id for message in catalog if message.id}
    # A sentence that was changed is a new one: what the old one said may be wrong now.
    catalog.update(known, no_fuzzy_matching=True, update_creation_date=False)
    sentences = [message for message in catalog if message.id]
    for message in sentences:
        message.flags.discard("python-format")  # "100 % is" only looks like one
    po = catalogue_path(code, ".po")
    po.parent.mkdir(parents=True, exist_ok=True)
    with po.open("wb") as file:
        write_po(file, catalog, width=100, ignore_obsolete=True, include_lineno=False)
    with catalogue_path(code, ".mo").open("wb") as file:
        write_mo(file, catalog)
    now = {message.id for message in sentences}
    missing = sum(not message.string or message.fuzzy for message in sentences)
    return (
        f"{code}: {len(now)} sentences, {len(now - former)} new, {len(former - now)} gone, "
        f"{missing} to be translated"
    )


def main(codes: Sequence[str]) -> None:
    for code in codes or sorted(path.name for path in FOLDER.iterdir() if path.is_dir()):
        print(update(code))


if __name__ == "__main__":
    main(sys.argv[1:])
