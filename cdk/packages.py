"""The libraries of the Lambdas: installed by pip for the functions' platform, made small, zipped, and kept by content.

No container is needed: wheels are chosen by platform tag. An archive is made once for each set of pins and platform, so
a second synth only finds it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

from bytecode import compile_sources
from symbols import cut_symbols

if TYPE_CHECKING:
    from collections.abc import Iterable

    from config import StageConfig

__all__ = ["BundlingError", "Target", "archive", "check_pins", "version_in"]

_MACHINES: Final = {"x86_64": "x86_64", "arm64": "aarch64"}
# A wheel is named after the oldest C library that it needs. All three, or pip silently takes old versions.
_PLATFORMS: Final = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
# What no function needs: headers, tests, sources, type stubs, and the parts of Arrow that speak to other services, a
# third of it all. Everything else of Arrow is linked from its core.
_PRUNED: Final = (
    "bin",
    "**/tests",
    "**/__pycache__",
    "**/*.pyi",
    "**/*.pxd",
    "**/*.pxi",
    "**/*.pyx",
    "**/*.a",
    "numpy/**/include",
    "numpy/f2py",
    "numpy/distutils",
    "numpy/conftest.py",
    "numpy/_pyinstaller",
    "numpy/_core/_simd.*",
    "pyarrow/include",
    "pyarrow/includes",
    "pyarrow/src",
    "pyarrow/*flight*",
    "pyarrow/*gandiva*",
    "pyarrow/*substrait.*.so",
    "pyarrow/substrait.py",
    "pyarrow/*s3fs*",
    "pyarrow/libarrow_s3*",
    "pyarrow/_azurefs*",
    "pyarrow/_gcsfs*",
    "pyarrow/_hdfs*",
    "pyarrow/benchmark.py",
    "pyarrow/conftest.py",
    "pyarrow/cuda.py",
    "pyarrow/jvm.py",
    "pyarrow/_pyarrow_cpp_tests*",
    "**/*_tests.*.so",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.min.*",
    # Wheels hold no links: these are copies that only a compiler would look for.
    "pyarrow/libarrow_python*.so",
    "pyarrow/libarrow_python*.so.*.*",
    # What pip notes of an installation: it differs from one environment to another, and lists what is not here.
    "*.dist-info/RECORD",
    "*.dist-info/direct_url.json",
)
_RECIPE: Final = 2  # to be raised whenever an archive's content changes for another reason than its key says


class BundlingError(RuntimeError):
    """The functions' code or libraries cannot be put together."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the libraries must run on.

    Parameters
    ----------
    python : str
        Version of Python, such as ``3.13``.
    architecture : {'x86_64', 'arm64', 'host'}
        Processor; ``host`` is this interpreter.
    """

    python: str
    architecture: str

    @classmethod
    def of(cls, config: StageConfig) -> Target:
        """Return what a deployment's functions run on."""
        return cls(python=config.python, architecture=config.architecture)

    @property
    def pip_options(self) -> tuple[str, ...]:
        """Options that make pip choose wheels for it."""
        if self.architecture == "host":
            return ()
        machine = _MACHINES[self.architecture]
        tags = (option for name in _PLATFORMS for option in ("--platform", f"{name}_{machine}"))
        return ("--python-version", self.python, "--implementation", "cp", *tags)

    @property
    def key(self) -> str:
        """Name of the platform; two hosts never share one."""
        if self.architecture == "host":
            return f"{sys.implementation.cache_tag}-{platform.system()}-{platform.machine()}".lower()
        return f"cp{self.python}-{self.architecture}"

    @property
    def runs_bytecode_of_this(self) -> bool:
        """Whether what this interpreter compiles can be imported there."""
        return self.architecture == "host" or self.python == ".".join(platform.python_version_tuple()[:2])


