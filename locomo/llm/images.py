"""A picture as it is sent to a model that sees: of a type and size that every service takes."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Sequence
from typing import Any, Final

from locomo.errors import InputError, ProviderError
from locomo.llm.provider import Provider
from locomo.llm.types import Image, Request

SENT_AS_IS: Final = ("image/jpeg", "image/png", "image/webp")
"""What OpenAI, Anthropic and Gemini all take."""
MOST_BYTES: Final = 3_500_000
"""Of a file that is sent as it is: the strictest of them takes 5 MB of base64."""
QUALITY: Final = 90
"""Of JPEG, of what is made smaller."""


def check_sight(provider: Provider, requests: Sequence[Request] | None = None) -> None:
    """ProviderError where a model that sees no pictures is shown one (or would be): it would answer all the same."""
    if provider.capabilities.images or (requests is not None and not any(each.image_count for each in requests)):
        return
    raise ProviderError(
        f"model '{provider.name}/{provider.model}': is not known to accept images; use one that does "
        "(if it is a new model that does, set `images: true` for it in models.yaml)"
    )


def image_bytes(image: Image) -> tuple[str, bytes]:
    """Return media type and bytes of what is sent; InputError if the file is gone or another one."""
    if image.path is None:
        raise InputError(f"picture {image.sha256[:12]}: its file is not here, only what stands for it in the cache")
    try:
        data = image.path.read_bytes()
    except OSError as error:
        raise InputError(f"{image.path}: cannot be read ({error.strerror})") from None
    if hashlib.sha256(data).hexdigest() != image.sha256:
        raise InputError(f"{image.path}: its SHA-256 is not {image.sha256}: the file has changed, run again")
    if image.side is None:
        return image.media_type, data
    from PIL import Image as Pillow

    try:
        with Pillow.open(io.BytesIO(data)) as opened:
            fits = max(opened.size) <= image.side and len(data) <= MOST_BYTES
            if fits and image.media_type in SENT_AS_IS:
                return image.media_type, data
            return "image/jpeg", _smaller(opened, image.side)
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{image.path}: not a picture that can be read ({error})") from None


def image_base64(image: Image) -> tuple[str, str]:
    """Return media type and base64 of what is sent; InputError as `image_bytes`."""
    media_type, data = image_bytes(image)
    return media_type, base64.b64encode(data).decode()


def _smaller(opened: Any, side: int) -> bytes:
    """Return a JPEG with no side longer than `side` pixels; what is transparent is white."""
    from PIL import Image as Pillow

    picture = opened.convert("RGBA")
    picture.thumbnail((side, side))
    flat = Pillow.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A"))
    written = io.BytesIO()
    flat.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()
