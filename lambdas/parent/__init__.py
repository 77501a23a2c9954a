"""The parent: submits, resumes and cancels runs, and hands their shards to children without waiting for any."""
