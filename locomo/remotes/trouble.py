"""What libraries of clouds raise, in a line with what to do. By names: the libraries themselves may not be here."""

from __future__ import annotations

import re
from typing import Final

from locomo.errors import LocomoError
from locomo.remotes.config import Remote

_KEYS: Final = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of ~/.aws: --profile NAME",
    "gs": "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS",
    "azure": "set AZURE_STORAGE_CONNECTION_STRING, or run `az login` and name the storage account: --account NAME",
}
_NO_KEYS: Final = re.compile(r"(NoCredentials|PartialCredentials|DefaultCredentials|AzureAuth)Error|ProfileNotFound")
_REFUSED: Final = re.compile(r"PermissionError|ClientAuthenticationError|RefreshError|HttpResponseError")
_UNREACHED: Final = re.compile(r"Client(Connector|OS)\w*|\w*Connect(ion)?Error|gaierror|ServiceRequestError")
_SILENT: Final = re.compile(r"\w*Timeout\w*")


class RemoteError(LocomoError):
    """A remote cannot be used: out of reach, without keys, or there is no such bucket."""


def explain(error: BaseException, remote: Remote) -> str:
    """Return in a line what is wrong with a remote, and what to do."""
    chain = [error]
    while (inner := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(inner)
    names = [type(each).__name__ for each in chain]
    words = _plain(next((text for each in chain if (text := str(each))), names[0]))

    def any_is(pattern: re.Pattern[str]) -> bool:
        return any(pattern.fullmatch(name) for name in names)

    if not remote.scheme:
        return f"this folder cannot be used ({words}); expected one that can be read, or can be made"
    if any_is(_NO_KEYS):
        return f"no keys ({words}); {where_keys_come_from(remote)}"
    if isinstance(error, FileNotFoundError):
        bucket = remote.url.partition("://")[2].partition("/")[0]
        return f"there is no bucket '{bucket}'; make it first, or check its name{and_endpoint(remote)}"
    if any_is(_REFUSED):
        return f"refused ({words}); check the keys and what they allow: {where_keys_come_from(remote)}"
    if any_is(_UNREACHED) or any_is(_SILENT):
        return f"cannot be reached ({words}); check the network{and_endpoint(remote)}"
    return f"{names[0]}: {words}"


def where_keys_come_from(remote: Remote) -> str:
    """Return how to give this kind of remote its keys."""
    return _KEYS[remote.scheme]


def and_endpoint(remote: Remote) -> str:
    """Return ' and …' if the remote is behind an address of its own."""
    endpoint = remote.options.get("endpointurl")
    return f" and the endpoint {endpoint}" if endpoint else ""


def _plain(text: str) -> str:
    """Return the first line of a library's complaint, without what stands behind a '?' in addresses."""
    return re.sub(r"\?[^\s\"']+", "", text.strip().partition("\n")[0]).rstrip(".")
