"""Proof that what AWS's own SDK writes is read, and what is written is read by it, for every operation there is."""
