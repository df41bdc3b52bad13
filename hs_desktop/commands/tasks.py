"""One picture to be made: options -> request, and results -> files.

Used by the commands that make a single picture and, for each of its lines, by ``batch``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputFileError, RequestError
from engine.fileoptions import AS_USUAL, FileOptions
from engine.requests import (
    MAX_SEED,
    REPLACE_HEAD_SAMPLING,
    HeadTransform,
    LayoutRequest,
    ParseRequest,
    ReplaceHeadRequest,
    Request,
    Result,
    RetouchRequest,
    SamplingSettings,
    SwapRequest,
)
from hs_desktop import PROGRAM
from hs_desktop.commands.options import file_options
from hs_desktop.commands.outputs import check_outputs, variation_paths
from hs_desktop.i18n import _

if TYPE_CHECKING:
    from engine.imageio import Photo
    from engine.labels import Layout
    from engine.provenance import Provenance
    from engine.requests import Mask

Options = argparse.Namespace


@dataclass(frozen=True)
class Task:
    """What to read, to ask of the engine and to write.

    Attributes:
        command: the subcommand.
        inputs: the files to read.
        photos: where the pictures go, one a variation; empty for layouts only.
        layout, region: where these go, if they are wanted.
        request: reads the files; raises ``EngineError``.
        sampling: said in the pictures; ``None``: nothing is said of where they come from.
        file_options: how the pictures are written.
    """

    command: str
    inputs: tuple[Path, ...]
    photos: tuple[Path, ...]
    layout: Path | None
    region: Path | None
    request: Callable[[], Request]
    sampling: SamplingSettings | None = None
    file_options: FileOptions = AS_USUAL

    @property
    def outputs(self) -> tuple[Path, ...]:
        return (*self.photos, *(path for path in (self.layout, self.region) if path is not None))

    def check(self) -> None:
        """Raise ``OutputFileError`` where an output can't be written."""
        check_outputs(self.photos, (self.layout, self.region), self.inputs)

    def write(self, results: Sequence[Result]) -> None:
        """Write what the engine gave; each file appears complete or not at all."""
        from engine import imageio

        if self.photos:
            for path, result in zip(self.photos, results, strict=True):
                assert result.photo is not None
                source = self._provenance(result)
                imageio.write_photo(result.photo, path, source, self.file_options)
        if self.layout is not None:
            imageio.write_layout(results[0].layout, self.layout)
        if self.region is not None:
            assert results[0].region is not None
            imageio.write_mask(results[0].region, self.region)

    def _provenance(self, result: Result) -> Provenance | None:
        from engine.provenance import Provenance

        if self.sampling is None:
            return None
        return Provenance.of(result, self.sampling, PROGRAM)

    def report(self, results: Sequence[Result]) -> dict[str, Any]:
        """What ``--json`` prints: of the first variation, and of all where there are several."""
        first = results[0]
        out = self.photos[0] if self.photos else self.layout
        report: dict[str, Any] = {
            "command": self.command,
            "output": str(out),
            "seed": first.seed,
            "milliseconds": rounded(first.milliseconds),
            "pack": first.pack,
            "device": first.device,
            "notes": list(dict.fromkeys(note for result in results for note in result.notes)),
        }
        if len(results) > 1:
            report["variations"] = [
                {
                    "output": str(path),
                    "seed": result.seed,
                    "milliseconds": rounded(result.milliseconds),
                }
                for path, result in zip(self.photos, results, strict=True)
            ]
        return report | fit_report(first)


def rounded(milliseconds: Any) -> dict[str, float]:
    return {stage: round(value, 1) for stage, value in milliseconds.items()}


def fit_report(result: Result) -> dict[str, Any]:
    """How well head and body go together, for a report; nothing of what is no swap."""
    fit = result.fit
    if fit is None:
        return {}
    parts = {name: round(value, 3) for name, value in fit.parts.items()}
    return {"fit": {"score": round(fit.score, 3), "parts": parts, "advice": list(fit.advice)}}


def task_of(args: Options) -> Task:
    """The task of a picture command's options; for ``parse`` of its only image.

    Raises:
        RequestError: the options don't fit together.
    """
    makers: dict[str, Callable[[Options], Task]] = {
        "swap": _swap,
        "layout": _layout,
        "retouch": _retouch,
        "replace-head": _replace_head,
        "parse": lambda args: parse_task(args.image[0], args.out, args.at),
    }
    return makers[args.command](args)


def parse_task(image: Path, out: Path, at: tuple[float, ...] | None = None) -> Task:
    def request() -> Request:
        photo = _photo(image)
        return ParseRequest(photo, _inside(at, photo, image, "--at"))

    return Task("parse", (image,), (), out, None, request)


def _swap(args: Options) -> Task:
    _check_seeds(args, SamplingSettings())
    inputs = (
        args.head, args.body, args.layout, args.region,
        args.head_layout, args.body_layout, args.head_mask,
    )  # fmt: skip
    return Task(
        "swap",
        tuple(path for path in inputs if path is not None),
        variation_paths(args.out, args.variations),
        args.layout_out,
        args.region_out,
        lambda: _swap_request(args),
        _said(args, SamplingSettings()),
        file_options(args),
    )


