"""One package per AWS service, all of one shape.  None imports another: they meet through their public APIs."""
