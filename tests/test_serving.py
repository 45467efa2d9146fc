"""`reviews serve`: everything on one machine by one command, with real processes."""

import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import psutil
import pytest

from records.keys import new_keys
from records.trouble import FULL, NO_DATABASE, no_tables
from records.typed import typed
from serving import OtherKind, check_kind
from tests.support.house import DIRECTORY, ROOT, referral
from tests.support.ports import free_port
from tests.support.running import (
    ADMINISTRATOR,
    PASSWORD,
    REVIEWS,
    Running,
    environment,
    reviews,
    write_json,
)
from tests.support.sampling import sampled

pytestmark = [pytest.mark.timeout(180)]
KEPT = ("-m worker", "-m portal", "server start-dev")


def refer(running: Running) -> str:
    """Refer by the command line: it needs portal's folder, engine and worker. Returns the reference."""
    file = write_json(running.folder.parent / "referral.json", referral(datetime.now(UTC)))
    return str(running.json("refer", file)["case"])


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, 10)[1]


@pytest.mark.promise("L1")
def test_a_first_start_says_where_to_look_and_a_second_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    with Running(folder) as running:
        running.ready()
        assert f"The portal is at {running.address}\n" in running.said()
        assert f"({ADMINISTRATOR}) sets a password here, once:" in running.said()
        running.sign_up()
        ref = refer(running)
        children = running.children()
        assert len(children) == len(KEPT)
        assert running.interrupt() == 0
        assert gone(children)
        assert "everything goes on where it was" in running.said()
        assert not (folder / "processes.json").exists()
    running.output.unlink()

    with Running(folder) as again:
        again.ready()
        assert "/invitation" not in again.said()
        signed_in = httpx2.post(f"{again.address}/api/v1/session", json={"email": ADMINISTRATOR, "password": PASSWORD})
        assert signed_in.status_code == 200
        bearer = {"Authorization": f"Bearer {signed_in.json()['token']}"}
        assert ref in httpx2.get(f"{again.address}/api/v1/cases", headers=bearer).text
        assert refer(again) != ref


@pytest.mark.promise("K2")
@pytest.mark.parametrize(("begun", "then", "words"), [("", "yes", "may hold real cases"), ("yes", "", "anybody")])
def test_a_folder_is_a_demonstration_or_not_for_ever(tmp_path: Path, begun: str, then: str, words: str) -> None:
    options = {"": [], "yes": ["--demonstration"]}
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        folder, port = tmp_path / "here", str(busy.getsockname()[1])
        made = reviews("prepare", "--data-dir", folder, REVIEWS_DEMONSTRATION=begun or "no")
        assert made.returncode == 0, made.stderr
        busy.close()
        refused = reviews("serve", "--data-dir", folder, "--port", port, *options[then])
    assert refused.returncode != 0
    assert words in refused.stderr.replace("\n", " ")
    again = reviews("prepare", "--data-dir", folder, REVIEWS_DEMONSTRATION=begun or "no")
    assert again.returncode == 0, again.stderr


def test_a_folder_of_before_this_was_written_counts_as_real(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{}")
    with pytest.raises(OtherKind, match="real cases"):
        check_kind(tmp_path, demonstration=True)
    check_kind(tmp_path, demonstration=False)


@pytest.mark.proof
@pytest.mark.proof
def test_an_earlier_link_of_the_administrator_is_spent_with_the_one_that_was_used(tmp_path: Path) -> None:
    with Running(tmp_path / "here") as running:
        running.ready()
        first = running.invitation()
        running.interrupt()
    running.output.unlink()
    with Running(tmp_path / "here") as again:
        again.ready()
        assert again.invitation() != first
        again.sign_up()
        with httpx2.Client(base_url=again.address) as browser:
            browser.get("/invitation")
            form = {"_csrf": browser.cookies["anonymous"], "token": first, "password": "another of three words"}
            assert browser.post("/invitation", data=form).status_code == 422


@pytest.mark.proof
def test_a_real_folder_says_that_its_directory_is_an_example_until_it_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    with Running(folder) as running:
        running.ready()
        assert "The directory is an example: its people are invented" in running.said()
        assert f"  {typed('directory import FILE')} --data-dir {folder} --as" in running.said()
        check = next(line for line in running.said().splitlines() if "directory check" in line)
        bare = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        words = shlex.split(check.replace("FILE", str(DIRECTORY)))
        assert subprocess.run(words, cwd=ROOT, env=bare, check=False, capture_output=True).returncode == 0  # noqa: S603 -- what it printed
        running.sign_up()
        own = tmp_path / "own.yaml"
        own.write_text(DIRECTORY.read_text().replace("p-0", "p-1").replace("example.org", "harrowshire.gov.uk"))
        done = running.reviews("directory", "import", own, by=ADMINISTRATOR)
        assert done.returncode == 0, done.stderr
        assert f"Nobody can sign in any more: start `{typed('serve')}` again" in done.stdout
    again = reviews("prepare", "--data-dir", folder)
    assert "The directory is an example" not in again.stdout
    assert (
        f"The administrator ({ADMINISTRATOR.replace('example.org', 'harrowshire.gov.uk')}) sets a password"
        in again.stdout
    )
    shown = reviews("prepare", "--data-dir", tmp_path / "other", REVIEWS_DEMONSTRATION="yes")
    assert "The directory is an example" not in shown.stdout


def test_what_a_log_would_keep_holds_no_link(tmp_path: Path) -> None:
    done = reviews("prepare", "--data-dir", tmp_path / "here")
    assert done.returncode == 0, done.stderr
    assert ADMINISTRATOR in done.stdout
    assert "/invitation#" not in done.stdout
    assert (tmp_path / "here" / "keys.json").exists()


def test_nobody_else_may_read_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    with Running(folder) as running:
        running.ready()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "keys.json").stat().st_mode) == 0o600
        readable = [path for path in folder.rglob("*") if path.stat().st_mode & 0o077]
        assert readable == []


