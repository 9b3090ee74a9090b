"""What providers behind HTTP have in common: key and address, and what it means when there is no answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from locomo.errors import ProviderError
from locomo.llm.addresses import Address, parse_address
from locomo.llm.identity import DEFAULTS
from locomo.llm.provider import AnswerError, TransientError
from locomo.llm.providers import trouble
from locomo.llm.providers.headers import wait_seconds
from locomo.llm.providers.reach import cause_of
from locomo.llm.providers.words import Words, words_of
from locomo.llm.services import Service as Entry
from locomo.llm.types import Limits, Response
from locomo.secrets import ENVIRONMENT, Secret, SecretError, setting

TIMEOUT = 120.0
"""Seconds that one call may take. The libraries' own retries are switched off: the client has the one policy."""
CONNECT_TIMEOUT = 8.0
"""Seconds that a connection may take to be made: an address where nobody is must be noticed soon."""
CHECK_TIMEOUT = 8.0
"""Seconds that a list of models may take, which is asked for to see whether a key is taken."""
MOST_LISTED = 1_000
"""Models in one page of a list, the most that Anthropic and Google give; they have fewer."""
CONCURRENCY = 128
"""Calls in flight, at most; the client begins with fewer."""
DEFAULT_WINDOW = 16_384
"""Tokens assumed where nothing is known of a model and params.yaml does not say."""
NEVER_SENT = ("PoolTimeout", "UnsupportedProtocol")
"""Errors, by their names, of calls that were not sent although nothing was wrong with the connection."""
NO_KEY = "none"
"""What libraries that insist on a key are given for a server that wants none."""

AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
"""Ends of hosts that take the key in a header of their own."""

