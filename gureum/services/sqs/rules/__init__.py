"""The rules of SQS: pure functions and numbers, without state, time or randomness."""
