"""What AWS documents about organizations, as pure functions."""
