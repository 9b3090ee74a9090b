"""One secret: found when it is first needed, kept in memory only, found again where it has been changed meanwhile."""

from __future__ import annotations

import threading

from locomo.secrets.errors import SecretError
from locomo.secrets.reference import Reference
from locomo.secrets.settings import Setting, setting

SHORTEST = 8
"""Characters: what is shorter is no secret but the "x" that a local server is given, and stands in other words."""


class Secret:
    """The secret of a name such as OPENAI_API_KEY: the environment's, else that of `.env`; either may be a reference.

    A reference is resolved when the value is first asked for, so that plans and answers from a cache need no store.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._values: list[str] = []
        """All that it has been, the present one last."""
        self._refused: set[str] = set()
        """Those that were looked up again and found to be still the same."""
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return f"Secret({self.name})"

    @property
    def source(self) -> str | None:
        """Where it comes from (`environment`, `.env`, or the reference that stands there); None where it is not set.

        Nothing is resolved. SecretError if what stands there cannot be meant.
        """
        found = setting(self.name)
        if found is None:
            return None
        reference = self._reference(found)
        return found.source if reference is None else f"{reference} ({found.source})"

    def check(self) -> None:
        """SecretError if what stands there can be no secret and no reference. Nothing is resolved."""
        found = setting(self.name)
        if found is not None and self._reference(found) is None:
            self._check(found.text, self.name)

    @property
    def value(self) -> str:
        """The secret, empty where it is not set; SecretError if it cannot be had."""
        with self._lock:
            if not self._values:
                self._values.append(self._look_up())
            return self._values[-1]

    def renew(self, refused: str) -> bool:
        """Return whether there is another value than one that was refused, looking it up again, once.

        SecretError if it cannot be looked up.
        """
        with self._lock:
            if self.value == refused and refused not in self._refused:
                self._refused.add(refused)
                if (now := self._look_up()) != refused:
                    self._values.append(now)
            return bool(self.value) and self.value != refused

    def hidden(self, text: str) -> str:
        """Return a text without the secret, which servers and libraries repeat."""
        for value in self._values:
            if len(value) >= SHORTEST:
                text = text.replace(value, "<key>")
        return text

    def _look_up(self) -> str:
        found = setting(self.name)
        if found is None:
            return ""
        reference = self._reference(found)
        if reference is None:
            return self._check(found.text, self.name)
        try:
            text = reference.fetch().strip()
        except SecretError as error:
            raise SecretError(f"{self.name}: {error}") from None
        if not text:
            raise SecretError(f"{self.name}: {reference}: it is empty")
        return self._check(text, f"{self.name}: {reference}")

    def _reference(self, found: Setting) -> Reference | None:
        try:
            return Reference.parse(found.text)
        except SecretError as error:
            raise SecretError(f"{self.name}: {error}") from None

    def _check(self, text: str, where: str) -> str:
        if not (text.isascii() and text.isprintable()):
            raise SecretError(f"{where} holds characters that no key has; copy it again")
        return text