@pytest.mark.proof
@pytest.mark.proof
def test_two_run_side_by_side_in_two_folders(tmp_path: Path) -> None:
    with Running(tmp_path / "one") as one, Running(tmp_path / "two") as two:
        one.ready()
        two.ready()
        assert refer(one) == refer(two)  # each counts for itself
        assert one.interrupt() == 0
        assert httpx2.get(f"{two.address}/health/ready").status_code == 200
        assert refer(two).endswith("-0002")


@pytest.mark.proof
@pytest.mark.promise("L5")
def test_whatever_is_killed_is_started_again(tmp_path: Path) -> None:
    with Running(tmp_path / "here") as running:
        running.ready()
        refs = [refer(running)]
        for words in KEPT:
            killed = running.child(words)
            killed.kill()
            assert gone([killed])
            assert running.child(words).pid != killed.pid
            running.ready()
            refs.append(refer(running))
        assert len(set(refs)) == 1 + len(KEPT)
        assert running.said().count("starting it again") == len(KEPT)
        children = running.children()
        assert running.interrupt() == 0
        assert gone(children)


def test_a_second_start_on_the_same_folder_and_a_taken_port_are_refused_in_words(tmp_path: Path) -> None:
    with Running(tmp_path / "here") as running:
        running.ready()
        same_folder = reviews("serve", "--data-dir", running.folder, "--port", str(free_port()))
        same_port = reviews("serve", "--data-dir", tmp_path / "other", "--port", str(running.port))
        assert (same_folder.returncode, same_port.returncode) == (1, 1)
        words = f"Another `reviews serve` is running on {running.folder}. Stop it first, or use another folder.\n"
        assert same_folder.stderr == words
        assert f"Port {running.port} is in use by something else." in same_port.stderr
        assert httpx2.get(f"{running.address}/health/ready").status_code == 200


