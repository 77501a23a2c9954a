"""Starting, finding and stopping the real emulator."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from workbench.errors import EmulatorError
from workbench.localcloud import process
from workbench.localcloud.folder import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = """
import os, pathlib, subprocess

def handler(event, context):
    if "touch" in event:
        busy = subprocess.Popen(["sleep", "600"])
        pathlib.Path(event["touch"]).touch()
        busy.wait()
    return dict(os.environ)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "local"
    process.stop(tmp_path / "local")


def client_of(emulator: process.Emulator, service: str) -> Any:
    session = boto3.Session("test", "test", region_name="us-east-1")
    return session.client(service, endpoint_url=emulator.base_url)  # type: ignore[call-overload] # any service


def deploy(emulator: process.Emulator) -> None:
    role = client_of(emulator, "iam").create_role(RoleName="probe", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", CODE)
    client_of(emulator, "lambda").create_function(
        FunctionName="probe",
        Runtime="python3.11",
        Handler="index.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
        Timeout=900,
    )


def group_of(pid: int) -> list[str]:
    """List the processes of a group that live: whom nobody has asked for an exit status is dead all the same."""
    listing = subprocess.run(["ps", "-A", "-o", "pgid=,stat=,args="], check=True, capture_output=True, text=True)  # noqa: S607
    rows = (line.split(maxsplit=2) for line in listing.stdout.splitlines())
    return [row[-1] for row in rows if int(row[0]) == pid and not row[1].startswith("Z")]


def wait_until_empty(pid: int) -> None:
    deadline = time.monotonic() + 10
    while left := group_of(pid):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_there_is_one_emulator_for_a_folder_until_it_is_stopped(folder: Path) -> None:
    assert process.find(folder) is None
    assert not process.stop(folder)

    emulator = process.start(folder)

    assert group_of(emulator.pid)
    assert process.find(folder) == emulator
    assert process.start(folder) == emulator
    assert process.stop(folder)
    assert process.find(folder) is None
    assert not process.stop(folder)
    wait_until_empty(emulator.pid)


def test_a_stop_ends_busy_workers_and_what_they_started(folder: Path, tmp_path: Path) -> None:
    emulator = process.start(folder)
    deploy(emulator)
    touched = tmp_path / "touched"
    payload = json.dumps({"touch": str(touched)})
    client_of(emulator, "lambda").invoke(FunctionName="probe", InvocationType="Event", Payload=payload)
    deadline = time.monotonic() + 20
    while not touched.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(group_of(emulator.pid)) == 3  # the server, the worker, and the worker's own child

    assert process.stop(folder)

    wait_until_empty(emulator.pid)
    assert not (folder / "tmp").exists()
    assert "1 asynchronous invocations had not ended" in (folder / "emulator.log").read_text()


def test_a_restart_keeps_port_objects_and_functions(folder: Path) -> None:
    first = process.start(folder)
    deploy(first)
    objects = client_of(first, "s3")
    objects.create_bucket(Bucket="kept")
    objects.put_object(Bucket="kept", Key="a/b.txt", Body=b"still here")
    process.stop(folder)

    second = process.start(folder)

    assert second.port == first.port
    assert second.pid != first.pid
    assert client_of(second, "s3").get_object(Bucket="kept", Key="a/b.txt")["Body"].read() == b"still here"
    assert client_of(second, "lambda").get_function(FunctionName="probe")["Configuration"]["Timeout"] == 900


def test_a_port_that_was_taken_meanwhile_is_given_up(folder: Path) -> None:
    first = process.start(folder)
    process.stop(folder)
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", first.port))
        squatter.listen()

        assert process.find(folder) is None
        assert process.start(folder).port != first.port


def test_two_callers_at_once_get_the_same_emulator(folder: Path) -> None:
    script = "import sys, pathlib; from workbench.localcloud import process; "
    script += "print(process.start(pathlib.Path(sys.argv[1])).pid)"
    callers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(process.__file__).parents[2],
        )
        for _ in range(3)
    ]

    pids = {caller.communicate(timeout=60)[0] for caller in callers}

    found = process.find(folder)
    assert found is not None
    assert pids == {f"{found.pid}\n"}


def test_the_lambdas_see_nothing_of_the_users_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as user:
        for name in ("AWS_PROFILE", "AWS_SECRET_ACCESS_KEY", "PYTHONPATH"):
            user.setenv(name, "mine")
        emulator = process.start(folder)
    deploy(emulator)
    functions = client_of(emulator, "lambda")

    seen = json.load(functions.invoke(FunctionName="probe", Payload=b"{}")["Payload"])

    assert "mine" not in seen.values()
    assert (seen["AWS_CONFIG_FILE"], seen["AWS_SHARED_CREDENTIALS_FILE"]) == (os.devnull, os.devnull)
    assert Path(seen["TMPDIR"]) == folder / "tmp"


def test_what_is_not_ready_in_time_is_ended_and_explained(folder: Path) -> None:
    with pytest.raises(EmulatorError, match=r"(?s)not ready within 0 s.*emulator\.log"):
        process.start(folder, timeout=0)

    pid = json.loads((folder / "emulator.json").read_text())["pid"]
    wait_until_empty(pid)
    assert process.find(folder) is None


def test_a_server_that_dies_is_explained_by_the_end_of_its_log(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_text("#!/bin/sh\necho a broken interpreter\nexit 3\n")
    interpreter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(interpreter))

    with pytest.raises(EmulatorError, match=r"(?s)ended with status 3.*emulator\.log:\na broken interpreter"):
        process.start(folder)


def test_a_server_without_a_record_is_not_guessed_at(folder: Path) -> None:
    folder.mkdir()
    with serving(folder), pytest.raises(EmulatorError, match="does not say which"):
        process.stop(folder)


def test_a_process_that_got_the_emulators_old_number_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "emulator.json").write_text(json.dumps({"port": 1, "pid": os.getpid(), "started_at": "long ago"}))

    assert process.find(folder) is None
    assert not process.stop(folder)


def test_a_bound_of_zero_is_refused(folder: Path) -> None:
    with pytest.raises(EmulatorError, match="concurrency"):
        process.start(folder, concurrency=0)


def test_the_folder_is_the_users_cache_unless_a_home_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WORKBENCH_HOME", raising=False)
    assert "sweep-workbench" in process.default_state_dir().parts
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    assert process.default_state_dir() == tmp_path / "local"
