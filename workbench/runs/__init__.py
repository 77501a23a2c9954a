"""Run a sweep and follow it: serially, on all cores, or in the cloud, behind one protocol."""
