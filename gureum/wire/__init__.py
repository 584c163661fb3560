"""AWS protocols: bytes to values and back, by shape.

Pure: no input or output, no clock, no randomness, no store.  A *value* is what botocore's users know as an API
parameter or result: dictionaries keyed by the model's member names, lists, `str`, `int`, `float`, `bool`, `bytes`
for blobs and aware `datetime` for timestamps.
"""
