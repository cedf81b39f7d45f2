"""Before a session begins: encryption, limits, and what is refused."""

from __future__ import annotations

import signal
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from quickbooks_demo.database import Address
from quickbooks_demo.testing import Database, run
from quickbooks_demo.waiting import wait_for

from .conftest import Running, Start

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
GSSENC_REQUEST = struct.pack("!ii", 8, 80877104)


@pytest.fixture
def certificate(tmp_path: Path) -> list[str]:
    """The options of a certificate for this host."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (tmp_path / "cert").write_bytes(made.public_bytes(encoding))
    (tmp_path / "key").write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    return ["--certificate", str(tmp_path / "cert"), "--key", str(tmp_path / "key")]


@contextmanager
def connection(proxy: Running) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as client:
        yield client


def is_admitted(address: Address) -> bool:
    try:
        return address.query("select true") == [(True,)]
    except psycopg.OperationalError:
        return False


def said_hello(plain: socket.socket, context: ssl.SSLContext) -> None:
    with context.wrap_socket(plain) as client:
        client.sendall(struct.pack("!ii", 9, 3 << 16) + b"\0")
        if not client.recv(1):
            raise ConnectionError("closed without a word")


def is_encrypted(address: Address, **options: str) -> bool:
    with psycopg.connect(address.url, **options) as client:
        client.execute("select repeat('x', 1000000)")
        return bool(client.pgconn.ssl_in_use)


def test_without_a_certificate_clients_go_on_in_the_clear(start: Start, postgres_server: Address) -> None:
    proxy = start()

    assert not is_encrypted(proxy.address(postgres_server), sslmode="prefer")
    with pytest.raises(psycopg.OperationalError, match="does not support SSL"):
        is_encrypted(proxy.address(postgres_server), sslmode="require")


@pytest.mark.parametrize("negotiation", ["postgres", "direct"])
def test_with_a_certificate_clients_are_encrypted(
    start: Start, postgres_server: Address, certificate: list[str], negotiation: str
) -> None:
    proxy = start(*certificate)

    assert is_encrypted(proxy.address(postgres_server), sslmode="require", sslnegotiation=negotiation)
    assert not is_encrypted(proxy.address(postgres_server), sslmode="disable")


def test_direct_tls_must_say_that_it_speaks_postgres(start: Start, certificate: list[str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    with connection(start(*certificate)) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
        said_hello(plain, context)


def test_bytes_behind_the_request_for_encryption_are_never_read_as_encrypted(
    start: Start, certificate: list[str]
) -> None:
    with connection(start(*certificate)) as client:
        client.sendall(SSL_REQUEST + b"select")

        assert client.recv(100) == b""


def test_requests_for_encryption_that_is_not_offered_are_answered_in_turn(start: Start) -> None:
    with connection(start()) as client:
        client.sendall(GSSENC_REQUEST)
        assert client.recv(1) == b"N"
        client.sendall(SSL_REQUEST)
        assert client.recv(1) == b"N"


@pytest.mark.parametrize("version", [(3 << 16) | 2, (3 << 16) | 9999])
def test_postgres_negotiates_a_version_that_it_does_not_know(start: Start, version: int) -> None:
    options = b"user\0postgres\0_pq_.test_protocol_negotiation\0\0\0"

    with connection(start()) as client:
        client.sendall(struct.pack("!ii", len(options) + 8, version) + options)

        assert client.recv(1) == b"v"


@pytest.mark.parametrize("length", [0, 7, 10_001, 2**31 - 1])
def test_a_startup_packet_of_no_sensible_length_ends_the_connection(start: Start, length: int) -> None:
    with connection(start()) as client:
        client.sendall(struct.pack("!ii", length, 3 << 16))

        assert client.recv(100) == b""


def test_who_says_nothing_is_sent_away(start: Start) -> None:
    with connection(start("--startup-timeout", "0.3")) as client:
        client.sendall(b"\0\0")

        assert client.recv(100) == b""


def test_more_clients_than_allowed_are_told_so(start: Start, postgres_server: Address) -> None:
    address = start("--connections", "1").address(postgres_server)

    with (
        psycopg.connect(address.url),
        pytest.raises(psycopg.OperationalError, match="too many clients"),
    ):
        psycopg.connect(address.url)
    wait_for(lambda: is_admitted(address), "the place of the first is free")


def test_a_proxy_that_is_told_to_stop_tells_its_clients(start: Start, migrated: Database) -> None:
    proxy = start()

    with psycopg.connect(proxy.address(migrated.superuser).url) as client:
        proxy.child.process.send_signal(signal.SIGTERM)
        assert proxy.child.process.wait(30) == 0
        with pytest.raises(psycopg.errors.AdminShutdown):
            client.execute("select 1")


def test_a_proxy_may_be_started_again(start: Start, migrated: Database) -> None:
    start().child.stop()

    assert start().address(migrated.superuser).query("select 1") == [(1,)]


def test_a_socket_in_a_directory_can_be_listened_on(
    start: Start, postgres_server: Address, tmp_path: Path
) -> None:
    start("--listen", f"{tmp_path}:5555")

    with psycopg.connect(postgres_server.url, host=str(tmp_path), port=5555) as client:
        assert client.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    ("options", "url", "words"),
    [
        ([], "", "DATABASE_URL is not set"),
        ([], "nonsense", "DATABASE_URL is not the address of a Postgres database"),
        ([], "postgresql://u:secret@h/d?sslmode=require", "DATABASE_URL wants TLS"),
        ([], "postgresql://u:secret@127.0.0.1:1/d", "the database cannot be used"),
        (["--listen", "here"], "postgresql://u@h/d", "'here' is no address"),
        (["--key", "k"], "postgresql://u@h/d", "TLS needs both --certificate and --key"),
        (["--key", "k", "--certificate", "c"], "postgresql://u@h/d", "c and k cannot be used"),
    ],
)
def test_settings_that_cannot_be_are_said_in_a_sentence(options: list[str], url: str, words: str) -> None:
    ended = run("quickbooks-proxy", *options, DATABASE_URL=url)

    assert ended.code == 1
    assert ended.err.startswith(f"quickbooks-proxy: {words}")
    assert "secret" not in ended.err
