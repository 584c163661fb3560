"""The operations of CloudTrail, one module per resource."""
