"""GIMP opens what is saved and exported, with the document's own layers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hs_desktop.document import commands as c
from hs_desktop.document import hsd
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.export import export
from hs_desktop.document.layers import Layer, LayoutLayer, MaskLayer, PhotoLayer, PictureLayer
from hs_desktop.document.variation import Variation
from tests.hs_desktop.document.projects import full_document, photo, picture, variation

PATIENCE = 600.0  # seconds; the first start of GIMP looks through all its plug-ins
# Debian's GIMP 2 came without the plug-in for OpenRaster; every GIMP 3 has it.
GIMP = shutil.which("gimp-console-3.0") or shutil.which("gimp-console-3")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(GIMP is None, reason="there is no GIMP 3"),
]

# Writes what a file's layers are as JSON, the topmost first.
SCRIPT = r"""
(define (joined texts)
  (cond ((null? texts) "")
        ((null? (cdr texts)) (car texts))
        (else (string-append (car texts) "," (joined (cdr texts))))))
(define (listed layers) (string-append "[" (joined (map told (vector->list layers))) "]"))
(define (whether value) (if (or (eqv? value TRUE) (eq? value #t)) "true" "false"))
(define (told layer)
  (let ((at (gimp-drawable-get-offsets layer)))
    (string-append "[" (joined (list
      (string-append "\"" (car (gimp-item-get-name layer)) "\"")
      (whether (car (gimp-item-get-visible layer)))
      (number->string (car (gimp-layer-get-opacity layer)))
      (number->string (car at)) (number->string (cadr at))
      (number->string (car (gimp-drawable-get-width layer)))
      (number->string (car (gimp-drawable-get-height layer)))
      (if (string=? (whether (car (gimp-item-is-group layer))) "true")
        (listed (car (gimp-item-get-children layer)))
        "null"))) "]")))
(define (tell image out)
  (let ((port (open-output-file out)))
    (display (listed (car (gimp-image-get-layers image))) port)
    (close-output-port port)))
"""

Told = list[Any]  # name, visible, opacity in percent, x, y, width, height, children or None


def in_gimp(path: Path) -> list[Told]:
    """The layers of a file, as GIMP has them.

    It goes by the suffix; of one it doesn't know the user says what it is, as is said here.
    """
    assert GIMP is not None
    out = path.with_name("told.json")
    load = f'(gimp-file-load RUN-NONINTERACTIVE "{path}")'
    if path.suffix == ".hsd":
        load = f'(file-openraster-load #:file "{path}")'
    run = subprocess.run(
        [GIMP, "-i", "-d", "-f", "--batch-interpreter=plug-in-script-fu-eval",
         "-b", f'{SCRIPT}(tell (car {load}) "{out}")', "--quit"],
        env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert out.exists(), run.stdout + run.stderr
    layers: list[Told] = json.loads(out.read_text(encoding="utf-8"))
    return [_with_own_name(layer) for layer in layers]


def _with_own_name(layer: Told) -> Told:
    """GIMP wants names that are unique in the whole picture: it adds ``#1`` to the second."""
    children = layer[-1] and [_with_own_name(child) for child in layer[-1]]
    return [re.sub(r" #\d+$", "", layer[0]), *layer[1:-1], children]


def project() -> Document:
    """Two photos, two results, a picture half to be seen beyond the edge, names in Korean."""
    document = full_document()
    body = photo((60, 40), 2)
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="몸", photo=body)))
    document.do(c.add_layer(Side.RESULT, variation(body, "시드 6", 6)))
    document.do(c.add_layer(Side.RESULT, picture((8, 12))))
    over = document.result.layers[-1]
    document.do(c.rename_layer(over.id, "치유 <&>"))
    document.do(c.change_layer(over.id, opacity=0.4, position=(50, 31)))
    document.do(c.change_layer(document.body.layers[0].id, visible=False))
    return document


def expected(layer: Layer, shown: bool) -> Told | None:
    at, size = (0, 0), layer.size
    if isinstance(layer, MaskLayer):
        return None
    if isinstance(layer, Variation):
        at, size = layer.patch.at, (layer.patch.rect.width, layer.patch.rect.height)
    elif isinstance(layer, PictureLayer):
        at = layer.position
    elif isinstance(layer, LayoutLayer):
        shown = False
    return [layer.name, shown, pytest.approx(100 * layer.opacity, abs=0.3), *at, *size, None]


@pytest.mark.parametrize("suffix", ["ora", "hsd"])
def test_a_project(tmp_path: Path, suffix: str) -> None:
    """Renamed, and under its own name as well."""
    document = project()
    hsd.save(document, tmp_path / "saved.hsd")
    layers = in_gimp((tmp_path / "saved.hsd").rename(tmp_path / f"job.{suffix}"))
    assert [(group[0], group[1]) for group in layers] == [
        ("Result", True), ("Body", True), ("Head", False),
    ]  # fmt: skip
    for group, side in zip(layers, (Side.RESULT, Side.BODY, Side.HEAD), strict=True):
        stack = document.state.stack(side)
        shown = {layer.id for layer in stack.shown}
        wanted = [expected(layer, layer.id in shown) for layer in reversed(stack.layers)]
        assert group[-1] == [layer for layer in wanted if layer is not None]


@pytest.mark.parametrize("suffix", ["ora", "psd"])
def test_an_export(tmp_path: Path, suffix: str) -> None:
    document = project()
    export(document.state, tmp_path / f"job.{suffix}")
    layers = in_gimp(tmp_path / f"job.{suffix}")
    names = ["치유 <&>", "시드 6", "Picture", "Variation", "몸", "Photo"]
    assert [layer[0] for layer in layers] == names
    assert [layer[1] for layer in layers] == [True, True, True, True, True, False]
    for layer, at, size in ((layers[0], [50, 31], [8, 12]), (layers[2], [-3, 5], [20, 10])):
        assert layer[3:7] == [*at, *size]
    assert layers[0][2] == pytest.approx(40, abs=0.3)
    for group in (layers[1], layers[3]):
        assert [part[0] for part in group[-1]] == ["Generated", "Head"]
        for part in group[-1]:
            assert part[3:7] == pytest.approx([12, 10, 18, 15], abs=8)
    assert layers[4][3:7] == [0, 0, 60, 40]
