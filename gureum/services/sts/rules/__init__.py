"""What AWS documents about sessions and tokens, as pure functions."""
