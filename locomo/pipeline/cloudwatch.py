"""Logs to AWS CloudWatch where LOCOMO_CLOUDWATCH names a log group. They never stop or fail a stage."""

from __future__ import annotations

import logging
import os
import platform
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

GROUP: Final = "LOCOMO_CLOUDWATCH"
INTERVAL: Final = 5
"""Seconds between two batches: what a killed stage loses at most."""
CONNECT, READ = 3, 5
"""Seconds that the service may take."""
_OF_WATCHTOWER: Final = (
    "ResourceNotFoundException",
    "DataAlreadyAcceptedException",
    "InvalidSequenceTokenException",
    "ResourceAlreadyExistsException",
    "OperationAbortedException",
)
"""Errors that it deals with itself, by making a stream, say."""


def cloudwatch_handler(stage: str, run: str, *, beside: Sequence[logging.Handler]) -> logging.Handler | None:
    """Return what sends records to the log group; None where there is none, or it cannot be used.

    Trouble, now or later, is one warning to the handlers `beside`: to this one it would be one more thing to send.
    """
    group = os.environ.get(GROUP, "").strip()
    if not group:
        return None

    def warn(error: object) -> None:
        reason = " ".join(str(error).split())
        said = f"{GROUP}: logs do not reach {group}, and go to logs/ alone: {reason}"
        record = logging.LogRecord("locomo", logging.WARNING, __file__, 0, said, None, None)
        for handler in beside:
            handler.handle(record)

    try:
        return _open(group, stage, run, warn)
    except ImportError:
        warn("watchtower is not installed: pip install 'locomo-pipeline[cloudwatch]'")
    except Exception as error:  # whatever it is, the stage has other work to do
        warn(error)
    return None


def _open(group: str, stage: str, run: str, warn: Any) -> logging.Handler:
    import boto3
    import watchtower
    from botocore.config import Config
    from botocore.exceptions import ClientError

    config = Config(connect_timeout=CONNECT, read_timeout=READ, retries={"total_max_attempts": 1})
    region = os.environ.get("AWS_REGION") or None
    client = boto3.session.Session().client("logs", region_name=region, config=config)
    with suppress(ClientError):  # it is there, or it is for others to make: if not, the first batch tells
        client.create_log_group(logGroupName=group)
    stream = re.sub(r"[:*{}]", "-", f"{platform.node()}/{run}/{stage}")
    handler: logging.Handler = watchtower.CloudWatchLogHandler(
        log_group_name=group,
        log_stream_name=stream,
        boto3_client=_Careful(client, warn),
        send_interval=INTERVAL,
        create_log_group=False,
    )
    return handler


class _Careful:
    """A client of CloudWatch that gives up at the first failure: watchtower tries five times, and warns each time."""

    def __init__(self, client: Any, warn: Any) -> None:
        self._client = client
        self._warn = warn
        self._gave_up = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_log_events(self, **batch: Any) -> Any:
        return self._call("put_log_events", batch)

    def create_log_stream(self, **names: Any) -> Any:
        return self._call("create_log_stream", names)

    def _call(self, name: str, arguments: dict[str, Any]) -> Any:
        from botocore.exceptions import ClientError

        if self._gave_up:
            return {}
        try:
            return getattr(self._client, name)(**arguments)
        except Exception as error:
            known = isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in _OF_WATCHTOWER
            # A stream is only made where a batch has found none: if that finds nothing either, there is no group.
            if known and not (name == "create_log_stream" and "ResourceNotFound" in str(error)):
                raise
            self._gave_up = True
            self._warn(error)
            return {}
