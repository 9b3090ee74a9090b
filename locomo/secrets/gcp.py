"""Secrets of Google Cloud's Secret Manager, with the application default credentials."""

from __future__ import annotations

import warnings
from typing import Any

from locomo.secrets.errors import SecretError

TIMEOUT = 10.0
"""Seconds that may be waited for the service."""
NEWEST = "latest"


def fetch(place: str) -> str:
    """Return a secret by `project/name` or `project/name/version`; SecretError if it cannot be had."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which Python it will stop supporting in some years
        from google.api_core.exceptions import Forbidden, GoogleAPICallError, NotFound, Unauthenticated
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
    from requests import RequestException

    project, name, *version = place.split("/")
    path = f"projects/{project}/secrets/{name}/versions/{version[0] if version else NEWEST}"
    try:
        answer = _client().access_secret_version(name=path, retry=None, timeout=TIMEOUT)
        return str(answer.payload.data.decode("utf-8"))
    except DefaultCredentialsError:
        raise SecretError("no Google credentials here; run `gcloud auth application-default login`") from None
    except NotFound:
        raise SecretError("no such secret, or no such version of it, in this project") from None
    except (Forbidden, Unauthenticated) as error:
        raise SecretError(
            f"Google refuses to give it ({error.code}); it needs the role secretmanager.secretAccessor on it"
        ) from None
    except (GoogleAPICallError, GoogleAuthError, RequestException) as error:
        raise SecretError(" ".join(str(error).split())) from None
    except UnicodeDecodeError:
        raise SecretError("it is binary, expected text") from None


def _client() -> Any:
    """Over REST, which has no threads of its own and knows proxies as everything else here does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from google.cloud import secretmanager

    return secretmanager.SecretManagerServiceClient(transport="rest")
