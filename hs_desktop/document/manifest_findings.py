"""What the engine has found, in a project's JSON, and back. All of it may be missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.requests import Box, HeadPlace
from hs_desktop.document.events import Side
from hs_desktop.document.findings import Findings
from hs_desktop.document.jsonvalues import Fields
from hs_desktop.document.state import ProjectState


def add_findings(manifest: dict[str, Any], state: ProjectState) -> None:
    """What is known of the photos there are; what only undo could bring back is left out."""
    for side in Side:
        people = state.findings.people.get(state.photo_id(side) or "")
        if people is not None:
            manifest[side.value]["people"] = [_list(box) for box in people]
    place = None if state.pair is None else state.findings.places.get(state.pair)
    if place is not None:
        manifest["head_place"] = {
            "box": _list(place.box), "centre": _list(place.centre), "axis": float(place.axis),
        }  # fmt: skip


def findings_of(fields: Fields, state: ProjectState) -> Findings:
    """Of a manifest; raises as ``from_manifest`` does. Before 1.2 there are none.

    Args:
        fields: the manifest.
        state: with the photos that it is about.
    """
    findings = Findings()
    for side in Side:
        part, photo = fields.object(side.value), state.photo_id(side)
        boxes = part.optional("people", part.items)
        if boxes is not None and photo is not None:
            people = tuple(_box(Fields({"box": box})) for box in boxes)
            findings = findings.with_people(photo, people)
    place = fields.optional("head_place", fields.object)
    if place is not None and state.pair is not None:
        x, y = place.numbers("centre", 2)
        stands = HeadPlace(_box(place), (x, y), place.number("axis"))
        findings = findings.with_place(state.pair, stands)
    return findings


def _list(numbers: Iterable[float]) -> list[float]:
    """As Python's own numbers: what the engine gives may be numpy's."""
    return [float(number) for number in numbers]


def _box(fields: Fields) -> Box:
    x0, y0, x1, y1 = fields.numbers("box", 4)
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"a box from {x0}, {y0} to {x1}, {y1}")
    return x0, y0, x1, y1
