"""Whether bytes are a picture: decoded whole, within limits, whatever their name says."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any, Final

MOST_BYTES: Final = 16 * 2**20
"""Of a file. The largest photographs of LoCoMo's hosts have a few MB."""
MOST_PIXELS: Final = 50_000_000
"""Of a picture: 150 MB once it is decoded. Known from its first bytes, so that nothing larger is decoded at all."""
_MEDIA_TYPES: Final = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"} | {
    "GIF": "image/gif"
}
_EXTENSIONS: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}


class NotAPictureError(Exception):
    """Bytes that are no picture, or more than we take; the message is a reason in a few words."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of a picture's file."""

    sha256: str
    media_type: str
    width: int
    """Pixels."""
    height: int

    @property
    def name(self) -> str:
        """The name of its file, by what is in it."""
        return f"{self.sha256}.{_EXTENSIONS[self.media_type]}"


def facts_of(name: str) -> ImageFacts:
    """Return what the name of a file that we laid out says of it, which is not how large the picture is."""
    sha256, _, extension = name.partition(".")
    media_type = next(kind for kind, known in _EXTENSIONS.items() if known == extension)
    return ImageFacts(sha256, media_type, 0, 0)


def inspect(data: bytes) -> ImageFacts:
    """Decode a picture (of an animation, the first frame); NotAPictureError where that cannot be done."""
    from PIL import Image, UnidentifiedImageError

    if len(data) > MOST_BYTES:
        raise NotAPictureError(f"larger than {MOST_BYTES // 2**20} MB")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "GIF")) as picture:
            _check_size(picture)
            media_type, (width, height) = _MEDIA_TYPES[str(picture.format)], picture.size
            picture.load()
    except NotAPictureError:
        raise
    except Image.DecompressionBombError:
        raise NotAPictureError(f"more than {MOST_PIXELS // 10**6} million pixels") from None
    except UnidentifiedImageError:
        raise NotAPictureError("not a JPEG, PNG, WebP or GIF picture") from None
    except Exception as error:  # what a decoder makes of hostile bytes has no common base
        raise NotAPictureError(f"a broken image ({type(error).__name__})") from None
    return ImageFacts(hashlib.sha256(data).hexdigest(), media_type, width, height)


def _check_size(picture: Any) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise NotAPictureError(f"more than {MOST_PIXELS // 10**6} million pixels")
