"""What is wrong with a secret, told without it."""

from __future__ import annotations

from locomo.errors import ProviderError


class SecretError(ProviderError):
    """A secret cannot be had, or cannot be one: names where it was looked for and what to do, never its value."""