def test_a_refused_start_leaves_no_folder_and_names_a_port_that_is_free(tmp_path: Path) -> None:
    with socket.socket() as busy, socket.socket() as next_door:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with suppress(OSError):  # then it is taken by somebody else, which is as well
            next_door.bind(("127.0.0.1", port + 1))
            next_door.listen()
        refused = reviews("serve", "--data-dir", tmp_path / "new", "--port", str(port))
        assert refused.returncode == 1
        named = re.search(r"(\d+) is free: add --port with it\.", refused.stderr)
        assert named, refused.stderr
        assert int(named[1]) not in {port, port + 1}
        with socket.socket() as free:
            free.bind(("127.0.0.1", int(named[1])))
        same = reviews("serve", "--data-dir", tmp_path / "new", "--port", named[1], "--engine-page", named[1])
        assert (same.returncode, "the portal's already" in same.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", ["99999", "-5", "0", "eighty"])
def test_a_port_that_is_none_is_not_understood(tmp_path: Path, port: str) -> None:
    for given in ({"words": ("--port", port)}, {"words": (), "PORT": port}):
        words = given.pop("words")
        refused = reviews("serve", "--data-dir", tmp_path / "here", *words, **given)
        assert refused.returncode == 2
        assert "Invalid value for '--port'" in refused.stderr
        assert "Traceback" not in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_is_not_of_this_machine_is_refused_in_words(tmp_path: Path) -> None:
    refused = reviews("serve", "--data-dir", tmp_path / "here", "--port", str(free_port()), REVIEWS_HOST="192.0.2.1")
    assert refused.returncode == 1
    assert refused.stderr == "192.0.2.1 is not an address of this machine. Look at REVIEWS_HOST.\n"


@pytest.mark.promise("L5")
@pytest.mark.parametrize("command", ["serve", "prepare"])
@pytest.mark.parametrize("room", sampled([4096, 0, 100_000], 3))
def test_a_first_start_on_a_full_disk_is_said_in_words_and_goes_on_with_room(
    tmp_path: Path, command: str, room: int
) -> None:
    """No file may grow beyond this many bytes, which the kernel refuses as it refuses on a full disk."""
    folder = tmp_path / "here"
    port = ("--port", str(free_port())) if command == "serve" else ()
    full = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-c", LITTLE_ROOM, str(room), str(REVIEWS), command, "--data-dir", str(folder), *port],
        env=environment(), capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert full.returncode == 1, full.stderr
    assert "Traceback" not in full.stdout + full.stderr
    assert full.stderr.endswith(f"{FULL}\n"), full.stderr
    again = reviews("prepare", "--data-dir", folder)
    assert again.returncode == 0, again.stderr
    assert (folder / "kind").read_text() == "real\n"


LITTLE_ROOM = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_a_folder_that_cannot_be_used_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = reviews("serve", "--data-dir", tmp_path / "file")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{tmp_path / 'file'} cannot be used: ")
    assert "Traceback" not in refused.stderr


def test_records_without_their_keys_are_not_served(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite").write_bytes(b"")
    refused = reviews("serve", "--data-dir", tmp_path, "--port", str(free_port()))
    assert refused.returncode == 1
    assert "The key file keys.json is missing. Put it back from your backup" in refused.stderr
    assert not (tmp_path / "keys.json").exists()


@pytest.mark.proof
def test_after_a_killed_supervisor_the_next_start_ends_what_it_left_and_nothing_else(tmp_path: Path) -> None:
    with Running(tmp_path / "one") as killed, Running(tmp_path / "two") as bystander:
        killed.ready()
        bystander.ready()
        ref = refer(killed)
        orphans = killed.children()
        killed.process.send_signal(signal.SIGKILL)
        killed.process.wait(10)
        assert all(one.is_running() for one in orphans)
        with Running(tmp_path / "one", port=killed.port) as again:
            again.ready()
            assert gone(orphans)
            assert int(refer(again)[-4:]) == int(ref[-4:]) + 1
            assert len(bystander.children()) == len(KEPT)
            assert httpx2.get(f"{bystander.address}/health/ready").status_code == 200


def test_ctrl_c_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    with Running(tmp_path / "here") as running:
        running.until(lambda: len(running.children()) > 0)
        children = running.children()
        assert running.interrupt() == 0
        assert gone(children)


@pytest.mark.proof
@pytest.mark.proof
def test_a_process_that_is_stuck_is_ended(tmp_path: Path) -> None:
    """A stopped process does not hear that it should end; after a while it is ended all the same."""
    with Running(tmp_path / "here") as running:
        running.ready()
        children = running.children()
        running.child("-m portal").suspend()
        assert running.interrupt() == 0
        assert gone(children)


@pytest.mark.proof
def test_the_port_is_free_again_at_once(tmp_path: Path) -> None:
    with Running(tmp_path / "here") as running:
        running.ready()
        assert running.interrupt() == 0
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", running.port))


def test_a_process_without_a_gate_goes_straight_on() -> None:
    words = "from records.gate import wait_at_gate; wait_at_gate()"
    began = time.monotonic()
    assert subprocess.run([sys.executable, "-c", words], check=True, timeout=20).returncode == 0  # noqa: S603 -- our own
    assert time.monotonic() - began < 10


PROCESSES = pytest.mark.parametrize("process", [("-m", "portal"), ("worker.py",)], ids=" ".join)


def alone(process: tuple[str, ...], folder: Path, **settings: str) -> tuple[int, str]:
    """How a process that is started by itself ends, and what it says."""
    given = {**os.environ, "REVIEWS_DATA_DIR": str(folder), **settings}
    ended = subprocess.run(  # noqa: S603 -- our own
        [sys.executable, *process], cwd=ROOT, env=given, check=False, capture_output=True, text=True, timeout=40
    )
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stderr


@pytest.mark.promise("L5")
@PROCESSES
@pytest.mark.parametrize(
    ("setting", "value", "words"),
    sampled([
        ("REVIEWS_PORT", "abc", "REVIEWS_PORT cannot be read: "),
        ("REVIEWS_SMTP_STARTTLS", "perhaps", "REVIEWS_SMTP_STARTTLS cannot be read: "),
        ("REVIEWS_DATABASE_URL", "nonsense", NO_DATABASE),
        ("REVIEWS_DATABASE_URL", "oracle://reviews@host/reviews", NO_DATABASE),
        ("REVIEWS_DATABASE_URL", "postgresql://reviews@host/reviews", NO_DATABASE),
        ("REVIEWS_DATA_DIR", "nowhere", "There is no installation in nowhere. Set REVIEWS_DATA_DIR "),
    ], 3),
)  # fmt: skip
def test_a_process_started_by_itself_says_which_setting_is_wrong(
    process: tuple[str, ...], setting: str, value: str, words: str, tmp_path: Path
) -> None:
    new_keys().save(tmp_path / "keys.json")
    code, said = alone(process, tmp_path, **{setting: value})
    assert code == 2
    assert said.startswith(words)


@pytest.mark.promise("L5")
@PROCESSES
def test_a_process_started_by_itself_says_what_to_do_about_missing_keys(
    process: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "records.sqlite").touch()
    code, said = alone(process, tmp_path)
    assert code == 2
    assert said.startswith("The key file keys.json is missing. Put it back from your backup")
    assert str(tmp_path) in said
    new_keys().save(tmp_path / "keys.json")
    assert alone(process, tmp_path) == (1, f"{no_tables()}\n")
