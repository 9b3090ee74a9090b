"""Secrets of Azure's Key Vault, with the credentials that Azure's tools find by themselves."""

from __future__ import annotations

import logging
from typing import Any, Final

from locomo.secrets.errors import SecretError

CONNECT, READ = 5, 10
"""Seconds that may be waited for the service."""
CLOUDS: Final = ("vault.azure.net", "vault.azure.cn", "vault.usgovcloudapi.net")
"""Where vaults are: a token is sent nowhere else."""


def fetch(place: str) -> str:
    """Return a secret by `vault/name` or `vault/name/version`; SecretError if it cannot be had."""
    from azure.core.exceptions import (
        AzureError,
        ClientAuthenticationError,
        HttpResponseError,
        ResourceNotFoundError,
    )

    vault, name, *version = place.split("/")
    host = _host(vault)
    try:
        client = _client(f"https://{host}")
        text = client.get_secret(name, version[0] if version else None).value
    except ResourceNotFoundError:
        raise SecretError("no such secret, or no such version of it, in this vault") from None
    except ClientAuthenticationError:  # its many lines tell of each way that was tried
        raise SecretError("no Azure credentials here that it takes; run `az login`") from None
    except HttpResponseError as error:
        raise SecretError(
            f"Azure refuses to give it ({error.status_code}); it needs the role Key Vault Secrets User on the vault"
        ) from None
    except AzureError as error:
        raise SecretError(f"{host}: {' '.join(str(error.message).split())}") from None
    if text is None:
        raise SecretError("it is empty")
    return str(text)


def _host(vault: str) -> str:
    if "." not in vault:
        return f"{vault}.{CLOUDS[0]}"
    if vault.partition(".")[2] not in CLOUDS:
        raise SecretError(f"found the vault '{vault}', expected its name alone, or before one of {', '.join(CLOUDS)}")
    return vault


def _client(address: str) -> Any:
    from azure.identity import DefaultAzureCredential
    from azure.keyvault.secrets import SecretClient

    for chatty in ("azure.identity", "azure.core"):  # each way that finds no credentials would be a warning
        logging.getLogger(chatty).setLevel(logging.ERROR)
    return SecretClient(
        address,
        DefaultAzureCredential(),
        connection_timeout=CONNECT,
        read_timeout=READ,
        retry_total=1,
    )
