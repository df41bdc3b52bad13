"""Photoshop files: layers with masks, 8 and 16 bits, groups, profile, EXIF, resolution.

psd-tools knows the file's structures and compresses; what goes into them is decided here, as
its own layer API takes masks of 8 bits only and puts 16-bit layers where Photoshop doesn't.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from psd_tools.constants import (
    BlendMode,
    ChannelID,
    ColorMode,
    Compression,
    Resource,
    SectionDivider,
    Tag,
)
from psd_tools.psd import PSD
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_data import ImageData
from psd_tools.psd.image_resources import ImageResource, ImageResources
from psd_tools.psd.layer_and_mask import (
    ChannelData,
    ChannelDataList,
    ChannelImageData,
    ChannelInfo,
    LayerAndMaskInformation,
    LayerFlags,
    LayerInfo,
    LayerInfoBlock,
    LayerRecord,
    LayerRecords,
    MaskData,
)
from psd_tools.psd.tagged_blocks import TaggedBlock, TaggedBlocks

from hs_desktop.document.parts import Group, Part
from hs_desktop.rects import Rect

if TYPE_CHECKING:
    from engine.imageio import Photo
    from engine.provenance import Provenance

_PSD_SIDE = 30_000  # beyond it, or beyond 2 GB, the file is a PSB
_PSB_SIDE = 300_000
_PSD_BYTES = 2_000_000_000


def write_psd(
    file: BinaryIO,
    flat: Photo,
    parts: Iterable[Part | Group],
    provenance: Provenance | None = None,
) -> None:
    """Write ``parts``, the topmost first, as layers of a picture that looks like ``flat``.

    A very large picture becomes a PSB, which programs tell by its content.

    Raises:
        ValueError: a side is longer than a PSB can have.
    """
    parts = list(parts)
    if max(flat.size) > _PSB_SIDE:
        raise ValueError(f"{flat.width} x {flat.height} pixels")
    volume = flat.pixels.nbytes + sum(_volume(part) for part in parts)
    version = 2 if max(flat.size) > _PSD_SIDE or volume > _PSD_BYTES else 1
    header = FileHeader(
        version=version,
        channels=3,
        height=flat.height,
        width=flat.width,
        depth=flat.bit_depth,
        color_mode=ColorMode.RGB,
    )
    layers = _Layers(version, flat.bit_depth)
    for part in reversed(parts):
        layers.add(part)
    # The layers of a 16-bit file stand in a block of their own, as Photoshop has it.
    blocks = TaggedBlocks()
    info: LayerInfo = layers.info(LayerInfo)
    if flat.bit_depth == 16:
        blocks[Tag.LAYER_16] = _block(Tag.LAYER_16, layers.info(LayerInfoBlock))
        info = LayerInfo()
    merged = ImageData(compression=Compression.RLE if flat.bit_depth == 8 else Compression.RAW)
    merged.set_data([_big_endian(flat.pixels[..., i]) for i in range(3)], header)
    PSD(
        header=header,
        image_resources=_resources(flat, provenance),
        layer_and_mask_information=LayerAndMaskInformation(layer_info=info, tagged_blocks=blocks),
        image_data=merged,
    ).write(file)


def _volume(part: Part | Group) -> int:
    if isinstance(part, Group):
        return sum(_volume(child) for child in part.parts)
    arrays = (part.pixels, part.mask, part.alpha)
    return sum(array.nbytes for array in arrays if array is not None)


def _resources(flat: Photo, provenance: Provenance | None) -> ImageResources:
    resources = ImageResources.new()

    def add(key: Resource, data: bytes) -> None:
        resources[key] = ImageResource(key=key, data=data)

    if flat.dpi:
        # As 16.16 fixed point; 1 = per inch, shown in inches.
        x, y = (round(min(value, 32_000) * 65536).to_bytes(4, "big") for value in flat.dpi)
        units = b"\0\1\0\1"
        add(Resource.RESOLUTION_INFO, x + units + y + units)
    if flat.icc:
        add(Resource.ICC_PROFILE, flat.icc)
    if flat.exif:
        from engine import exif  # what it says of size and orientation has to be true

        add(Resource.EXIF_DATA_1, exif.renewed(flat.exif, flat.size, None))
    packet = provenance.packet(flat.xmp, flat.size) if provenance is not None else flat.xmp
    if packet is not None:
        add(Resource.XMP_METADATA, packet)
    return resources


@dataclass
class _Layers:
    """Layer records and their channels, the lowest first, as the file has them."""

    version: int
    depth: int
    records: LayerRecords = field(default_factory=LayerRecords)
    channels: ChannelImageData = field(default_factory=ChannelImageData)

    @property
    def _compression(self) -> Compression:
        """As Photoshop has it: run lengths can't do anything about 16 bits."""
        return Compression.RLE if self.depth == 8 else Compression.ZIP_WITH_PREDICTION

    def info(self, kind: type[LayerInfo]) -> LayerInfo:
        return kind(
            layer_count=len(self.records),
            layer_records=self.records,
            channel_image_data=self.channels,
        )

    def add(self, part: Part | Group) -> None:
        if isinstance(part, Part):
            self._add_part(part)
            return
        self._add_mark("</Layer group>", SectionDivider.BOUNDING_SECTION_DIVIDER)
        for child in reversed(part.parts):
            self._add_part(child)
        record = self._add_mark(part.name, SectionDivider.OPEN_FOLDER)
        record.opacity = round(part.opacity * 255)
        record.flags.visible = part.visible

    def _add_part(self, part: Part) -> None:
        height, width = part.pixels.shape[:2]
        box = Rect(0, 0, width, height).shifted(*part.at)
        planes: list[tuple[ChannelID, NDArray[Any]]] = [
            (ChannelID(i), part.pixels[..., i]) for i in range(3)
        ]
        top_value = np.iinfo(part.pixels.dtype).max
        opaque = np.full((height, width), top_value, part.pixels.dtype)
        alpha = opaque if part.alpha is None else part.alpha
        planes.insert(0, (ChannelID.TRANSPARENCY_MASK, alpha))
        if part.mask is not None:
            planes.append((ChannelID.USER_LAYER_MASK, part.mask))
        record = self._record(part.name, box)
        record.opacity = round(part.opacity * 255)
        record.flags.visible = part.visible
        if part.mask is not None:
            record.mask_data = MaskData(box.y0, box.x0, box.y1, box.x1, 0)
        self._finish(record, planes)

    def _add_mark(self, name: str, kind: SectionDivider) -> LayerRecord:
        """A record without pixels that opens or closes a group."""
        record = self._record(name, Rect(0, 0, 0, 0))
        record.flags.pixel_data_irrelevant = True
        record.tagged_blocks.set_data(
            Tag.SECTION_DIVIDER_SETTING, kind=kind, blend_mode=BlendMode.NORMAL
        )
        self._finish(record, [])
        return record

    def _record(self, name: str, box: Rect) -> LayerRecord:
        blocks = TaggedBlocks()
        blocks.set_data(Tag.UNICODE_LAYER_NAME, _without_surrogates(name))
        blocks.set_data(Tag.LAYER_ID, len(self.records) + 1)
        # The old name is for programs that don't know the other, and ends after 255 bytes.
        old = name.encode("ascii", "replace").decode("ascii")[:31]
        return LayerRecord(
            box.y0, box.x0, box.y1, box.x1,
            flags=LayerFlags(), name=old, tagged_blocks=blocks,
        )  # fmt: skip

    def _finish(self, record: LayerRecord, planes: list[tuple[ChannelID, NDArray[Any]]]) -> None:
        data = ChannelDataList()
        if not planes:
            planes = [(ChannelID(i), np.empty((0, 0), np.uint8)) for i in (-1, 0, 1, 2)]
        for channel, pixels in planes:
            item = ChannelData(compression=Compression.RAW)
            if pixels.size:
                height, width = pixels.shape
                item = ChannelData(compression=self._compression)
                item.set_data(_big_endian(pixels), width, height, self.depth, self.version)
            data.append(item)
            record.channel_info.append(ChannelInfo(id=channel, length=item._length))
        self.records.append(record)
        self.channels.append(data)


def _block(key: Tag, data: Any) -> TaggedBlock:
    return TaggedBlock(key=key, data=data)


def _big_endian(pixels: NDArray[Any]) -> bytes:
    return pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()


def _without_surrogates(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")
