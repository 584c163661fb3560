"""What everything else may use: clock, ids, ARNs, topology, limits, log.  Standard library only."""
