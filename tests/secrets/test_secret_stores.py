"""Secrets of the three clouds, each through its maker's own library: AWS is moto, the others are small servers here."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import ssl
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from moto_aws import aws_on_loopback
from serving import running

from locomo.secrets import Secret, SecretError

NAME = "OPENAI_API_KEY"
PLANTED = "sk-planted-5e11"
JSON = json.dumps({"openai": PLANTED})
TOKEN = "token-of-a-test"  # noqa: S105


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def resolve(reference: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(NAME, reference)
    return Secret(NAME).value


def refusal(reference: str, monkeypatch: pytest.MonkeyPatch) -> str:
    with pytest.raises(SecretError) as caught:
        resolve(reference, monkeypatch)
    assert PLANTED not in "".join(traceback.format_exception(caught.value))
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{NAME}: {reference}: ")


# AWS


@pytest.fixture(scope="module")
def account() -> Iterator[dict[str, str]]:
    with aws_on_loopback() as environment:
        yield environment


@pytest.fixture
def aws(account: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    import boto3

    for name, value in account.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return boto3.session.Session().client("secretsmanager")


def test_aws_gives_text_and_fields_by_name_and_arn(aws: Any, monkeypatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    made = aws.create_secret(Name="team/openai", SecretString=PLANTED)
    aws.create_secret(Name="team/keys", SecretString=JSON)
    caplog.clear()
    assert resolve("aws-sm://team/openai", monkeypatch) == PLANTED
    assert resolve("aws-sm://team/keys#openai", monkeypatch) == PLANTED
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert resolve(f"aws-sm://{made['ARN']}", monkeypatch) == PLANTED  # the region stands in it
    assert "no AWS region is set; export AWS_REGION" in refusal("aws-sm://team/openai", monkeypatch)
    assert PLANTED not in caplog.text


def test_a_secret_that_is_rotated_in_aws_is_found_again(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.create_secret(Name="planted/rotated", SecretString="sk-planted-before-5e11")
    monkeypatch.setenv(NAME, "aws-sm://planted/rotated")
    secret = Secret(NAME)
    assert secret.value == "sk-planted-before-5e11"
    aws.put_secret_value(SecretId="planted/rotated", SecretString="sk-planted-after-5e11")
    assert secret.value == "sk-planted-before-5e11"
    assert secret.renew("sk-planted-before-5e11")
    assert secret.value == "sk-planted-after-5e11"


def test_what_aws_refuses_is_one_line(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.create_secret(Name="binary", SecretBinary=b"\x00")
    assert refusal("aws-sm://nowhere", monkeypatch) == "no such secret in this AWS account and region"
    assert refusal("aws-sm://binary", monkeypatch) == "it is binary, expected text"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "no AWS credentials here; run `aws configure`" in refusal("aws-sm://nowhere", monkeypatch)


def test_aws_that_does_not_answer_is_one_line_soon(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    started = time.monotonic()
    assert "Could not connect to the endpoint URL" in refusal("aws-sm://team/openai", monkeypatch)
    assert time.monotonic() - started < 10


# Google and Azure


class Cloud(ThreadingHTTPServer):
    """Answers each path as `answers` says, with 404 otherwise; keeps what it was asked."""

    answers: dict[str, tuple[int, dict]]
    challenge: str | None = None
    """What it asks for who brings no token."""
    seen: list[tuple[str, str]]


class Handler(BaseHTTPRequestHandler):
    server: Cloud

    def do_GET(self) -> None:
        path, token = self.path.partition("?")[0], self.headers.get("Authorization", "")
        self.server.seen.append((path, token))
        status, body = self.server.answers.get(path, (404, {"error": {"code": 404, "message": "not found"}}))
        if self.server.challenge and not token:
            status, body = 401, {}
        data = json.dumps(body).encode()
        self.send_response(status)
        if status == 401 and self.server.challenge:
            self.send_header("WWW-Authenticate", self.server.challenge)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


@contextmanager
def serving(server: Cloud) -> Iterator[Cloud]:
    server.answers, server.seen = {}, []
    with running(server):
        yield server


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.secretmanager_v1.services.secret_manager_service import SecretManagerServiceClient
    from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
        SecretManagerServiceRestTransport,
    )

    with serving(Cloud(("127.0.0.1", 0), Handler)) as server:

        def client() -> Any:
            host = f"127.0.0.1:{server.server_port}"
            transport = SecretManagerServiceRestTransport(
                host=host, url_scheme="http", credentials=AnonymousCredentials()
            )
            return SecretManagerServiceClient(transport=transport)

        monkeypatch.setattr("locomo.secrets.gcp._client", client)
        yield server


def payload(text: str) -> tuple[int, dict]:
    return 200, {"name": "n", "payload": {"data": base64.b64encode(text.encode("latin-1")).decode()}}


def test_google_gives_text_fields_and_versions(google: Cloud, monkeypatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    google.answers = {
        "/v1/projects/team-1/secrets/openai/versions/latest:access": payload(f"{PLANTED}\n"),
        "/v1/projects/team-1/secrets/keys/versions/3:access": payload(JSON),
    }
    assert resolve("gcp-sm://team-1/openai", monkeypatch) == PLANTED
    assert resolve("gcp-sm://team-1/keys/3#openai", monkeypatch) == PLANTED
    assert PLANTED not in caplog.text


def test_what_google_refuses_is_one_line(google: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    at = "/v1/projects/team-1/secrets/openai/versions/latest:access"
    reference = "gcp-sm://team-1/openai"
    assert "no such secret, or no such version of it" in refusal(reference, monkeypatch)
    google.answers[at] = (403, {"error": {"code": 403, "message": "denied", "status": "PERMISSION_DENIED"}})
    assert "it needs the role secretmanager.secretAccessor on it" in refusal(reference, monkeypatch)
    google.answers[at] = (503, {"error": {"code": 503, "message": "away", "status": "UNAVAILABLE"}})
    assert "away" in refusal(reference, monkeypatch)
    google.answers[at] = payload("\xff\xfe")
    assert refusal(reference, monkeypatch) == "it is binary, expected text"
    google.shutdown()
    google.server_close()
    assert "refused" in refusal(reference, monkeypatch)


def test_without_google_credentials_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    assert "run `gcloud auth application-default login`" in refusal("gcp-sm://team-1/openai", monkeypatch)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, signed by itself, with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


@pytest.fixture
def azure(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    from azure.core.credentials import AccessToken
    from azure.keyvault.secrets import SecretClient

    class Credential:
        def get_token(self, *scopes: str, **_: Any) -> AccessToken:
            assert scopes == ("https://vault.azure.net/.default",)
            return AccessToken(TOKEN, int(time.time()) + 3600)

    server = Cloud(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    asked: list[str] = []

    def client(address: str) -> Any:
        asked.append(address)
        return SecretClient(
            f"https://127.0.0.1:{server.server_port}",
            Credential(),
            connection_verify=str(certificate),
            verify_challenge_resource=False,
            retry_total=0,
        )

    monkeypatch.setattr("locomo.secrets.azure._client", client)
    with serving(server):
        server.challenge = (
            'Bearer authorization="https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000",'
            ' resource="https://vault.azure.net"'
        )
        yield server
    assert set(asked) == {"https://ours.vault.azure.net"}


def azure_secret(value: str) -> tuple[int, dict]:
    return 200, {"value": value, "id": "https://ours.vault.azure.net/secrets/openai/1", "attributes": {"enabled": True}}


def test_azure_gives_text_fields_and_versions(azure: Cloud, monkeypatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    version = "0123456789abcdef0123456789abcdef"
    azure.answers = {"/secrets/openai/": azure_secret(PLANTED), f"/secrets/keys/{version}": azure_secret(JSON)}
    assert resolve("azure-kv://ours/openai", monkeypatch) == PLANTED
    assert resolve(f"azure-kv://ours.vault.azure.net/keys/{version}#openai", monkeypatch) == PLANTED
    assert {token for _, token in azure.seen} == {"", f"Bearer {TOKEN}"}  # asked for, then brought
    assert PLANTED not in caplog.text
    assert TOKEN not in caplog.text


def test_what_azure_refuses_is_one_line(azure: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = "azure-kv://ours/openai"
    assert "no such secret, or no such version of it, in this vault" in refusal(reference, monkeypatch)
    azure.answers["/secrets/openai/"] = (403, {"error": {"code": "Forbidden", "message": "denied"}})
    assert "(403); it needs the role Key Vault Secrets User on the vault" in refusal(reference, monkeypatch)
    azure.shutdown()
    azure.server_close()
    assert refusal(reference, monkeypatch).startswith("ours.vault.azure.net: ")


def test_without_azure_credentials_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    from azure.core.exceptions import ClientAuthenticationError

    class NobodyHere:
        def get_secret(self, *_: object) -> object:
            raise ClientAuthenticationError("DefaultAzureCredential failed\nAttempted credentials:\n\tmany\n")

    monkeypatch.setattr("locomo.secrets.azure._client", lambda address: NobodyHere())
    assert "no Azure credentials here that it takes; run `az login`" in refusal("azure-kv://ours/openai", monkeypatch)
    assert capfd.readouterr().err == ""