Named = tuple[str, Entry]
"""A service of models.yaml, by its name."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where a model is served, and the words in which trouble with it is told."""

    model: str
    """`provider/model`, or `service/model`."""
    secret: Secret | None
    """The key, which is looked up when it is first needed; None for a server that wants none."""
    at: Address
    address_variable: str
    """Where its address stands: a setting, or a place in models.yaml."""
    kept: str | None
    """What stands for the address in requests (see `Request.service`); None at a provider's own one."""
    entry: Entry
    """What models.yaml says of the service; an empty one for a provider's own."""

    @classmethod
    def find(cls, provider: str, model: str, *, key: str, example: str, named: Named | None = None) -> Service:
        """Find a service by its name, or by a provider's settings for key and address in the environment or `.env`.

        ProviderError if either cannot be used. Without a key a model can be opened, but not asked: plans, and answers
        from the cache, need none.
        """
        name, entry = named or (provider, Entry())
        full = f"{name}/{model}"
        variable, default = DEFAULTS[provider]
        wanted = entry.key if named else key
        secret = Secret(wanted) if wanted else None
        try:
            if secret:
                secret.check()
            if named:
                variable = entry.address or f"models.yaml: services → {name} → base_url"
                at = entry.find_address(name, model)
            else:
                found = setting(variable)
                at = parse_address(found.text if found else default, where=variable, example=example)
        except (SecretError, ValueError) as error:
            raise ProviderError(f"model '{full}': {error}") from None
        if at is None:
            raise ProviderError(f"model '{full}': {variable} is not set; it holds the address of this service")
        kept = entry.kept(at) if named else (None if at.kept == default else at.kept)
        return cls(model=full, secret=secret, at=at, address_variable=variable, kept=kept, entry=entry)

    @property
    def address(self) -> str:
        """The address as it may be shown."""
        return self.at.url

    @property
    def name(self) -> str:
        """The provider's name, or the service's own."""
        return self.model.partition("/")[0]

    @property
    def limits(self) -> Limits | None:
        """What models.yaml says may be sent within a minute; None if it says nothing."""
        said = Limits(self.entry.rpm, self.entry.tpm)
        return None if said == Limits() else said

    def without_query(self) -> None:
        """ProviderError if the address has a query, for libraries that cannot send one."""
        if self.at.query:
            raise self.refused(f"{self.address_variable} has a query (?…), which this provider's library cannot send")

    def within(self, said: Limits | None) -> Limits | None:
        """Return limits that a provider told, or those of models.yaml where they are lower."""
        both = [limits for limits in (said, self.limits) if limits]
        if not both:
            return None
        requests = [limits.requests for limits in both if limits.requests]
        tokens = [limits.tokens for limits in both if limits.tokens]
        return Limits(min(requests, default=None), min(tokens, default=None))

    @property
    def headers(self) -> dict[str, str]:
        """What models.yaml says that every call carries."""
        return self.entry.headers

    @property
    def key_header(self) -> str | None:
        """The header that carries the key as it is; None for the usual one. Azure is known by its hosts, too."""
        return self.entry.key_header or ("api-key" if self.at.host.endswith(AZURE) else None)

    @property
    def key(self) -> str:
        """The key as it is now; ProviderError if one is needed and there is none."""
        if self.secret is None:
            return ""
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
        return self.secret.name if self.secret else "its key"

    @property
    def where_the_key_is(self) -> str:
        """The name that the key is looked up by, with its source unless that is the environment."""
        source = self.secret.source if self.secret else None
        return self.key_variable if source in (None, ENVIRONMENT) else f"{self.key_variable}, which is {source}"

    def refused(self, cure: str) -> ProviderError:
        """Return the error of a refusal for good."""
        return ProviderError(f"model '{self.model}': {self.plain(cure)}")

    def unreachable(self, error: object) -> TransientError:
        """Return the error of a call that got no answer, in the same words each time, since they are counted."""
        cause = cause_of(error, self.address) if isinstance(error, BaseException) else None
        if cause is not None:
            return TransientError(self.plain(cause), unreached=True)
        words = self.plain(str(error).partition(": <")[0] or type(error).__name__)
        return TransientError(f"{self.address}: {words}", accepted=type(error).__name__ not in NEVER_SENT)

    def unreadable(self, error: object, text: str | None = None) -> Exception:
        """Return the error of an answer that is broken; `text` is all of it, if that is known."""
        said = words_of(text if text is not None else getattr(error, "doc", None) or "")
        if said.page:
            return trouble.page(self, said)
        return TransientError(f"{self.address}: the answer cannot be read ({self.plain(error)})", accepted=True)

    def another(self, wanted: str, answer: object, hint: str) -> ProviderError:
        """Return the error of a server that answers with something else than what is `wanted`."""
        said = words_of(answer) if isinstance(answer, str) else None
        if said and said.login:
            return trouble.login_page(self, said)
        page = f" but with {said.text}" if said and said.page else ""
        return self.refused(
            f"{self.address} does not answer with {wanted}{page}; check {self.address_variable} ({hint})"
        )

    def status(self, status: int, said: Words, *, key: str | None = None, wait: float | None = None) -> Exception:
        """Return what an HTTP status and a server's words mean (see `locomo.llm.providers.trouble`)."""
        return trouble.meaning(self, status, said, key=key, wait=wait)

    def inside(self, error: object, *, billed: tuple[Response, ...] = ()) -> Exception:
        """Return what an error means that stands in an answer with status 200; it carries what is `billed`."""
        said = words_of({"error": error})
        meant = trouble.meaning(self, trouble.status_of(said), said)
        if isinstance(meant, TransientError | AnswerError):
            meant.billed = billed
        return meant

    @contextmanager
    def sdk_errors(self, sdk: ModuleType) -> Iterator[None]:
        """Translate what the libraries `openai` and `anthropic` raise (one generator makes both).

        The client is to be taken inside, since its key is noted here.
        """
        key = self.key
        try:
            yield
        except sdk.APIStatusError as error:
            wait = wait_seconds(error.response.headers)
            raise self.status(error.status_code, _words(error), key=key, wait=wait) from None
        except sdk.APIConnectionError as error:
            raise self.unreachable(error.__cause__ or error) from None
        except (sdk.APIResponseValidationError, json.JSONDecodeError) as error:
            raise self.unreadable(error) from None

    def plain(self, words: object) -> str:
        """Return a server's or library's words on one line, and without the key, which some of them repeat."""
        text = " ".join(str(words).split())
        for secret in self.at.secrets:
            text = text.replace(secret, "<hidden>")
        return self.secret.hidden(text) if self.secret else text


def _words(error: Any) -> Words:
    """Return what an error of the libraries says: its body as it was parsed, else the text of its answer."""
    if isinstance(error.body, dict | list):
        return words_of(error.body if isinstance(error.body, list) or "error" in error.body else {"error": error.body})
    return words_of(error.body or "")
