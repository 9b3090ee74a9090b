"""What providers behind HTTP have in common: key and address, and what it means when there is no answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

from locomo.errors import ProviderError, did_you_mean
from locomo.llm.catalog import read_catalog
from locomo.llm.provider import AnswerError, TransientError
from locomo.llm.providers.headers import wait_seconds
from locomo.secrets import ENVIRONMENT, Secret, SecretError, setting

TIMEOUT = 120.0
"""Seconds that one call may take. The libraries' own retries are switched off: the client has the one policy."""
CHECK_TIMEOUT = 8.0
"""Seconds that a list of models may take, which is asked for to see whether a key is taken."""
CONCURRENCY = 128
"""Calls in flight, at most; the client begins with fewer."""
DEFAULT_WINDOW = 16_384
"""Tokens assumed where nothing is known of a model and params.yaml does not say."""

_NO_CREDIT = re.compile("credit balance is too low", re.IGNORECASE)
_BAD_KEY = re.compile("API key (not valid|expired)", re.IGNORECASE)
_TOO_LONG = re.compile(
    "context length|context limit|context window|prompt is too long|token count .*exceeds", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Service:
    """Where a model is served, and the words in which trouble with it is told."""

    model: str
    """`provider/model`."""
    secret: Secret
    """The key, which is looked up when it is first needed."""
    address: str
    address_variable: str

    @classmethod
    def find(cls, model: str, *, key: str, address: str, default: str, example: str) -> Service:
        """Read the settings `key` and `address` of the environment or `.env`; ProviderError if either cannot be used.

        Without a key a model can be opened, but not asked: plans, and answers from the cache, need none.
        """
        secret = Secret(key)
        try:
            secret.check()
            found = setting(address)
        except SecretError as error:
            raise ProviderError(f"model '{model}': {error}") from None
        url = found.text if found else default
        if not url.startswith(("http://", "https://")):
            raise ProviderError(f"model '{model}': {address} is '{url}', expected one like {example}")
        return cls(model=model, secret=secret, address=url.rstrip("/"), address_variable=address)

    @property
    def key(self) -> str:
        """The key as it is now; ProviderError if there is none."""
        try:
            key = self.secret.value
        except SecretError as error:
            raise self.refused(str(error)) from None
        if not key:
            raise self.refused(f"{self.key_variable} is not set")
        return key

    @property
    def key_variable(self) -> str:
        """The name that the key is looked up by."""
        return self.secret.name

    def refused(self, cure: str) -> ProviderError:
        """Return the error of a refusal for good."""
        return ProviderError(f"model '{self.model}': {self._plain(cure)}")

    def unreachable(self, error: object) -> TransientError:
        """Return the error of a call that got no answer, in the same words each time, since they are counted."""
        return TransientError(f"{self.address}: {self._plain(str(error).partition(': <')[0])}")

    def unreadable(self, error: object) -> TransientError:
        """Return the error of an answer that is broken."""
        return TransientError(f"{self.address}: the answer cannot be read ({self._plain(error)})")

    def status(
        self, status: int, reason: str, *, key: str | None = None, code: object = None, wait: float | None = None
    ) -> Exception:
        """Return what an HTTP status means: for now, for this request, or for good with what to do about it.

        `key` is the one that the call was made with: where it was refused, and another one is there meanwhile, the call
        is to be made again.
        """
        if code == "insufficient_quota" or status == 402 or _NO_CREDIT.search(reason):
            cure = f"no credit is left ({reason}); top up, or use another {self.key_variable}"
        elif status in (408, 409, 429) or status >= 500:
            return TransientError(f"HTTP {status}", retry_after=wait, rate_limited=status == 429)
        elif code == "content_filter":
            return AnswerError("the question was refused by the provider's content filter")
        elif status in (401, 403) or _BAD_KEY.search(reason):
            try:
                if key and status != 403 and self.secret.renew(key):
                    return TransientError(f"HTTP {status}, and another {self.key_variable} is there meanwhile")
            except SecretError as error:
                return self.refused(f"the key was refused ({status}), and cannot be looked up again: {error}")
            cure = f"the key was refused ({status}); check {self._where_the_key_is()}"
        elif status == 404:
            hint = did_you_mean(self.model, [model for model in read_catalog().models if model != self.model])
            cure = f"{self.address} knows no such model; check its name and {self.address_variable}{hint}"
        elif code == "context_length_exceeded" or status == 413 or _TOO_LONG.search(reason):
            cure = f"the prompt is too long; set a smaller context window ({reason})"
        else:
            cure = f"HTTP {status}: {reason}"
        return self.refused(cure)

    @contextmanager
    def sdk_errors(self, sdk: ModuleType) -> Iterator[None]:
        """Translate what the libraries `openai` and `anthropic` raise (one generator makes both).

        The client is to be taken inside, since its key is noted here.
        """
        key = self.key
        try:
            yield
        except sdk.APIStatusError as error:
            body = error.body if isinstance(error.body, dict) else {}
            inner = body["error"] if isinstance(body.get("error"), dict) else body
            raise self.status(
                error.status_code,
                str(inner.get("message") or error.message),
                key=key,
                code=inner.get("code"),
                wait=wait_seconds(error.response.headers),
            ) from None
        except sdk.APIConnectionError as error:
            raise self.unreachable(error.__cause__ or error) from None
        except (sdk.APIResponseValidationError, json.JSONDecodeError) as error:
            raise self.unreadable(error) from None

    def _plain(self, words: object) -> str:
        """Return a server's or library's words on one line, and without the key, which some of them repeat."""
        return self.secret.hidden(" ".join(str(words).split()))

    def _where_the_key_is(self) -> str:
        source = self.secret.source
        return self.key_variable if source in (None, ENVIRONMENT) else f"{self.key_variable}, which is {source}"
