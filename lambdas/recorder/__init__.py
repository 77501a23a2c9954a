"""The recorder: writes the failure outcome of every shard whose child, or whose dispatch, was lost."""
