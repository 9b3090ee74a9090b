"""What a failed call means: for now, for this request, or for good, judged by what is said before the status."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from locomo.errors import ProviderError, did_you_mean
from locomo.llm.catalog import Parameter, read_catalog
from locomo.llm.provider import AnswerError, TransientError
from locomo.llm.providers.words import Words
from locomo.secrets import SecretError

if TYPE_CHECKING:
    from locomo.llm.providers.remote import Service

_NO_CREDIT_NAMES: Final = {
    *("insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error"),
    *("insufficient_balance", "insufficient_credits", "insufficient_funds"),
}
_NO_CREDIT: Final = re.compile(
    r"credit balance is too low|insufficient (credit|balance|fund|quota)|not enough (credit|balance)|out of credits?\b|"
    r"no credits? (is |are )?(left|remaining)|requires more credits|add (more )?credits",
    re.IGNORECASE,
)
_BAD_KEY: Final = re.compile(r"API key (not valid|expired)", re.IGNORECASE)
_OF_THE_KEY: Final = re.compile(
    r"\bkeys?\b|token|credential|authenticat|forbidden|unauthori[sz]ed|^no$|^$", re.IGNORECASE
)
_REGION: Final = re.compile(
    r"country|region|territory|location is not supported|not available in your|geograph", re.IGNORECASE
)
_TOO_LONG_NAMES: Final = {"context_length_exceeded", "exceed_context_size_error", "string_above_max_length"}
_TOO_LONG: Final = re.compile(
    r"context (length|limit|window|size)|maximum context|n_ctx|prompt is too long|input is too long|"
    r"token count .*exceeds|(input|prompt) (length|tokens?) .*exceed|exceeds? .*\bcontext\b",
    re.IGNORECASE,
)
_FILTER_NAMES: Final = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}
_REFUSES_NAMES: Final = {"unsupported_parameter", "unsupported_value", "unknown_parameter", "extra_forbidden"}
_REFUSES: Final = re.compile(
    r"unsupported|not supported|does(n't| not) support|unrecogni[sz]ed|unknown|not permitted|extra (inputs|fields)|"
    r"unexpected|not allowed|deprecated|no longer|invalid (parameter|argument)|only the default|cannot be used|"
    r"use 'max_completion_tokens'",
    re.IGNORECASE,
)
_PARAMETER: Final = re.compile(
    r"\b(max_completion_tokens|max_tokens|maxOutputTokens|max_output_tokens|stop_sequences|stopSequences|stop|seed|"
    r"temperature|top_p|topP)\b"
)
_PARAMETERS: Final[dict[str, Parameter]] = {
    "max_completion_tokens": "max_completion_tokens",
    "max_tokens": "max_tokens",
    "maxOutputTokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "stop_sequences": "stop",
    "stopSequences": "stop",
    "stop": "stop",
    "seed": "seed",
    "temperature": "temperature",
    "top_p": "top_p",
    "topP": "top_p",
}
STATUS_OF_KIND: Final = {
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "invalid_request_error": 400,
    "overloaded_error": 529,
    "timeout_error": 504,
    "api_error": 500,
    "server_error": 500,
}
"""The HTTP status that stands for a kind of error, where there is none of its own."""
NEAR: Final = 0.75
"""How alike two models' names are, from 0 to 1, for one to be suggested in place of the other."""
UNKNOWN: Final = 520
"""The status of an error inside of a good answer that does not say what it is."""


class ParameterError(ProviderError):
    """A server refused one parameter of a request, and may take the request without it."""

    def __init__(self, message: str, parameter: Parameter, words: str) -> None:
        super().__init__(message)
        self.parameter: Parameter = parameter
        self.words = words


def status_of(said: Words) -> int:
    """Return the HTTP status that stands for an error without one."""
    if said.code and said.code.isdigit() and 400 <= int(said.code) < 600:
        return int(said.code)
    return next((STATUS_OF_KIND[name] for name in (said.code, said.kind) if name in STATUS_OF_KIND), UNKNOWN)


def login_page(service: Service, said: Words) -> ProviderError:
    """Return what a web page means on which somebody is to log in."""
    return service.refused(
        f"{service.address} answers with {said.text}, on which to log in; check {service.address_variable}, and "
        "whether a proxy or a network's login stands in between"
    )


