"""Opening HEIC, Photoshop files and camera raw, whole and broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from psd_tools import PSDImage
from psd_tools.constants import ColorMode, Resource
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_resources import ImageResource

from engine import exif
from engine.errors import InputFileError
from engine.imageio import Photo, read_photo, write_photo
from hs_desktop import reading
from hs_desktop.document.parts import Part
from hs_desktop.document.psd import write_psd
from hs_desktop.reading import read_cut_out, read_picture, read_psd_layers
from tests.engine import profiles
from tests.engine.pictures import encoded, exif_block, noise, save, smooth

WIDTH, HEIGHT = 96, 64


def picture() -> NDArray[np.uint8]:
    return smooth(HEIGHT, WIDTH)


def near(photo: Photo, pixels: NDArray[Any], levels: float) -> bool:
    unit = np.iinfo(photo.pixels.dtype).max / np.iinfo(pixels.dtype).max
    wanted = pixels * unit
    return bool(np.abs(photo.pixels - wanted).max() <= levels * np.iinfo(photo.pixels.dtype).max
                / 255)  # fmt: skip


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_what_the_engine_reads_is_read_as_before(name: str, tmp_path: Path) -> None:
    write_photo(Photo(picture(), profiles.matrix_profile(), exif_block()), tmp_path / name)
    one, other = read_picture(tmp_path / name), read_photo(tmp_path / name)
    np.testing.assert_array_equal(one.pixels, other.pixels)
    assert (one.icc, one.exif, one.format) == (other.icc, other.exif, other.format)


# --- with transparency -------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_kept(mode: str, tmp_path: Path) -> None:
    colours = {"RGBA": (10, 200, 30, 100), "LA": (77, 100)}[mode]
    Image.new(mode, (9, 7), colours).save(tmp_path / "small.png")  # a layer may be tiny
    pixels, icc = read_cut_out(tmp_path / "small.png")
    assert (pixels.shape, pixels.dtype, icc) == ((7, 9, 4), np.uint8, None)
    wanted = {"RGBA": [10, 200, 30, 100], "LA": [77, 77, 77, 100]}[mode]
    assert np.abs(pixels.reshape(-1, 4).astype(int) - wanted).max() <= 1


def test_premultiplied_colours_are_divided(tmp_path: Path) -> None:
    stored = np.full((20, 20, 4), (50, 25, 0, 100), np.uint8)
    stored[0] = 0
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", extrasamples=["assocalpha"])
    pixels, _icc = read_cut_out(tmp_path / "a.tif")
    assert pixels[5, 5].tolist() == [127, 63, 0, 100]
    assert pixels[0, 0].tolist() == [0, 0, 0, 0]


def test_what_is_opaque_stays_so(tmp_path: Path) -> None:
    write_photo(Photo(picture(), profiles.matrix_profile()), tmp_path / "a.tif")
    pixels, icc = read_cut_out(tmp_path / "a.tif")
    np.testing.assert_array_equal(pixels[..., :3], picture())
    assert (pixels[..., 3] == 255).all()
    assert icc == profiles.matrix_profile()


# --- HEIC --------------------------------------------------------------------------------------


def heic(path: Path, pixels: NDArray[Any], mode: str, **options: Any) -> Path:
    size = pixels.shape[1], pixels.shape[0]
    pillow_heif.from_bytes(mode, size, pixels.tobytes()).save(path, quality=-1, **options)
    return path


def test_heic(tmp_path: Path) -> None:
    block = exif_block("<", maker_note=b"secret recipe")
    icc = profiles.matrix_profile()
    path = heic(tmp_path / "a.heic", picture(), "RGB", exif=b"Exif\0\0" + block, xmp=b"<x/>",
                icc_profile=icc)  # fmt: skip
    photo = read_picture(path)
    assert (photo.size, photo.bit_depth, photo.format) == ((WIDTH, HEIGHT), 8, "HEIC")
    assert near(photo, picture(), 5)
    assert (photo.icc, photo.xmp, photo.path) == (icc, b"<x/>", path)
    assert photo.exif is not None
    assert b"secret recipe" in photo.exif


def test_heic_of_more_than_8_bits(tmp_path: Path) -> None:
    deep = picture().astype(np.uint16) * 257
    photo = read_picture(heic(tmp_path / "a.heic", deep, "RGB;16"))
    assert photo.bit_depth == 16
    assert near(photo, deep, 5)
    assert len(np.unique(photo.pixels)) > 256


def test_transparent_heic_is_over_white(tmp_path: Path) -> None:
    rgba = np.dstack([picture(), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    rgba[:, 48:, 3] = 0
    photo = read_picture(heic(tmp_path / "a.heic", rgba, "RGBA"))
    assert (photo.pixels[:, 56:] > 250).all()
    assert np.abs(photo.pixels[:, :40].astype(int) - picture()[:, :40]).max() < 8


def test_a_turned_heic_is_upright(tmp_path: Path) -> None:
    image = Image.fromarray(picture())
    tags = Image.Exif()
    tags[0x112] = 6
    pillow_heif.from_pillow(image).save(tmp_path / "a.heic", quality=-1, exif=tags.tobytes())
    photo = read_picture(tmp_path / "a.heic")
    assert photo.size == (HEIGHT, WIDTH)
    assert near(photo, np.rot90(picture(), -1), 5)
    write_photo(photo, tmp_path / "b.png")
    assert read_photo(tmp_path / "b.png").size == (HEIGHT, WIDTH)  # not turned once more


# --- Photoshop ---------------------------------------------------------------------------------


def own_psd(path: Path, *, deep: bool = False) -> tuple[Path, NDArray[Any]]:
    """As the editor exports it: a picture, and above it a small one with a mask."""
    unit = 257 if deep else 1
    flat = Photo(
        (picture().astype(np.uint16) * unit).astype(np.uint16 if deep else np.uint8),
        profiles.matrix_profile(), exif_block(), dpi=(300, 300),
    )  # fmt: skip
    small = np.full((20, 30, 3), 200 * unit, flat.pixels.dtype)
    mask = np.zeros((20, 30), np.uint8 if not deep else np.uint16)
    mask[:, 10:] = np.iinfo(mask.dtype).max
    parts = [
        Part("Patch", small, (40, 25), mask=mask, visible=False),
        Part("Photo", flat.pixels, (0, 0)),
    ]
    with path.open("wb") as file:
        write_psd(file, flat, parts)
    return path, flat.pixels


@pytest.mark.parametrize("deep", [False, True])
def test_psd(deep: bool, tmp_path: Path) -> None:
    path, pixels = own_psd(tmp_path / "a.psd", deep=deep)
    photo = read_picture(path)
    np.testing.assert_array_equal(photo.pixels, pixels)
    assert photo.pixels.dtype == pixels.dtype
    assert photo.icc == profiles.matrix_profile()
    assert photo.exif is not None
    assert photo.dpi == (300, 300)
    assert photo.format == "PSD"


@pytest.mark.parametrize("deep", [False, True])
def test_a_layer_of_a_psd(deep: bool, tmp_path: Path) -> None:
    path, pixels = own_psd(tmp_path / "a.psd", deep=deep)
    assert read_psd_layers(path) == ["Patch", "Photo"]
    whole = read_picture(path, layer="Photo")
    np.testing.assert_array_equal(whole.pixels, pixels)
    patch = read_picture(path, layer="Patch")  # hidden, and shown all the same
    assert patch.size == (WIDTH, HEIGHT)
    top = np.iinfo(pixels.dtype).max
    wanted = np.full_like(pixels, top)
    wanted[25:45, 50:70] = 200 * (257 if deep else 1)
    np.testing.assert_array_equal(patch.pixels, wanted)
    with pytest.raises(InputFileError, match=r'a\.psd" has no layer "Sky"'):
        read_picture(path, layer="Sky")


def test_layers_in_groups_and_of_the_same_name(tmp_path: Path) -> None:
    psd = PSDImage.new("RGB", (WIDTH, HEIGHT))
    image = Image.fromarray(picture())
    for name in ("sky", "sky"):
        psd.create_pixel_layer(image, name=name)
    group = psd.create_group(name="people")
    group.append(psd.create_pixel_layer(Image.new("RGB", (20, 20), (1, 2, 3)), name="ann"))
    psd.save(tmp_path / "a.psd")
    names = read_psd_layers(tmp_path / "a.psd")
    assert names == ["people", "people/ann", "sky", "sky (2)"]
    ann = read_picture(tmp_path / "a.psd", layer="people/ann")
    assert (ann.pixels[:20, :20] == (1, 2, 3)).all()
    assert (ann.pixels[30:] == 255).all()


def test_a_psd_without_a_merged_picture_is_drawn_from_its_layers(tmp_path: Path) -> None:
    path, pixels = own_psd(tmp_path / "a.psd")
    psd = PSDImage.open(path)
    info = psd.image_resources.get_data(Resource.VERSION_INFO)
    info.has_composite = False
    header: FileHeader = psd._record.header
    psd._record.image_data.set_data([bytes([255]) * (WIDTH * HEIGHT)] * 3, header)
    psd.save(path)
    np.testing.assert_array_equal(read_picture(path).pixels, pixels)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_psd_in_other_colours(mode: str, tmp_path: Path) -> None:
    image = Image.fromarray(picture()).convert(mode)
    # Photoshop stores ink upside down; psd-tools reads, but doesn't write it so.
    psd = PSDImage.frompil(image if mode == "L" else image.point(lambda ink: 255 - ink))
    assert mode == "L" or encoded(psd.topil(apply_icc=False), "TIFF") == encoded(image, "TIFF")
    psd.image_resources[Resource.XMP_METADATA] = ImageResource(
        key=Resource.XMP_METADATA, data=b"<x/>"
    )
    psd.save(tmp_path / "a.psd")
    photo = read_picture(tmp_path / "a.psd")
    wanted = np.asarray(image.convert("RGB"))
    assert np.abs(photo.pixels.astype(int) - wanted).max() <= 1
    assert photo.icc is None
    assert photo.xmp == b"<x/>"


def test_psd_of_a_kind_that_is_not_read(tmp_path: Path) -> None:
    path, _ = own_psd(tmp_path / "a.psd")
    data = bytearray(path.read_bytes())
    data[24:26] = int(ColorMode.LAB).to_bytes(2, "big")
    path.write_bytes(data)
    with pytest.raises(InputFileError, match=r"a\.psd.*lab, 8 bits"):
        read_picture(path)


def test_only_photoshop_files_have_layers(tmp_path: Path) -> None:
    path = save(tmp_path, encoded(Image.fromarray(picture()), "PNG"), "a.png")
    with pytest.raises(InputFileError, match=r"a\.png"):
        read_picture(path, layer="Photo")
    with pytest.raises(InputFileError, match=r"a\.png"):
        read_psd_layers(path)
    with pytest.raises(InputFileError, match=r"nowhere\.psd"):
        read_psd_layers(tmp_path / "nowhere.psd")


# --- camera raw --------------------------------------------------------------------------------

# ColorMatrix1 (a camera that sees XYZ as it is) and the neutral of the light, as DNG has them.
_MATRIX = (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)
_NEUTRAL = (1, 2, 1, 1, 3, 4)


def dng(path: Path, orientation: int = 1) -> Path:
    """A grey card, upper half darker, under a greenish light: so red and blue see less of it."""
    sensor = np.zeros((HEIGHT, WIDTH), np.uint16)
    sensor[0::2, 0::2] = 8000
    sensor[0::2, 1::2] = sensor[1::2, 0::2] = 16000
    sensor[1::2, 1::2] = 12000
    sensor[: HEIGHT // 2] //= 4
    tifffile.imwrite(
        path, sensor, photometric=32803, metadata=None,
        extratags=[
            (33421, "H", 2, (2, 2)), (33422, "B", 4, bytes([0, 1, 1, 2])),
            (50706, "B", 4, bytes([1, 4, 0, 0])), (50708, "s", 0, "Camera"),
            (271, "s", 0, "Maker"), (272, "s", 0, "Camera"), (274, "H", 1, orientation),
            (50717, "I", 1, 16383), (50721, "2i", 9, _MATRIX), (50728, "2I", 3, _NEUTRAL),
            (50778, "H", 1, 21),
        ],
    )  # fmt: skip
    return path


def test_camera_raw(tmp_path: Path) -> None:
    photo = read_picture(dng(tmp_path / "a.DNG"))
    assert (photo.size, photo.bit_depth, photo.format) == ((WIDTH, HEIGHT), 16, "RAW")
    assert photo.icc is None
    dark, light = photo.pixels[10, 48].astype(int), photo.pixels[50, 48].astype(int)
    for grey in (dark, light):  # the camera's own white balance
        assert np.ptp(grey) < 300
    # A quarter of the light, on sRGB's curve.
    linear = [((v / 65535 + 0.055) / 1.055) ** 2.4 for v in (dark[1], light[1])]
    assert linear[1] / linear[0] == pytest.approx(4, rel=0.05)
    assert photo.exif is not None
    assert exif.first_directory(photo.exif, "<").entries[0x10F].value == b"Maker\0"


@pytest.mark.parametrize(("orientation", "dark_at"), [(1, "top"), (3, "bottom"), (6, "right")])
def test_camera_raw_is_upright(orientation: int, dark_at: str, tmp_path: Path) -> None:
    photo = read_picture(dng(tmp_path / "a.dng", orientation))
    assert photo.size == ((HEIGHT, WIDTH) if orientation == 6 else (WIDTH, HEIGHT))
    h, w = photo.height, photo.width
    places = {"top": (8, w // 4), "bottom": (h - 8, w // 4), "right": (h * 3 // 4, w - 8)}
    levels = {place: int(photo.pixels[at][1]) for place, at in places.items()}
    assert min(levels, key=lambda place: levels[place]) == dark_at
    write_photo(photo, tmp_path / "b.tif")
    assert read_photo(tmp_path / "b.tif").size == photo.size  # not turned once more


def test_a_jpeg_with_a_raws_name_is_a_jpeg(tmp_path: Path) -> None:
    path = save(tmp_path, encoded(Image.fromarray(picture()), "JPEG"), "a.nef")
    assert read_picture(path).format == "JPEG"


# --- what is no picture ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.heic", "a.psd", "a.dng", "a.cr3", "a.png"])
@pytest.mark.parametrize("content", [b"", b"8BPS", b"II*\0\x08\0\0\0", b"\0" * 300, b"text"])
def test_no_picture_is_a_sentence(name: str, content: bytes, tmp_path: Path) -> None:
    path = save(tmp_path, content, name)
    with pytest.raises(InputFileError) as error:
        read_picture(path)
    assert str(path) in str(error.value)
    assert str(error.value).endswith(".")
    assert error.value.subject == path


@pytest.mark.parametrize("name", ["a.heic", "a.psd", "a.dng"])
def test_cut_short_or_flipped_bits(name: str, tmp_path: Path, allow_log: None) -> None:
    path = tmp_path / name
    if name == "a.heic":
        heic(path, picture(), "RGB")
    elif name == "a.psd":
        own_psd(path)
    else:
        dng(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    broken = [whole[:cut] for cut in (5, 30, len(whole) // 3, len(whole) // 2)]
    for _ in range(12):
        data = bytearray(whole)
        for at in rng.integers(0, min(len(data), 3000), 6):
            data[at] ^= 1 << int(rng.integers(8))
        broken.append(bytes(data))
    sentences = []
    for data in broken:
        path.write_bytes(data)
        try:
            read_picture(path)
        except InputFileError as error:
            sentences.append(str(error))
    assert len(sentences) > 3
    assert all(str(path) in sentence for sentence in sentences)


@pytest.mark.parametrize("name", ["a.heic", "a.psd", "a.dng", "a.jpg"])
def test_missing_files_and_folders(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=name):
        read_picture(tmp_path / name)
    (tmp_path / name).mkdir()
    with pytest.raises(InputFileError, match="folder"):
        read_picture(tmp_path / name)


def test_sizes_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = heic(tmp_path / "small.heic", noise(16, 12, 3), "RGB")
    with pytest.raises(InputFileError, match="12 x 16 pixels, and at least 16 x 16"):
        read_picture(small)
    monkeypatch.setattr(reading, "MAX_PIXELS", 4000)
    for path in (heic(tmp_path / "a.heic", picture(), "RGB"), own_psd(tmp_path / "a.psd")[0],
                 dng(tmp_path / "a.dng")):  # fmt: skip
        with pytest.raises(InputFileError, match=f"{path.name}.*too large: 96 x 64"):
            read_picture(path)
