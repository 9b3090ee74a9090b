"""For `detect-secrets`, which knows the keys of OpenAI alone: those of the other services that this project calls."""

from __future__ import annotations

import re

from detect_secrets.plugins.base import RegexBasedDetector


class ModelKeyDetector(RegexBasedDetector):
    """Finds keys of model services by how they begin."""

    secret_type = "Key of a model service"  # noqa: S105  # pragma: allowlist secret

    denylist = (
        re.compile(r"\bsk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_-]{32,}"),  # OpenAI, Anthropic and those who copy them
        re.compile(r"\bAIza[A-Za-z0-9_-]{35}"),  # Google
        re.compile(r"\bhf_[A-Za-z0-9]{30,}"),  # Hugging Face
    )
