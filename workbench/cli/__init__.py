"""The `workbench` command: everything that a person does outside a notebook."""

from workbench.cli.app import app, main

__all__ = ["app", "main"]
