"""The settings, read once by whoever starts a process: from the environment (`REVIEWS_...`), or given by name."""

import ipaddress
import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, Field, FilePath, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

TASK_QUEUE = "reviews"
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NOTIFY_KEY = re.compile(f".+-{UUID}-{UUID}")
HOST_AND_PORT = re.compile(r"[^\s/]+:\d{1,5}", re.ASCII)
PORTS = 65536
Port = Annotated[int, Field(ge=1, lt=PORTS)]
ORIGIN = re.compile(r"https?://[^\s/]+", re.ASCII)


def _notify_key(key: SecretStr) -> SecretStr:
    if key.get_secret_value() and not NOTIFY_KEY.fullmatch(key.get_secret_value()):
        message = "a key of GOV.UK Notify is a name and two ids, joined by hyphens"
        raise ValueError(message)
    return key


def _clamd(where: str) -> str:
    if where and not where.startswith("/") and not HOST_AND_PORT.fullmatch(where):
        message = "it is host:port, such as 127.0.0.1:3310, or the path of a socket, such as /run/clamav/clamd.ctl"
        raise ValueError(message)
    return where


def _listening(at: str) -> str:
    host, _, port = at.rpartition(":")
    try:
        known = not at or (ipaddress.ip_address(host.strip("[]")) is not None and 0 < int(port) < PORTS)
    except ValueError:
        known = False
    if not known:
        message = "it is an address of this machine and a port, such as 127.0.0.1:9101"
        raise ValueError(message)
    return at


def _collector(where: str) -> str:
    if where and not re.match("https?://[^/]+/", where):
        message = "it is the whole address for traces, such as http://127.0.0.1:4318/v1/traces"
        raise ValueError(message)
    return where


def _origin(address: str) -> str:
    if address and not ORIGIN.fullmatch(address):
        message = "it is an address without a path, such as https://engine.example.org"
        raise ValueError(message)
    return address


Clamd = Annotated[str, AfterValidator(_clamd)]
Collector = Annotated[str, AfterValidator(_collector)]
Listening = Annotated[str, AfterValidator(_listening)]
NotifyKey = Annotated[SecretStr, AfterValidator(_notify_key)]
Origin = Annotated[str, AfterValidator(_origin)]
SECRETS = Path(os.environ.get("REVIEWS_SECRETS", "/run/secrets"))
"""Where a container finds its secrets: a file `reviews_smtp_password` is the setting `smtp_password`."""


class SignIn(StrEnum):
    """How people show who they are."""

    PASSWORD = "password"  # noqa: S105 -- the name of a way, not a password
    """With a local account alone: for one machine, and for trying things out."""
    SECOND_FACTOR = "second_factor"
    """With a local account, and with a code that an app on their phone shows."""
    OIDC = "oidc"
    """With the account of their own organisation, by OpenID Connect. Local passwords open nothing."""


class Settings(BaseSettings):
    """One installation lives in one folder: records, engine, keys, seals."""

    model_config = SettingsConfigDict(
        env_prefix="REVIEWS_", frozen=True, hide_input_in_errors=True, secrets_dir=SECRETS if SECRETS.is_dir() else None
    )
    data_dir: Path = Path("data")
    database_url: str = ""
    database_password: SecretStr = SecretStr("")
    """For a URL that names a user and no password, so that the password can come from a file."""
    engine: str = "127.0.0.1:7233"
    namespace: str = "default"
    engine_tls: bool = False
    """The engine is reached by TLS and has to prove who it is: for one that is not on this machine."""
    engine_ca_file: FilePath | None = None
    """The certificate of an authority of one's own that vouches for the engine; the usual ones are known. Means TLS."""
    engine_api_key: SecretStr = SecretStr("")
    """By which Temporal Cloud, or a cluster of one's own, knows us. Means TLS."""
    engine_page: Origin = ""
    """Where the engine's own web page is: it may ask /engine/codec to read for an administrator. Empty: it may not."""
    host: str = "127.0.0.1"
    port: Port = 8080
    base_url: str = ""
    smtp_host: str = ""
    """Without a mail server, mail to referrers is read by the business unit, who pass it on by other means."""
    smtp_port: Port = 587
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_starttls: bool = True
    """The mail server has to prove who it is. Only for one on this machine this may be false."""
    smtp_ca_file: FilePath | None = None
    """The certificate of an authority of one's own that vouches for the mail server; the usual ones are known."""
    smtp_from: str = "case-reviews@localhost"
    slack_token: SecretStr = SecretStr("")
    """The bot's token (xoxb-...). Without it nothing is sent to Slack."""
    slack_unit_channel: str = ""
    """The id (C...) of a channel of the business unit alone, in which each case has a thread. Empty: none."""
    slack_api: str = "https://slack.com/api/"
    notify_api_key: NotifyKey = SecretStr("")
    """A key of GOV.UK Notify, whole. Without it nothing is sent by Notify."""
    notify_template: str = ""
    """The id of the e-mail template there whose subject is ((subject)) and whose message is ((body))."""
    notify_api: str = "https://api.notifications.service.gov.uk"
    slack_signing_secret: SecretStr = SecretStr("")
    """By which Slack signs what it sends to /slack/events. Without it nothing is taken there."""
    slack_app_token: SecretStr = SecretStr("")
    """The app's token (xapp-...) for Socket Mode, where Slack cannot reach the portal from outside."""
    file_most_mb: Annotated[int, Field(ge=1, le=1000)] = 20
    """How large a file of evidence may be, in megabytes."""
    clamd: Clamd = ""
    """Where the virus scanner ClamAV listens: host:port, or the path of its socket. Empty: files are not scanned."""
    alive: Path | None = None
    """A file that the worker touches while it reaches engine and database, for a health check from outside."""
    portal_metrics: Listening = ""
    """Where the portal shows its metrics to Prometheus: address:port, never reached from outside. Empty: nowhere.

    Each process has an address of its own, for on one machine they share an environment.
    """
    worker_metrics: Listening = ""
    """The same for the worker, which also counts what stands in the record."""
    engine_metrics: Listening = ""
    """The same for what the engine's library in the worker says of itself."""
    traces: Collector = ""
    """Where a collector takes traces by OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces. Empty: none."""
    production: bool = False
    """The production form: what must not be so there (records/production.py) keeps portal and worker from starting."""
    sign_in: SignIn = SignIn.PASSWORD
    oidc_issuer: str = ""
    """The address of the identity provider, as its own discovery document has it."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    demonstration: bool = False
    """Shows everybody's messages to everybody, and says so on every page. Never with real cases."""
    insecure_cookies: bool = True
    """Cookies over plain http, for one machine. The production form sets this to false."""

    @property
    def database(self) -> str:
        password = quote(self.database_password.get_secret_value(), safe="")
        url = self.database_url.replace("@", f":{password}@", 1) if password else self.database_url
        return url or f"sqlite+aiosqlite:///{self.data_dir / 'records.sqlite'}"

    @property
    def keys(self) -> Path:
        return self.data_dir / "keys.json"

    @property
    def seals(self) -> Path:
        return self.data_dir / "seals.jsonl"

    @property
    def files(self) -> Path:
        return self.data_dir / "files"

    @property
    def address(self) -> str:
        return self.base_url or f"http://{self.host}:{self.port}"
