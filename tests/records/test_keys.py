"""The key file: made once, kept apart, refused when others may read it, and missed in words."""

import json
from pathlib import Path

import pytest
from pydantic import SecretBytes

from records.keys import Keys, KeysMissing, KeysUnsafe, make_keys, new_keys, read_keys
from records.opening import open_installation, prepare
from records.sealing import CannotUnseal, Vault
from records.settings import Settings
from tests.support.lives import Lives
from tests.support.recording import recording, recording_again


@pytest.mark.promise("K8")
async def test_records_without_their_keys_are_said_to_miss_them_and_no_new_keys_are_made(tmp_path: Path) -> None:
    async with recording(tmp_path) as made:
        await made.refer()
    (tmp_path / "keys.json").rename(tmp_path / "elsewhere.json")
    for opening in (prepare, open_installation):
        with pytest.raises(KeysMissing, match=r"key file keys\.json is missing\. Put it back from your backup"):
            await opening(Settings(data_dir=tmp_path))
    assert not (tmp_path / "keys.json").exists()
    (tmp_path / "elsewhere.json").rename(tmp_path / "keys.json")
    async with recording_again(tmp_path) as made:
        assert await made.broken() == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620])
def test_keys_that_others_may_touch_are_refused_with_the_command_that_mends_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.json"
    new_keys().save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(mode)
    with pytest.raises(KeysUnsafe, match="chmod 600"):
        read_keys(path)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"sealing": 1}', "null"])
def test_a_damaged_key_file_is_said_to_be_damaged_without_its_content(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.touch(0o600)
    path.write_text(content)
    with pytest.raises(KeysMissing, match="is damaged") as caught:
        read_keys(path)
    assert caught.value.__suppress_context__


def test_keys_are_never_written_over_others_and_leave_nothing_beside_them(tmp_path: Path) -> None:
    path, keys = tmp_path / "keys.json", new_keys()
    keys.save(path)
    with pytest.raises(FileExistsError):
        new_keys().save(path)
    assert read_keys(path) == keys
    assert [one.name for one in tmp_path.iterdir()] == ["keys.json"]
    assert make_keys(path, tmp_path / "records.sqlite") == keys


def test_keys_do_not_show_themselves() -> None:
    keys = new_keys()
    secret = keys.audit.get_secret_value()
    shown = f"{keys!r} {keys} {keys.model_dump()}"
    assert secret.hex() not in shown
    assert repr(secret)[2:-1] not in shown


@pytest.mark.promise("K8")
async def test_with_a_new_key_in_the_ring_old_values_are_read_and_new_ones_written_under_it(tmp_path: Path) -> None:
    async with recording(tmp_path) as made:
        await Lives(made).notified()
    path = tmp_path / "keys.json"
    raw = json.loads(path.read_text())
    for ring in ("sealing", "engine"):
        raw[ring]["k2"] = "ab" * 32
    path.write_text(json.dumps(raw))
    async with recording_again(tmp_path) as made:
        assert await made.broken() == []
        assert made.there.vault.seal("x", "texts.sealed/1")[1:3] == b"k2"
        await made.refer()
        assert await made.broken() == []


def test_a_value_opens_only_where_it_was_sealed_and_only_whole() -> None:
    keys = new_keys()
    vault = Vault(keys)
    own = "children.sealed/LR-2026-0001/1"
    sealed = vault.seal({"name": "Quillon"}, own)
    assert vault.unseal(sealed, own) == {"name": "Quillon"}
    assert b"Quillon" not in sealed
    other = Vault(keys.model_copy(update={"sealing": {"k9": SecretBytes(b"9" * 32)}}))
    for key, value, place in (
        (vault, sealed, "children.sealed/LR-2026-0002/1"), (vault, sealed[:-1] + bytes([sealed[-1] ^ 1]), own),
        (vault, sealed[:9], own), (vault, b"", "x"), (vault, b"\xff\xff", "x"), (other, sealed, "x"),
    ):  # fmt: skip
        with pytest.raises(CannotUnseal) as caught:
            key.unseal(value, place)
        assert "LR-2026" not in str(caught.value)


def test_keys_are_each_their_own() -> None:
    keys: Keys = new_keys()
    secrets = [keys.audit, keys.door, keys.look_up, *keys.sealing.values(), *keys.engine.values()]
    assert len({one.get_secret_value() for one in secrets}) == len(secrets)
    assert all(len(one.get_secret_value()) == 32 for one in secrets)
