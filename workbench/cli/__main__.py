"""``python -m workbench.cli`` is the `workbench` command."""

from workbench.cli.app import main

main()
