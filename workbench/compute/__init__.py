"""Evaluate a shard: seed its rows, run the experiment, write the outcome. The same code runs here and in the child."""
