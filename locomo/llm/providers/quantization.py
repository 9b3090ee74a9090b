"""Loading the weights of Hugging Face models in 4 or 8 bits, through bitsandbytes."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any, Final

from locomo.errors import ProviderError
from locomo.llm.catalog import Quantization

_PACKAGES: Final = ("bitsandbytes", "accelerate")


def quantized(model: str, to: Quantization) -> dict[str, Any]:
    """Return what `from_pretrained` has to be told; ProviderError names what is missing here. `model` is for that."""
    import torch

    if not torch.cuda.is_available():
        raise ProviderError(
            f"model '{model}': {to} needs a CUDA GPU; set answer.quantization to null, or use a GGUF file that is "
            "quantized already (gguf/…)"
        )
    if missing := [name for name in _PACKAGES if importlib.util.find_spec(name) is None]:
        raise ProviderError(
            f"model '{model}': {to} needs {' and '.join(missing)}: pip install 'locomo-pipeline[quantization]'"
        )
    # In 8 bits bitsandbytes computes in float16 whatever it is given, and complains at each step about anything else.
    dtype = torch.bfloat16 if to == "4bit" and torch.cuda.is_bf16_supported() else torch.float16
    transformers: Any = importlib.import_module("transformers")
    if to == "4bit":
        config = transformers.BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
    else:
        config = transformers.BitsAndBytesConfig(load_in_8bit=True)
    return {"quantization_config": config, "dtype": dtype, "device_map": {"": torch.cuda.current_device()}}
