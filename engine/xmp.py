"""XMP packets: what a photo says of itself in XML, kept and changed in a few places.

A packet that can't be read is left out: nothing here raises on damaged ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple
from xml.dom import XMLNS_NAMESPACE as _XMLNS
from xml.dom import Node, minidom
from xml.parsers.expat import ExpatError

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TIFF, _EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
_XMP, _NOTE = "http://ns.adobe.com/xap/1.0/", "http://ns.adobe.com/xmp/note/"

Name = tuple[str, str]  # namespace, local name

_EMPTY = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"/></x:xmpmeta>'.encode()
_HEADER = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_TRAILER = '\n<?xpacket end="w"?>'
# Of other pixels: a small picture of them, and data in a second packet that isn't carried along.
_STALE: frozenset[Name] = frozenset({(_XMP, "Thumbnails"), (_NOTE, "HasExtendedXMP")})


class Property(NamedTuple):
    """A simple property to be added: ``<prefix:name>value</prefix:name>``."""

    namespace: str
    prefix: str
    name: str
    value: str


def renewed(
    packet: bytes | None,
    size: tuple[int, int],
    properties: Sequence[Property] = (),
    without: Collection[str] = (),
) -> bytes | None:
    """The packet of a photo that now has upright pixels of ``size`` (width, height).

    Args:
        packet: as the photo had it; ``None``, or one that can't be read: an empty one.
        size: goes where the packet tells a size. Its thumbnails are dropped.
        properties: replace those of the same name.
        without: namespaces of which nothing is to stay but ``properties``.

    Returns:
        UTF-8; ``None`` where there is nothing to be said.
    """
    if packet is not None and b"<!DOCTYPE" not in packet:  # no entities: XMP has none
        # Whatever a parser makes of a damaged packet; nested too deeply; of unknown encoding.
        with suppress(ExpatError, ValueError, LookupError, RecursionError):
            return _written(packet.strip(b"\0 \t\r\n"), size, properties, without)
    return _written(_EMPTY, size, properties, without) if properties else None


def _written(
    packet: bytes,
    size: tuple[int, int],
    properties: Sequence[Property],
    without: Collection[str],
) -> bytes:
    """As ``renewed``; raises what parsers raise, and ``LookupError`` where there is no RDF."""
    document = minidom.parseString(packet)
    rdf = document.getElementsByTagNameNS(RDF, "RDF")[0]
    # All descriptions of a packet are about the same thing.
    about = next((d.getAttributeNS(RDF, "about") for d in _descriptions(rdf)), "")
    width, height = map(str, size)
    true = {
        (_TIFF, "Orientation"): "1",
        (_TIFF, "ImageWidth"): width,
        (_TIFF, "ImageLength"): height,
        (_EXIF, "PixelXDimension"): width,
        (_EXIF, "PixelYDimension"): height,
    }
    added = {(p.namespace, p.name) for p in properties}
    for description in list(_descriptions(rdf)):
        for part in _properties(description):
            name = part.namespaceURI or "", part.localName or ""
            if name in _STALE or name in added or name[0] in without:
                _remove(description, part)
            elif name in true:
                _set(part, true[name])
        if not _properties(description):
            rdf.removeChild(description)
    if properties:
        rdf.appendChild(_description(document, rdf.prefix or "", about, properties))
    root = document.documentElement
    assert root is not None
    return (_HEADER + root.toxml() + _TRAILER).encode()


def _descriptions(rdf: minidom.Element) -> Iterator[minidom.Element]:
    for node in rdf.childNodes:
        if isinstance(node, minidom.Element) and node.namespaceURI == RDF:
            yield node


def _properties(description: minidom.Element) -> list[minidom.Element | minidom.Attr]:
    """All that it says: not what it is about, nor what prefixes stand for."""
    attributes = [description.attributes.item(k) for k in range(description.attributes.length)]
    said = [
        attribute for attribute in attributes
        if isinstance(attribute, minidom.Attr) and attribute.namespaceURI not in (RDF, _XMLNS)
    ]  # fmt: skip
    return [*said, *(n for n in description.childNodes if isinstance(n, minidom.Element))]


def _remove(description: minidom.Element, part: minidom.Element | minidom.Attr) -> None:
    if isinstance(part, minidom.Attr):
        description.removeAttributeNode(part)
    else:
        description.removeChild(part)


def _set(part: minidom.Element | minidom.Attr, value: str) -> None:
    if isinstance(part, minidom.Attr):
        part.value = value
    elif all(node.nodeType == Node.TEXT_NODE for node in part.childNodes):
        for node in list(part.childNodes):
            part.removeChild(node)
        assert part.ownerDocument is not None
        part.appendChild(part.ownerDocument.createTextNode(value))


def _description(
    document: minidom.Document, prefix: str, about: str, properties: Sequence[Property]
) -> minidom.Element:
    made = document.createElementNS(RDF, f"{prefix}:Description" if prefix else "Description")
    if not prefix:  # an attribute needs one
        made.setAttribute("xmlns:rdf", RDF)
    made.setAttributeNS(RDF, f"{prefix or 'rdf'}:about", about)
    for p in properties:
        made.setAttribute(f"xmlns:{p.prefix}", p.namespace)
        element = document.createElementNS(p.namespace, f"{p.prefix}:{p.name}")
        element.appendChild(document.createTextNode(p.value))
        made.appendChild(element)
    return made
