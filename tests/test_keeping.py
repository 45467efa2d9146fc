"""Backup, restore, rebuild and new keys as whoever looks after an installation gives them, on one that is served."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.house import referral, triage
from tests.support.running import MANAGER, PEOPLE, Running, alone, write_json

pytestmark = [pytest.mark.proof, pytest.mark.timeout(400), pytest.mark.promise("L6", "L7", "K8")]


def pair() -> tuple[str, str]:
    said = alone("backup-key").stdout
    public = re.search(r"^age1\w+$", said, re.MULTILINE)
    secret = re.search(r"^AGE-SECRET-KEY-1\w+$", said, re.MULTILINE)
    assert public
    assert secret
    return public[0], secret[0]


def deadlines(running: Running, ref: str) -> str:
    """What `reviews status` says of it: its stage, and everything that is owed."""
    done = running.reviews("status", ref, "--json", by=MANAGER)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_served_installation_is_backed_up_and_goes_on_on_another_machine(tmp_path: Path) -> None:
    public, secret = pair()
    backup, key = tmp_path / "all.backup", tmp_path / "secret.key"
    key.write_text(f"# created today\n{secret}\n")
    with Running(tmp_path / "here") as here:
        here.ready()
        here.sign_up(*PEOPLE)
        ref = here.json("refer", write_json(tmp_path / "refer.json", referral(datetime.now(UTC))))["case"]
        here.json("answer", ref, "triage", write_json(tmp_path / "triage.json", triage()), by=MANAGER)
        review = ref.replace("LR", "RR")
        was = deadlines(here, review)
        rotated = here.reviews("keys", "rotate")
        assert "sealed under a new key" in rotated.stdout, rotated.stderr
        assert deadlines(here, review) == was, "whoever runs goes on under the new keys"
        done = here.reviews("backup", str(backup), "--key", public)
        assert (done.returncode, "rows and 0 files, as of" in done.stdout) == (0, True), done.stderr
        again = here.reviews("rebuild")
        assert "2 open cases run; 0 of them started now." in again.stdout, again.stderr
        assert here.interrupt() == 0
    there = tmp_path / "there"
    back = alone("restore", backup, "--identity", key, "--data-dir", there)
    assert "each was compared with the backup" in back.stdout, back.stderr
    with Running(there) as running:
        running.ready()
        assert deadlines(running, review) == was
        running.until(lambda: "2 open cases run; 0 of them" in running.reviews("rebuild").stdout)
        assert running.reviews("audit", "verify").stdout == "Every chain is whole.\n"
        held = running.reviews("held", by=MANAGER)
        assert (held.returncode, held.stderr) == (0, "")
        forgotten = running.reviews("keys", "forget")
        assert "2 keys are gone" in forgotten.stdout, forgotten.stderr
        assert deadlines(running, review) == was
        assert running.json("refer", write_json(tmp_path / "next.json", referral(datetime.now(UTC))))["case"] != ref
