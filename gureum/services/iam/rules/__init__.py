"""What IAM documents about values, as pure functions."""
