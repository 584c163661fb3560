"""State: an ordered key-value store with serializable transactions, and the typed layers above it.

The core has get, put, delete and range and nothing more (`store.py`); three engines implement it (`memory.py`,
`sqlite.py`, `postgres.py`).  Everything else is a layer that any engine carries: order-preserving keys (`keys.py`),
versioned records (`records.py`), tables and indexes (`tables.py`), striped counters (`counters.py`), page tokens
(`paging.py`) and wake-ups (`notify.py`).  The shape is FoundationDB's: a core that takes features away, and layers.
Source: https://apple.github.io/foundationdb/layer-concept.html
"""
