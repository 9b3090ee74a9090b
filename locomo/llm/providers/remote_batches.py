"""What the batches of OpenAI and Anthropic have in common: calls through a library, results as JSON lines."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from locomo.errors import ProviderError
from locomo.llm.batch import UnknownBatchError
from locomo.llm.catalog import Parameter
from locomo.llm.provider import AnswerError, TransientError
from locomo.llm.providers.adapting import undeclared
from locomo.llm.providers.reading import OnlyThoughtError
from locomo.llm.providers.remote import Service
from locomo.llm.providers.trouble import ParameterError
from locomo.llm.types import Request, Response

CLOCK_SKEW = 600.0
"""Seconds that the provider's clock may be behind ours."""
PAGE = 100
"""Batches listed in one call."""


class RemoteBatches:
    """Batches of one model behind one service."""

    def __init__(self, model: Any, service: Service) -> None:
        self.model = model
        self.service = service
        self.address = service.address
        self._sent: dict[str, list[Parameter]] = {}
        """What requests were handed in with, by key."""

    def note(self, requests: Sequence[Request]) -> None:
        """Note with which parameters requests are handed in."""
        self._sent |= {request.key: self.model.parameters(self.model.body(request)) for request in requests}

    def learn(self, errors: Sequence[tuple[Request, Exception]]) -> list[Request]:
        """See `locomo.llm.batch`. Requests of an earlier run are taken to have been handed in as they would be now."""
        refused = [(request, error) for request, error in errors if isinstance(error, ParameterError)]
        self.note([request for request, _ in refused if request.key not in self._sent])
        learned = []
        for request, error in refused:
            try:
                self.model._adaptation.leave_out(error, self._sent[request.key])
            except ParameterError:
                continue
            learned.append(request)
        return learned

    @contextmanager
    def calls(self, missing: Exception) -> Iterator[None]:
        """Translate what the provider's library raises; what is not found is `missing`."""
        sdk = importlib.import_module(self.model.library)
        with self.service.sdk_errors(sdk):
            try:
                yield
            except sdk.NotFoundError:
                raise missing from None

    def checked(self, answer: Any, kind: type) -> Any:
        """Return an answer of the library; ProviderError if it is something else, as from a server of another kind."""
        if not isinstance(answer, kind) or not getattr(answer, "id", None):
            raise self.none_here()
        return answer

    def none_here(self) -> Exception:
        """Return the error of a server that has no batches."""
        return self.service.refused(f"{self.address} has no batches; set llm.batch to false")

    def unknown(self, batch_id: str) -> UnknownBatchError:
        """Return the error of a batch, or of results, that are not there."""
        return UnknownBatchError(f"{self.address} has no results of batch {batch_id}")

    def lines(self, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the objects in JSON lines with their custom ids; TransientError if one is broken."""
        for line in text.split("\n"):  # not splitlines: answers may hold other line separators
            if line.strip():
                try:
                    value = json.loads(line)
                except ValueError as error:
                    raise self.service.unreadable(error) from None
                if not isinstance(value, dict):
                    raise self.service.unreadable("a line that is no object")
                yield str(value.get("custom_id")), value

    def outcome(self, read: Callable[[], Response]) -> Response | Exception:
        """Return what `read` returns or raises: whatever is wrong with one answer, the others are to be read."""
        try:
            return read()
        except OnlyThoughtError as error:
            return error if self.model._adaptation.declared else undeclared(self.service.model, error)
        except (AnswerError, ProviderError, TransientError) as error:
            return error
        except (AttributeError, TypeError) as error:  # the library checks no types
            return self.service.unreadable(error)
