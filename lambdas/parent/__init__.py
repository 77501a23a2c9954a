"""The parent: validates a sweep, plans its shards, writes the manifest and dispatches the children."""
