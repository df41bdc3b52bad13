"""The model packs there are: those that come with the program, and the user's own."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.errors import PackError
from engine.packs import MANIFEST, PackManifest, load_manifest, verify_pack
from engine.resources import resource_path
from hs_desktop.i18n import _, translated

_LARGEST = 32 << 30  # bytes of an unpacked pack


@dataclass(frozen=True)
class InstalledPack:
    """A pack to be chosen.

    Attributes:
        key: what the preference ``pack`` is set to: the name of an embedded one, else its folder.
        folder: where it lies.
        embedded: whether it comes with the program.
        manifest: ``None`` where it can't be read.
        fault: why, as a sentence.
    """

    key: str
    folder: Path
    embedded: bool
    manifest: PackManifest | None
    fault: str = ""


def installed_packs(own: Path) -> list[InstalledPack]:
    """Embedded packs, then those in the folder ``own``, by name."""
    return [
        *_in_folder(resource_path("models"), embedded=True),
        *_in_folder(own, embedded=False),
    ]


def import_pack(source: Path, own: Path) -> Path:
    """Copy a pack, a folder or a zip, into the folder ``own``, once its checksums are right.

    Only what its ``pack.json`` names is taken.

    Raises:
        PackError: it is none, is damaged, is there already, or can't be copied.
    """

    def make(folder: Path) -> None:
        if source.is_dir():
            _copy(_root(source), folder)
        else:
            unpacked = folder.with_name("zip")
            _unzip(source, unpacked)
            _copy(_root(unpacked), folder)

    return _installed(make, source, own)


def import_model(source: Path, base: Path, own: Path) -> Path:
    """A pack in the folder ``own``, as ``base`` but for the trained model in ``source``.

    Takes some seconds: the model is loaded, to see that it can be.

    Args:
        source: a model's folder, weights or checkpoint, or the folder of a training run.
        base: the folder of a pack.
        own: of the user's packs.

    Raises:
        PackError: there is no model, it doesn't fit, or the pack is there already.
    """

    def make(folder: Path) -> None:
        from engine.checkpoints import as_model
        from engine.training.replacing import replace_model  # brings torch along

        with as_model(source) as model:
            replace_model(base, model, folder)

    return _installed(make, source, own)


def is_pack(source: Path) -> bool:
    """Whether a folder is a pack, or holds one; else it may be a model."""
    return any(source.glob(MANIFEST)) or any(source.glob(f"*/{MANIFEST}"))


# --- parts -------------------------------------------------------------------------------------


def _installed(make: Callable[[Path], None], source: Path, own: Path) -> Path:
    """The pack that ``make`` writes into a folder, verified and moved to ``own``."""
    try:
        own.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=own) as aside:
            folder = Path(aside) / "pack"
            make(folder)
            manifest = verify_pack(folder)
            target = own / f"{_plain(manifest.name)}-{_plain(manifest.version)}"
            if target.exists():
                sentence = _("The pack {name} {version} is installed already.")
                raise PackError(
                    sentence.format(name=manifest.name, version=manifest.version), subject=source
                )
            folder.rename(target)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        sentence = _('"{path}" can\'t be imported: {reason}.')
        raise PackError(sentence.format(path=source, reason=reason), subject=source) from error
    return target


def _in_folder(folder: Path, *, embedded: bool) -> list[InstalledPack]:
    found = []
    for path in sorted(folder.glob(f"*/{MANIFEST}")):
        key = path.parent.name if embedded else str(path.parent)
        try:
            manifest, fault = load_manifest(path.parent), ""
        except PackError as error:
            manifest, fault = None, translated(error)
        found.append(InstalledPack(key, path.parent, embedded, manifest, fault))
    return found


def _root(folder: Path) -> Path:
    """The pack within what was unpacked: the folder itself, or the only one in it."""
    if (folder / MANIFEST).is_file():
        return folder
    inner = [path.parent for path in folder.glob(f"*/{MANIFEST}")]
    if len(inner) != 1:
        sentence = _('"{path}" holds no model pack: there is no {name} in it.')
        raise PackError(sentence.format(path=folder, name=MANIFEST), subject=folder)
    return inner[0]


def _copy(source: Path, target: Path) -> None:
    manifest = load_manifest(source)
    target.mkdir()
    for name in (MANIFEST, *manifest.files):
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            sentence = _('The pack "{path}" names a file outside of itself: {name}.')
            raise PackError(sentence.format(path=source, name=name), subject=source)
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_file():  # else ``verify_pack`` says what is missing
            shutil.copyfile(source / name, target / name)


def _unzip(source: Path, target: Path) -> None:
    with zipfile.ZipFile(source) as archive:
        if sum(info.file_size for info in archive.infolist()) > _LARGEST:
            sentence = _('"{path}" is too large for a model pack.')
            raise PackError(sentence.format(path=source), subject=source)
        archive.extractall(target)


def _plain(text: str) -> str:
    """Letters, digits, dots and hyphens: good for a file name anywhere."""
    kept = "".join(c if c.isalnum() or c in ".-" else "-" for c in text)
    return kept.strip(".-") or "pack"
