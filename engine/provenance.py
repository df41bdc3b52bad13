"""Where a picture comes from, said in the file: part of it was made by a trained model.

IPTC's ``DigitalSourceType`` is what platforms look for; what made the picture, and how to make
it again, stands beside it in a namespace of our own. All of it is XMP.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine import xmp
from engine.requests import Result, SamplingSettings

IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
OWN = "urn:hs-desktop:provenance:1.0#"


@dataclass(frozen=True)
class Provenance:
    """What made a picture.

    Attributes:
        program: name and version.
        pack: name and version of the model pack.
        seed: ``None`` where none was used.
        sampling: its other settings.
    """

    program: str
    pack: str = ""
    seed: int | None = None
    sampling: SamplingSettings | None = None

    @classmethod
    def of(cls, result: Result, sampling: SamplingSettings, program: str) -> Provenance:
        """Of one of a job's results."""
        return cls(program, result.pack, result.seed, sampling)

    @property
    def properties(self) -> tuple[xmp.Property, ...]:
        """As XMP has them; what isn't known isn't there."""
        values: dict[str, object] = {
            "Program": self.program,
            "ModelPack": self.pack or None,
            "Seed": self.seed,
        }
        if self.sampling is not None:
            values["Guidance"] = f"{self.sampling.guidance:g}"
            values["Steps"] = self.sampling.steps
            values["Strength"] = f"{self.sampling.strength:g}"
        return (
            xmp.Property(IPTC_EXTENSION, "Iptc4xmpExt", "DigitalSourceType", COMPOSITE),
            *(
                xmp.Property(OWN, "hsd", name, str(value))
                for name, value in values.items()
                if value is not None
            ),
        )

    def packet(self, existing: bytes | None, size: tuple[int, int]) -> bytes:
        """An XMP packet: ``existing`` (if it can be read) with this added.

        Args:
            existing: the packet of the photo that the picture was made from.
            size: (width, height) of the picture.
        """
        packet = xmp.renewed(existing, size, self.properties, without={OWN})
        assert packet is not None
        return packet
