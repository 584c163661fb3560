"""What AWS documents about trails, selectors, events and their files, as pure functions."""
