"""Objects: bytes under an id, erasure coded over disks in several zones.  Knows nothing of S3.

Each object is cut into segments, each segment coded into shards (`codes.py`), each shard a checked record (`shard.py`)
in an append-only extent of some disk (`writer.py`, `disks.py`), chosen so that zones and disks share the loss
(`placement.py`).  Where the shards lie is in the state (`tables.py`).  `store.py` puts, reads and deletes; `care.py`,
`compact.py` and `rebuild.py` are what goes on behind: repair, scrubbing, reclaiming space, finding the index again.

    writing    shards durable on enough disks -> the caller's transaction inserts the index rows -> acknowledged
    reading    rows, in the caller's transaction -> shards, verified -> bytes
    deleting   the caller's transaction removes the rows; compaction takes the bytes later

An index row is what makes bytes an object.  Bytes without one are garbage: an upload that was never committed, an
object that was deleted, a shard that was moved.  So there is one commit, and it is the caller's own.

Extents and the records in them are never changed.  What a disk has missed while it was away it need not be told: what
it holds is either referred to, and right, or garbage.

Sources: https://www.usenix.org/conference/atc12/technical-sessions/presentation/huang (Windows Azure Storage: extents,
erasure coding), https://www.usenix.org/legacy/event/osdi10/tech/full_papers/Beaver.pdf (Haystack: many small objects
in one file), https://docs.openstack.org/swift/latest/overview_erasure_code.html (pyeclib; quorum of fragments)
"""