def page(service: Service, said: Words, status: int = 200) -> Exception:
    """Return what a web page in place of an answer means: for good if somebody is to log in on it."""
    if said.login:
        return login_page(service, said)
    counted = f"{service.address}: a web page" if status == 200 else f"HTTP {status}"
    # A page in place of an answer may come from what lies between us and a server that has answered, and bills it.
    good = status == 200
    message = service.plain(f"{counted}: {said.text}")
    return TransientError(message, counted=counted, unreached=good, accepted=good)


def meaning(
    service: Service, status: int, said: Words, *, key: str | None = None, wait: float | None = None
) -> Exception:
    """Return what an HTTP status means, with the server's words and what to do about it.

    `key` is the one that the call was made with: where it was refused, and another one is there meanwhile, the call is
    to be made again.
    """
    words = said.text
    why = f" ({words})" if words else ""
    if (told := _by_words(service, status, said, why)) is not None:
        return told
    if status in (408, 409, 429) or status >= 500:
        counted = f"HTTP {status}" if status != UNKNOWN else "an error inside of a good answer"
        message = service.plain(f"{counted}: {words}" if words else counted)
        return TransientError(message, retry_after=wait, rate_limited=status == 429, counted=counted)
    if status in (401, 403) or _BAD_KEY.search(words):
        return _no_access(service, status, words, key)
    if status == 404:
        return service.refused(
            f"{service.address} knows no such model{why}; check its name and {service.address_variable}"
            f"{_nearest(service.model)}"
        )
    message = f"HTTP {status}: {words}" if words else f"HTTP {status}"
    if status in (400, 422) and (parameter := _refused_parameter(said)):
        return ParameterError(str(service.refused(message)), parameter, service.plain(words))
    return service.refused(message)


def _by_words(service: Service, status: int, said: Words, why: str) -> Exception | None:
    """Return what the words alone say, whatever the status: servers tell the same thing with many."""
    if said.names & _NO_CREDIT_NAMES or status == 402 or _NO_CREDIT.search(said.text):
        return service.refused(f"no credit is left{why}; top up, or use another {service.key_variable}")
    if said.names & _FILTER_NAMES:
        return AnswerError("the question was refused by the provider's content filter")
    if status != 429 and (said.names & _TOO_LONG_NAMES or status == 413 or _TOO_LONG.search(said.text)):
        return service.refused(f"the prompt is too long; set a smaller context window{why}")
    if said.page and (said.login or status not in (401, 403, 404)):
        return page(service, said, status)
    return None


def _no_access(service: Service, status: int, words: str, key: str | None) -> Exception:
    said = f"{status}: {words}" if words else f"{status}"
    if _REGION.search(words):
        return service.refused(f"access was refused ({said}); this service is not offered where the call comes from")
    if status == 403 and not _OF_THE_KEY.search(words):
        return service.refused(f"access was refused ({said}); check what {service.where_the_key_is} may use")
    if service.secret is None:
        return service.refused(
            f"a key is wanted ({said}); name the setting that holds it with `key:` of the service in models.yaml"
        )
    try:
        if key and status != 403 and service.secret.renew(key):
            return TransientError(f"HTTP {status}, and another {service.key_variable} is there meanwhile")
    except SecretError as error:
        return service.refused(f"the key was refused ({said}), and cannot be looked up again: {error}")
    return service.refused(f"the key was refused ({said}); check {service.where_the_key_is}")


def _refused_parameter(said: Words) -> Parameter | None:
    if not (said.names & _REFUSES_NAMES or _REFUSES.search(said.text)):
        return None
    if said.parameter in _PARAMETERS:
        return _PARAMETERS[said.parameter]
    found = _PARAMETER.search(said.text)
    return _PARAMETERS[found.group(1)] if found else None


def _nearest(model: str) -> str:
    """Return a hint if a known model of the same provider has nearly the same name."""
    provider, _, name = model.partition("/")
    known = [other.partition("/")[2] for other in read_catalog().models if other.startswith(f"{provider}/")]
    hint = did_you_mean(name, [other for other in known if other != name], cutoff=NEAR)
    return hint.replace("'", f"'{provider}/", 1)
