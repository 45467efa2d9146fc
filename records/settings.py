"""The settings, read once by whoever starts a process: from the environment (`REVIEWS_...`), or given by name."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

TASK_QUEUE = "reviews"


class Settings(BaseSettings):
    """One installation lives in one folder: records, engine, keys, seals."""

    model_config = SettingsConfigDict(env_prefix="REVIEWS_", frozen=True)
    data_dir: Path = Path("data")
    database_url: str = ""
    engine: str = "127.0.0.1:7233"
    namespace: str = "default"
    host: str = "127.0.0.1"
    port: int = 8080
    base_url: str = ""
    smtp_host: str = ""
    """Without a mail server, mail to referrers is read by the business unit, who pass it on by other means."""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_starttls: bool = True
    smtp_from: str = "case-reviews@localhost"
    demonstration: bool = False
    """Shows everybody's messages to everybody, and says so on every page. Never with real cases."""
    insecure_cookies: bool = True
    """Cookies over plain http, for one machine. The production form sets this to false."""

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'records.sqlite'}"

    @property
    def keys(self) -> Path:
        return self.data_dir / "keys.json"

    @property
    def seals(self) -> Path:
        return self.data_dir / "seals.jsonl"

    @property
    def address(self) -> str:
        return self.base_url or f"http://{self.host}:{self.port}"
