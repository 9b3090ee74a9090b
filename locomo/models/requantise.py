"""GGUF files whose Q4_1 tensors become Q8_0, for which llama.cpp has fast paths on every processor.

Every number is computed in IEEE float32, one operation after the other, and everything else is copied as it is: the
same file becomes the same bytes on every machine.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Final

import numpy as np

_BLOCK: Final = 32
"""Numbers that share a scale, in both formats."""
_Q4_1: Final = np.dtype([("scale", "<f2"), ("least", "<f2"), ("nibbles", "u1", _BLOCK // 2)])
_Q8_0: Final = np.dtype([("scale", "<f2"), ("numbers", "i1", _BLOCK)])
_Q4_1_TYPE: Final = 3
_Q8_0_TYPE: Final = 8
"""As ggml numbers the types of tensors."""
_MOSTLY_Q8_0: Final = 7
"""As llama.cpp numbers the types of files."""


def requantise(source: Path) -> bytes:
    """Return a GGUF file (little-endian) with its Q4_1 tensors as Q8_0; the rest, metadata included, stays."""
    from gguf import GGUFReader

    reader = GGUFReader(source)
    raw = source.read_bytes()
    head = bytearray(raw[: min(tensor.field.offset for tensor in reader.tensors)])
    kind = reader.fields["general.file_type"]
    struct.pack_into("<I", head, kind.offset + sum(part.nbytes for part in kind.parts[:-1]), _MOSTLY_Q8_0)
    tensors: list[bytes] = []
    start = 0
    for tensor in reader.tensors:
        number = int(tensor.tensor_type)
        data = tensor.data.tobytes()
        if number == _Q4_1_TYPE:
            number, data = _Q8_0_TYPE, q4_1_to_q8_0(data)
        head += _entry(tensor, number, start)
        data = _padded(data, reader.alignment)
        tensors.append(data)
        start += len(data)
    return b"".join([_padded(bytes(head), reader.alignment), *tensors])


def q4_1_to_q8_0(data: bytes) -> bytes:
    """Return the blocks of a tensor in the other format, as ggml's reference code rounds them."""
    blocks = np.frombuffer(data, _Q4_1)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32)
    numbers = nibbles * blocks["scale"].astype(np.float32)[:, None]
    numbers += blocks["least"].astype(np.float32)[:, None]
    scale = np.abs(numbers).max(axis=1) / np.float32(127)
    with np.errstate(divide="ignore"):
        inverse = np.where(scale == 0, np.float32(0), np.float32(1) / scale)
    numbers *= inverse[:, None]
    whole = np.trunc(numbers)
    whole += np.trunc((numbers - whole) * np.float32(2))  # halves away from zero
    out = np.empty(len(blocks), _Q8_0)
    out["scale"], out["numbers"] = scale, whole
    return out.tobytes()


def _entry(tensor: Any, kind: int, start: int) -> bytes:
    """Return what the file says of a tensor before all data: name, shape, type, where it begins."""
    name, shape = tensor.name.encode(), [int(size) for size in tensor.shape]
    return struct.pack(f"<Q{len(name)}sI{len(shape)}QIQ", len(name), name, len(shape), *shape, kind, start)


def _padded(data: bytes, alignment: int) -> bytes:
    return data + bytes(-len(data) % alignment)