def archive(requirements: Iterable[str], *, constraints: Path, target: Target, folder: str = "") -> Path:
    """Make, or find, the zip file that holds libraries for a platform.

    Parameters
    ----------
    requirements : iterable of str
        As pip takes them.
    constraints : Path
        File of pins; may be missing.
    target : Target
        What they must run on.
    folder : str
        Folder inside the archive; a layer's is ``python``.

    Returns
    -------
    Path
        In the user's cache; its name changes whenever its content would.

    Raises
    ------
    BundlingError
        If pip cannot install them.
    """
    wanted = sorted(requirements)
    pins = constraints.read_text(encoding="utf-8") if constraints.is_file() else ""
    compiler = sys.version if target.runs_bytecode_of_this else None
    recipe = json.dumps([_RECIPE, wanted, pins, target.key, target.pip_options, folder, _PRUNED, compiler])
    digest = hashlib.blake2b(recipe.encode(), digest_size=12).hexdigest()
    kept = _cache() / f"{target.key}-{digest}.zip"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".making-") as making:
            content, draft = Path(making, "content"), Path(making, kept.name)
            _install(wanted, constraints=constraints if pins else None, target=target, into=content)
            _prune(content)
            for file in (path for path in content.rglob("*.so*") if path.is_file()):
                cut_symbols(file)
            if compiler:
                compile_sources(content)
            _zip(content, draft, folder=folder)
            draft.replace(kept)
    return kept


def check_pins(requirements: Iterable[str], constraints: Path) -> None:
    """Refuse libraries in another version than the project's own, of which pip would only say that there is a conflict.

    Parameters
    ----------
    requirements : iterable of str
        Each with its version, as of the setting.
    constraints : Path
        File of pins.

    Raises
    ------
    BundlingError
        With every library that is pinned otherwise.
    """
    pins = dict(map(_name_and_version, constraints.read_text(encoding="utf-8").splitlines()))
    faults = [
        f"requirements: {requirement!r} breaks the rule: {constraints.name} pins {pins[name]}, which the functions are "
        "tested with; ask for that version"
        for requirement in requirements
        for name, version in [_name_and_version(requirement)]
        if pins.get(name, version) != version
    ]
    if faults:
        raise BundlingError("\n".join(faults))


def _name_and_version(requirement: str) -> tuple[str, str]:
    name, _, version = requirement.partition("==")
    return re.sub(r"[-_.]+", "-", name.partition("[")[0]).strip().lower(), version.strip()


def version_in(made: Path, library: str) -> str:
    """Return which version of a library an archive holds.

    Parameters
    ----------
    made : Path
        As `archive` returned it.
    library : str
        Its name.

    Returns
    -------
    str

    Raises
    ------
    BundlingError
        If the archive lacks it.
    """
    with zipfile.ZipFile(made) as content:
        for name in content.namelist():
            if found := re.search(rf"(?:^|/){re.escape(library)}-([^/-]+)\.dist-info/", name):
                return found[1]
    raise BundlingError(f"{made.name} holds no {library}: delete it, and it is made again")


def _cache() -> Path:
    home = os.environ.get("WORKBENCH_HOME")
    return (Path(home) if home else platformdirs.user_cache_path("sweep-workbench")) / "packages"


def _install(requirements: list[str], *, constraints: Path | None, target: Target, into: Path) -> None:
    pinned = ("--constraint", str(constraints)) if constraints else ()
    options = ("--quiet", "--no-color", "--disable-pip-version-check", "--no-compile", "--only-binary", ":all:")
    command = [sys.executable, "-m", "pip", "install", *options, *target.pip_options, *pinned, "--target", str(into)]
    done = subprocess.run([*command, *requirements], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundlingError(
            f"pip cannot install {', '.join(requirements)} for {target.key}: check the network, the pins in "
            f"{constraints or 'no file'}, and that `{sys.executable} -m pip` works. It said:\n{done.stderr.strip()}"
        )


def _prune(content: Path) -> None:
    for pattern in _PRUNED:
        for path in list(content.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _zip(content: Path, draft: Path, *, folder: str) -> None:
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as bundle:
        for path in sorted(path for path in content.rglob("*") if path.is_file()):
            # The time of making and the file mode stay out of it: equal content is an equal archive.
            entry = zipfile.ZipInfo(str(Path(folder, path.relative_to(content)).as_posix()), (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(entry, path.read_bytes())
