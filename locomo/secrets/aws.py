"""Secrets of AWS Secrets Manager, with the credentials and the region that every AWS tool uses."""

from __future__ import annotations

import logging
import os

from locomo.secrets.errors import SecretError

CONNECT, READ = 5, 10
"""Seconds that may be waited for the service."""


def fetch(place: str) -> str:
    """Return the current version of a secret, by its name or ARN; SecretError if it cannot be had."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

    parts = place.split(":")
    region = parts[3] if place.startswith("arn:") and len(parts) > 3 else os.environ.get("AWS_REGION")
    logging.getLogger("botocore.parsers").setLevel(logging.INFO)  # at DEBUG it writes down whole answers
    config = Config(connect_timeout=CONNECT, read_timeout=READ, retries={"total_max_attempts": 2})
    try:
        # A session of its own: boto3's default one keeps the credentials that it found first.
        client = boto3.session.Session().client("secretsmanager", region_name=region or None, config=config)
        answer = client.get_secret_value(SecretId=place)
    except NoRegionError:
        raise SecretError("no AWS region is set; export AWS_REGION") from None
    except NoCredentialsError:
        raise SecretError("no AWS credentials here; run `aws configure`, or export AWS_PROFILE") from None
    except ClientError as error:
        raise SecretError(_reason(error.response.get("Error", {}))) from None
    except BotoCoreError as error:
        raise SecretError(" ".join(str(error).split())) from None
    text = answer.get("SecretString")
    if not isinstance(text, str):
        raise SecretError("it is binary, expected text")
    return text


def _reason(error: dict[str, str]) -> str:
    code = error.get("Code", "refused")
    if code == "ResourceNotFoundException":
        return "no such secret in this AWS account and region"
    if code in ("AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"):
        return f"AWS refuses to give it ({code}); it wants secretsmanager:GetSecretValue on it"
    return f"AWS refuses ({code}): {' '.join(error.get('Message', '').split())}"
