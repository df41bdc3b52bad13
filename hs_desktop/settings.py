"""Every setting declared once: type, default, range, label, help. Panels are made from this.

Labels and helps are marked with ``N_`` and translated where they are shown: ``_(row.label)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from engine.engine import CACHE_BYTES
from engine.fileoptions import AS_USUAL
from engine.packs import DEFAULT_PACK
from engine.requests import MAX_SEED, SamplingSettings
from hs_desktop.document.settings import SwapSettings
from hs_desktop.i18n import N_

Value = bool | int | float | str | None


@dataclass(frozen=True)
class Setting:
    """One row of a panel.

    Attributes:
        key: its name in files and, for sampling, in ``SwapSettings`` or ``SamplingSettings``.
        default: says the type, too; ``None`` with ``optional``.
        label, help: in English, to be translated where they are shown.
        low, high, step: of numbers; ``step`` 1 makes whole numbers.
        unit: behind the number, with the space between them.
        percent: of a share, which is shown times 100, with % behind it.
        choices: (value, label) of a choice.
        optional: ``None`` is a value: "automatic".
        option: the command line's option that sets the same.
        only_new: takes effect when the program starts the next time.
        path: of a text that is a path: whether of a ``"file"`` or a ``"folder"``.
    """

    key: str
    default: Value
    label: str
    help: str
    low: float = 0.0
    high: float = 1.0
    step: float = 0.0
    unit: str = ""
    percent: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    optional: bool = False
    option: str = ""
    only_new: bool = False
    path: str = ""

    @property
    def kind(self) -> type:
        """``bool``, ``int``, ``float`` or ``str``."""
        if self.choices or isinstance(self.default, str):
            return str
        if isinstance(self.default, bool):
            return bool
        return int if self.step == 1 else float

    def checked(self, value: object) -> Value:
        """``value`` as this setting takes it, limits applied.

        Raises:
            ValueError: it can't be one.
        """
        if value is None and self.optional:
            return None
        if self.kind is str:
            if not isinstance(value, str) or (
                self.choices and value not in {choice for choice, _label in self.choices}
            ):
                raise ValueError(f"{self.key}: {value!r}")
            return value
        if self.kind is bool:
            if not isinstance(value, bool):
                raise ValueError(f"{self.key}: {value!r}")
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            raise ValueError(f"{self.key}: {value!r}")
        # Not by way of float: a seed may have more digits than that holds.
        limited = min(max(value, self.low), self.high)
        return int(limited) if self.kind is int else float(limited)


SAMPLING: tuple[Setting, ...] = (
    Setting(
        "seed", SamplingSettings.seed, N_("Seed"),
        N_("The same seed gives the same picture again; another one gives another."),
        0, MAX_SEED, 1, option="--seed",
    ),
    Setting(
        "guidance", SamplingSettings.guidance, N_("Guidance"),
        N_("How strictly the picture follows the layout: 1 = freely; high values look harsh."),
        1.0, 6.0, 0.1, option="--guidance",
    ),
    Setting(
        "steps", SamplingSettings.steps, N_("Steps"),
        N_("Denoising steps: few keep texture, more calm it; near strength 1 take 20."),
        1, 100, 1, option="--steps",
    ),
    Setting(
        "strength", SamplingSettings.strength, N_("Strength"),
        N_("How far the sampler may leave its first estimate: low is safe, high is free."),
        0.05, 1.0, 0.05, option="--strength",
    ),
    Setting(
        "variations", SwapSettings.variations, N_("Results"),
        N_("How many results to make, with one seed after the other."),
        1, 16, 1, option="--variations",
    ),
    Setting(
        "keep_background", SwapSettings.keep_background, N_("Keep background"),
        N_("Keep the body photo outside the old head; off: only head and body are kept."),
        option="--no-keep-background",
    ),
    Setting(
        "feather", SwapSettings.feather, N_("Feather"),
        N_("Width of the soft rim of what is made anew; automatic fits it to the head's size."),
        0.0, 200.0, 0.5, unit=" px", optional=True, option="--feather",
    ),
    Setting(
        "complete", SwapSettings.complete, N_("Complete from photo"),
        N_("Complete uncovered background and clothes from the photo's own; off: the model makes "
           "them up."),
        option="--no-complete",
    ),
    Setting(
        "match_grain", SwapSettings.match_grain, N_("Match grain"),
        N_("Give what is made anew the grain of the photo around it."),
        option="--no-match-grain",
    ),
    Setting(
        "match_skin", SwapSettings.match_skin, N_("Fit new skin"),
        N_("Bring the new neck's tone between that of the face and that of the body."),
        option="--no-match-skin",
    ),
    Setting(
        "head_skin", SwapSettings.head_skin, N_("Head's skin"),
        N_("Bring the head's skin to the tone of the body's; 0 % leaves it as it is."),
        0.0, 1.0, 0.01, percent=True, option="--head-skin",
    ),
    Setting(
        "body_skin", SwapSettings.body_skin, N_("Body's skin"),
        N_("Bring the body's skin, hands and chest too, to the tone of the head's; 0 % leaves it "
           "as it is."),
        0.0, 1.0, 0.01, percent=True, option="--body-skin",
    ),
    Setting(
        "match_light", SwapSettings.match_light, N_("Head's light"),
        N_("Bring the head's exposure and white balance to those of the body photo; 0 % leaves "
           "them as they are."),
        0.0, 1.0, 0.01, percent=True, option="--match-light",
    ),
)  # fmt: skip

PREFERENCES: tuple[Setting, ...] = (
    Setting(
        "theme", "dark", N_("Theme"), N_("Dark keeps the photo the brightest thing on the screen."),
        choices=(("dark", N_("Dark")), ("light", N_("Light")), ("system", N_("As the system"))),
    ),
    Setting(
        "language", "system", N_("Language"), N_("Of menus and messages."),
        choices=(("system", N_("As the system")), ("en", "English"), ("ko", "한국어")),
        only_new=True,
    ),
    Setting(
        "device", "auto", N_("Device"),
        N_("What the models run on; automatic takes the fastest there is."),
        choices=(
            ("auto", N_("Automatic")), ("cuda", N_("NVIDIA GPU (CUDA)")),
            ("mps", N_("Apple GPU (MPS)")), ("cpu", N_("Processor (CPU)")),
        ),
        only_new=True, option="--device",
    ),
    Setting(
        "precision", "auto", N_("Precision"),
        N_("What the models compute in: automatic takes what is fast on the device."),
        choices=(
            ("auto", N_("Automatic")), ("bf16", N_("bf16, fast")),
            ("fp16", N_("fp16, on a GPU only")), ("fp32", N_("fp32, exact")),
        ),
        only_new=True, option="--precision",
    ),
    Setting(
        "pack", DEFAULT_PACK, N_("Model pack"),
        N_("The models that make the picture; see the model manager."),
        only_new=True, option="--pack",
    ),
    Setting(
        "pack_folder", "", N_("Pack folder"),
        N_("Where imported model packs lie; where it is empty, in the program's own folder."),
        path="folder",
    ),
    Setting(
        "engine_memory", CACHE_BYTES >> 20, N_("Engine memory"),
        N_("For intermediate results, so that another seed doesn't start from the beginning."),
        128, 8192, 1, unit=" MB", only_new=True,
    ),
    Setting(
        "undo_memory", 256, N_("Undo memory"),
        N_("Pixels that undo may hold on to; older steps are forgotten first."),
        64, 8192, 1, unit=" MB",
    ),
    Setting(
        "variation_memory", 512, N_("Variations' memory"),
        N_("Older results go when this is used up, starred ones never."),
        64, 8192, 1, unit=" MB",
    ),
    Setting(
        "autosave_seconds", 20, N_("Autosave every"),
        N_("What isn't saved yet is kept this often, for the case of a crash."),
        5, 25, 1, unit=N_(" s"),  # and some to write it: what is lost is less than 30 s old
    ),
    Setting(
        "quality", AS_USUAL.quality, N_("Quality"),
        N_("Of JPEG and WebP: higher values keep more and make larger files."),
        1, 100, 1, option="--quality",
    ),
    Setting(
        "lossless", AS_USUAL.lossless, N_("Lossless WebP"),
        N_("Without any loss, in a larger file; quality doesn't count then."),
        option="--lossless",
    ),
    Setting(
        "bits", "source", N_("Bit depth"),
        N_("Of PNG and TIFF, a channel: 16 bits leave more room for what is done afterwards."),
        choices=(
            ("source", N_("As the photo")), ("8", N_("8 bits")), ("16", N_("16 bits")),
        ),
        option="--bits",
    ),
    Setting(
        "provenance", True, N_("Write provenance"),
        N_("Say in the file (IPTC, XMP) that a part of the picture was made by a trained model."),
        option="--no-provenance",
    ),
    Setting(
        "screen_profile", "", N_("Screen profile"),
        N_("The ICC profile that your screen was calibrated to; where it is empty, what the "
           "system tells, else sRGB."),
        path="file",
    ),
    Setting(
        "show_welcome", True, N_("Welcome at start"), N_("Begin with recent projects."),
    ),
)  # fmt: skip


def setting(key: str) -> Setting:
    """The declared setting of this key; ``KeyError`` where there is none."""
    for row in (*SAMPLING, *PREFERENCES):
        if row.key == key:
            return row
    raise KeyError(key)


def swap_values(settings: SwapSettings) -> dict[str, Any]:
    """The sampling panel's values by key."""
    values = {f.name: getattr(settings, f.name) for f in fields(settings)}
    sampling = values.pop("sampling")
    return {**{f.name: getattr(sampling, f.name) for f in fields(sampling)}, **values}


def checked_values(values: Mapping[str, object], rows: tuple[Setting, ...]) -> dict[str, Value]:
    """What of ``values`` belongs to ``rows`` and makes sense there."""
    kept: dict[str, Value] = {}
    for row in rows:
        if row.key in values:
            try:
                kept[row.key] = row.checked(values[row.key])
            except ValueError:
                continue
    return kept
