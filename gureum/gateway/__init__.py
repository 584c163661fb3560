"""From HTTP to an operation and back.  Knows no service by name."""
