"""Where manifests and outcomes lie: one small port, with adapters for a folder, a bucket and a dictionary."""

from workbench.storage.store import Store, Stored

__all__ = ["Store", "Stored"]
