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

DEFAULT_PACK = "compact-256"
MANIFEST = "pack.json"
FORMAT = 1
MODELS = ("finder", "parser", "autoencoder", "layout_generator", "denoiser")
CLASS_SCHEME = "hs-16"


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
    frame_size: int = 256
    provenance: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def find_pack(name: str | Path | None = None) -> Path:
    """The folder of a pack, by name (an embedded one) or path; the default one for ``None``.

    Raises:
        PackError: there is no such pack.
    """
    if name is None:
        name = DEFAULT_PACK
    embedded = resource_path("models") / str(name)
    for folder in (Path(name), embedded):
        if (folder / MANIFEST).is_file():
            return folder
    raise PackError(f"There is no model pack '{name}'.", subject=name)


def load_manifest(folder: Path) -> PackManifest:
    """Read ``pack.json``; raises ``PackError`` if it is damaged or from a newer version."""
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        manifest = PackManifest(**data)
    except (OSError, ValueError, TypeError) as error:
        raise PackError(f"{path} can't be read as a model pack.", subject=path) from error
    if manifest.format > FORMAT:
        raise PackError(f"The pack {folder} needs a newer version of HS Desktop.", subject=folder)
    if manifest.class_scheme != CLASS_SCHEME:
        raise PackError(
            f"The pack {folder} uses the classes '{manifest.class_scheme}', not "
            f"'{CLASS_SCHEME}'.", subject=folder,
        )  # fmt: skip
    return manifest


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def verify_pack(folder: Path) -> PackManifest:
    """Check every file of a pack against its sha256.

    Raises:
        PackError: a file is missing or was changed; the sentence names it.
    """
    manifest = load_manifest(folder)
    missing = [m for m in MODELS if not any(f.startswith(f"{m}/") for f in manifest.files)]
    if missing:
        raise PackError(f"The pack {folder} lacks the model '{missing[0]}'.", subject=folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise PackError(f"The pack's file {path} is missing.", subject=path)
        if _sha256(path) != expected:
            raise PackError(
                f"The pack's file {path} is damaged (its checksum is wrong); install the pack "
                "again.", subject=path,
            )  # fmt: skip
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
