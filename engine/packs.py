"""Model packs: a folder with ``pack.json`` and one diffusers folder a model.

``pack.json``: name, version, licence, class scheme, provenance, and the sha256 of each file.
Weights are safetensors; nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from engine.errors import PackError
from engine.resources import resource_path
from engine.sentences import Sentence

DEFAULT_PACK = "compact-256"
MANIFEST = "pack.json"
FORMAT = 1
MODELS = ("finder", "parser", "autoencoder", "layout_generator", "denoiser")
CLASS_SCHEME = "hs-16"
FRAME_SIZE = 256  # as in ``framing``, which is too heavy to be imported here


@dataclass(frozen=True)
class PackManifest:
    """What ``pack.json`` says.

    Attributes:
        name, version, licence: as shown to the user.
        format: of this file; a newer one is refused.
        class_scheme: which class ids the layouts hold.
        frame_size: of the canonical frame, px.
        provenance: data, commands, minutes, figures; free-form.
        files: path inside the pack -> sha256, lower-case hex.
    """

    name: str
    version: str
    licence: str
    format: int = FORMAT
    class_scheme: str = CLASS_SCHEME
    frame_size: int = FRAME_SIZE
    provenance: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def find_pack(name: str | Path | None = None) -> Path:
    """The folder of a pack, by name (an embedded one) or path; the default one for ``None``.

    Raises:
        PackError: there is no such pack.
    """
    wanted = DEFAULT_PACK if name is None else name
    embedded = resource_path("models") / str(wanted)
    folders = (embedded,) if name is None else (Path(name), embedded)
    for folder in folders:
        if (folder / MANIFEST).is_file():
            return folder
    raise PackError(Sentence("There is no model pack '{wanted}'.", wanted=wanted), subject=wanted)


def load_manifest(folder: Path) -> PackManifest:
    """Read ``pack.json``; raises ``PackError`` if it is damaged or from a newer version."""
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] > FORMAT:  # looked at first: a newer file may hold what we don't know
            raise PackError(
                Sentence("The pack {path} needs a newer version of HS Desktop.", path=folder),
                subject=folder,
            )
        manifest = PackManifest(**data)
        if not isinstance(manifest.files, dict):
            raise TypeError("files")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise PackError(
            Sentence("{path} can't be read as a model pack.", path=path), subject=path
        ) from error
    for key, found, wanted in (
        (Sentence("classes"), manifest.class_scheme, CLASS_SCHEME),
        (Sentence("frame size"), manifest.frame_size, FRAME_SIZE),
    ):
        if found != wanted:
            raise PackError(
                Sentence(
                    "The pack {path} has the {key} '{found}', not '{wanted}'.",
                    path=folder,
                    key=key,
                    found=found,
                    wanted=wanted,
                ),
                subject=folder,
            )
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_pack(folder: Path) -> PackManifest:
    """Check every file of a pack against its sha256.

    Raises:
        PackError: a file is missing or was changed; the sentence names it.
    """
    manifest = load_manifest(folder)
    missing = [m for m in MODELS if not any(f.startswith(f"{m}/") for f in manifest.files)]
    if missing:
        raise PackError(
            Sentence("The pack {path} lacks the model '{model}'.", path=folder, model=missing[0]),
            subject=folder,
        )
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise PackError(Sentence("The pack's file {path} is missing.", path=path), subject=path)
        if _sha256(path) != expected:
            raise PackError(
                Sentence(
                    "The pack's file {path} is damaged (its checksum is wrong); install the pack "
                    "again.",
                    path=path,
                ),
                subject=path,
            )
    return manifest


def write_manifest(folder: Path, manifest: PackManifest) -> PackManifest:
    """Write ``pack.json`` with the checksums of all model files in ``folder``."""
    files = {
        str(path.relative_to(folder).as_posix()): _sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in (".json", ".safetensors") and path.name != MANIFEST
    }
    manifest = PackManifest(**{**asdict(manifest), "files": files})
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return manifest
