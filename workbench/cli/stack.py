"""The AWS stack in the laptop: up, down, and how it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.cli.output import console
from workbench.errors import EmulatorError
from workbench.experiments import discover

try:
    from workbench.localcloud.deploy import Deployment, deploy, find_deployment
    from workbench.localcloud.process import default_state_dir, find, start, stop
except ImportError as error:
    raise EmulatorError(
        f"the stack in the laptop needs {error.name}: run `pip install 'sweep-workbench[emulator,cdk]'`"
    ) from error

if TYPE_CHECKING:
    from workbench.localcloud.folder import Emulator

__all__ = ["show_stack", "start_stack", "stop_stack"]


def start_stack() -> Deployment:
    """Start the emulator, deploy what is in this checkout, and say where it is."""
    # What is wrong with an experiment is said here in one sentence, before anything is started or changed.
    discover()
    with console.status("starting the emulator"):
        emulator = start(default_state_dir())
    with console.status("making the template and deploying it (the first time takes half a minute)"):
        deployed = deploy(emulator)
    _show(emulator, deployed)
    return deployed


def stop_stack() -> None:
    """Stop the emulator."""
    stopped = stop(default_state_dir())
    console.print("stopped; its runs are kept" if stopped else "it does not run")


def show_stack() -> None:
    """Say whether the emulator runs, and what is deployed on it."""
    emulator = find(default_state_dir())
    if emulator is None:
        console.print("the stack in the laptop does not run: start it with `workbench up`")
        return
    _show(emulator, find_deployment(emulator))


def _show(emulator: Emulator, deployed: Deployment | None) -> None:
    console.print(f"the emulator runs at {emulator.base_url}, its state lies in {emulator.state_dir}", highlight=False)
    if deployed is None:
        console.print("nothing is deployed on it: run `workbench up`")
    else:
        console.print(f"stack [bold]{deployed.stack_name}[/bold], API {deployed.api_url}", highlight=False)
