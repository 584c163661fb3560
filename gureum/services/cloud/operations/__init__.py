"""The operations of the cloud's own service."""
