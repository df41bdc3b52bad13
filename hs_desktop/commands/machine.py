"""labels and doctor: what the program knows, and what this machine can do."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import os
import platform
from collections.abc import Callable
from typing import Any

from hs_desktop import __version__
from hs_desktop.commands import options
from hs_desktop.commands.terminal import print_json
from hs_desktop.i18n import _, translated

# Distribution -> what is imported of it, to see whether it works.
LIBRARIES = {
    "torch": "torch",
    "diffusers": "diffusers",
    "accelerate": "accelerate",
    "safetensors": "safetensors.torch",
    "opencv-python": "cv2",
    "numpy": "numpy",
    "pillow": "PIL.Image",
    "pillow-heif": "pillow_heif",
    "psd-tools": "psd_tools",
    "rawpy": "rawpy",
    "tifffile": "tifffile",
    "pyside6": "PySide6.QtWidgets",
    "qasync": "qasync",
}

Report = dict[str, Any]


def add_parsers(subparsers: options.Subparsers) -> None:
    labels = subparsers.add_parser(
        "labels",
        help=_("list the classes of a layout"),
        description=_("List the classes of a layout: id, name, colour and groups."),
    )
    options.add_json(labels)
    labels.set_defaults(run=run_labels)

    doctor = subparsers.add_parser(
        "doctor",
        help=_("check the installation"),
        description=_("Check versions, device and model pack, and say what is missing."),
    )
    options.add_models(doctor)
    doctor.set_defaults(run=run_doctor)


def run_labels(args: argparse.Namespace) -> int:
    from engine.labels import CLASSES

    table = [
        {
            "id": int(info.id),
            "name": info.name,
            "colour": list(info.colour),
            "groups": list(info.groups),
        }
        for info in CLASSES
    ]
    if args.json:
        print_json(table)
        return 0
    width = max(len(info.name) for info in CLASSES)
    for info in CLASSES:
        colour = "#{:02x}{:02x}{:02x}".format(*info.colour)
        print(f"{int(info.id):2}  {info.name:{width}}  {colour}  {' '.join(info.groups)}".rstrip())
    return 0


def run_doctor(args: argparse.Namespace) -> int:
    """Exit code 0 if nothing is missing, else 1."""
    report = examine(args.pack, args.device, args.precision)
    if args.json:
        print_json(report)
    else:
        print(format_report(report))
    return 1 if report["missing"] else 0


def examine(
    pack: str | None = None, device: str | None = None, precision: str | None = None
) -> Report:
    """Versions, device and pack, and what is missing; imports every library."""
    missing: list[str] = []
    return {
        "versions": _versions(missing),
        "device": _attempt(lambda: _device(device, precision), missing),
        "pack": _attempt(lambda: _pack(pack), missing),
        "missing": missing,
    }


def format_report(report: Report) -> str:
    """The report for people, some lines."""
    lines: list[str] = []
    for part in ("versions", "device", "pack"):
        lines.append(part)
        lines += [f"  {name:14}{value}" for name, value in report[part].items()]
    lines += [_("missing: {what}").format(what=sentence) for sentence in report["missing"]]
    if not report["missing"]:
        lines.append(_("Nothing is missing."))
    return "\n".join(lines)


def _attempt(look: Callable[[], Report], missing: list[str]) -> Report:
    """What ``look`` finds; what stops it is missing."""
    try:
        return look()
    except Exception as error:  # a broken installation raises whatever it likes
        missing.append(_one_line(error))
        return {}


def _one_line(error: BaseException) -> str:
    return " ".join(translated(error).split()) or type(error).__name__


def _versions(missing: list[str]) -> Report:
    versions: Report = {
        "hs-desktop": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    for library, module in LIBRARIES.items():
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            versions[library] = None
            missing.append(_("The library {name} is not installed.").format(name=library))
            continue
        try:
            importlib.import_module(module)
        except Exception as error:
            missing.append(
                _("The library {name} can't be loaded: {reason}").format(
                    name=library, reason=_one_line(error)
                )
            )
    return versions


def _device(name: str | None, precision: str | None) -> Report:
    import torch

    from engine.devices import choose

    compute = choose(name, precision)
    device = torch.device(compute.device)
    report: Report = {"device": str(compute)}
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        report["name"] = properties.name
        report["memory"] = _gigabytes(properties.total_memory)
    report["cores"] = _cores()
    if (memory := _memory()) is not None:
        report["main memory"] = _gigabytes(memory)
    return report


def _pack(name: str | None) -> Report:
    from engine.packs import find_pack, verify_pack

    folder = find_pack(name)
    manifest = verify_pack(folder)
    return {
        "name": manifest.name,
        "version": manifest.version,
        "licence": manifest.licence,
        "folder": str(folder),
        "checksums": _("all right"),
    }


def _cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> int | None:
    """Bytes of main memory; ``None`` where the system doesn't tell."""
    try:
        import psutil  # type: ignore[import-untyped,unused-ignore]  # comes with accelerate

        return int(psutil.virtual_memory().total)
    except ImportError:
        return None


def _gigabytes(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
