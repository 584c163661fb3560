"""The operations of Organizations, one module per resource."""