def _layout(args: Options) -> Task:
    return Task(
        "layout", (args.head, args.body), (), args.out, None,
        lambda: LayoutRequest(_swap_request(args)),
    )  # fmt: skip


def _retouch(args: Options) -> Task:
    _check_seeds(args, SamplingSettings())

    def request() -> Request:
        from engine import imageio

        photo = _photo(args.image)
        mask = imageio.read_mask(args.mask, photo.size)
        if not mask.any():
            raise InputFileError(
                _('The mask "{path}" is all black: nothing is to be retouched.').format(
                    path=args.mask
                ),
                subject=args.mask,
            )
        layout = None if args.layout is None else imageio.read_layout(args.layout, photo.size)
        return RetouchRequest(
            photo, mask, layout, _sampling(args, SamplingSettings()), args.feather,
            args.variations, args.complete, args.match_grain, args.match_skin,
        )  # fmt: skip

    return Task(
        "retouch",
        tuple(path for path in (args.image, args.mask, args.layout) if path is not None),
        variation_paths(args.out, args.variations),
        args.layout_out,
        args.region_out,
        request,
        _said(args, SamplingSettings()),
        file_options(args),
    )


def _replace_head(args: Options) -> Task:
    _check_seeds(args, REPLACE_HEAD_SAMPLING)

    def request() -> Request:
        photo = _photo(args.image)
        return ReplaceHeadRequest(
            photo,
            _inside(args.at, photo, args.image, "--at"),
            _sampling(args, REPLACE_HEAD_SAMPLING),
            args.keep_background,
            args.feather,
            args.variations,
            args.complete,
            args.match_grain,
            args.match_skin,
        )

    return Task(
        "replace-head", (args.image,), variation_paths(args.out, args.variations),
        args.layout_out, args.region_out, request, _said(args, REPLACE_HEAD_SAMPLING),
        file_options(args),
    )  # fmt: skip


def _swap_request(args: Options) -> SwapRequest:
    """Of ``swap``, and of ``layout``, which has only some of the options."""
    from engine import imageio

    head, body = _photo(args.head), _photo(args.body)
    given = vars(args)

    def layout(name: str, photo: Photo) -> Layout | None:
        path = given.get(name)
        return None if path is None else imageio.read_layout(path, photo.size)

    def mask(name: str, photo: Photo) -> Mask | None:
        path = given.get(name)
        return None if path is None else imageio.read_mask(path, photo.size)

    default = HeadTransform()
    return SwapRequest(
        head,
        body,
        head_at=_inside(args.head_at, head, args.head, "--head-at"),
        body_at=_inside(args.body_at, body, args.body, "--body-at"),
        transform=HeadTransform(
            shift=default.shift if args.shift is None else args.shift,
            scale=default.scale if args.scale is None else args.scale,
            rotate=default.rotate if args.rotate is None else args.rotate,
            flip=args.flip,
        ),
        sampling=_sampling(args, SamplingSettings()),
        keep_background=args.keep_background,
        layout=layout("layout", body),
        region=mask("region", body),
        feather=given.get("feather"),
        variations=given.get("variations", SwapRequest.variations),
        head_layout=layout("head_layout", head),
        body_layout=layout("body_layout", body),
        head_mask=mask("head_mask", head),
        complete=given.get("complete", SwapRequest.complete),
        match_grain=given.get("match_grain", SwapRequest.match_grain),
        match_skin=given.get("match_skin", SwapRequest.match_skin),
        head_skin=given.get("head_skin", SwapRequest.head_skin),
        body_skin=given.get("body_skin", SwapRequest.body_skin),
        match_light=given.get("match_light", SwapRequest.match_light),
    )


def _photo(path: Path) -> Photo:
    from hs_desktop.reading import read_picture

    return read_picture(path)


def _sampling(args: Options, default: SamplingSettings) -> SamplingSettings:
    """``default`` with what was given instead."""

    def given(name: str) -> Any:
        value = getattr(args, name, None)
        return getattr(default, name) if value is None else value

    return SamplingSettings(given("seed"), given("guidance"), given("steps"), given("strength"))


def _said(args: Options, default: SamplingSettings) -> SamplingSettings | None:
    """What is said in the picture of how it was made."""
    return _sampling(args, default) if args.provenance else None


def _check_seeds(args: Options, default: SamplingSettings) -> None:
    seed = _sampling(args, default).seed
    if seed + args.variations - 1 > MAX_SEED:
        raise RequestError(
            _("There are no {count} seeds from {seed} on: the last is {last}.").format(
                count=args.variations, seed=seed, last=MAX_SEED
            ),
            subject=seed,
        )


def _inside(
    at: tuple[float, ...] | None, photo: Photo, path: Path, option: str
) -> tuple[float, ...] | None:
    """``at`` if it lies in the photo."""
    if at is None:
        return None
    xs, ys = at[0::2], at[1::2]
    if min(xs) < 0 or min(ys) < 0 or max(xs) > photo.width or max(ys) > photo.height:
        raise RequestError(
            _('{option} {place} lies outside of "{path}", {width} x {height} pixels.').format(
                option=option, place=",".join(f"{v:g}" for v in at), path=path,
                width=photo.width, height=photo.height,
            ),
            subject=at,
        )  # fmt: skip
    return at
