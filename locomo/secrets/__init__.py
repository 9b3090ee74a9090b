"""API keys: where each one is found, and how one that has been changed meanwhile is found again. Never shown."""

from locomo.secrets.errors import SecretError
from locomo.secrets.secret import Secret
from locomo.secrets.settings import ENVIRONMENT, setting

__all__ = ["ENVIRONMENT", "Secret", "SecretError", "setting"]
