"""The child: evaluates one shard and leaves its outcome."""
