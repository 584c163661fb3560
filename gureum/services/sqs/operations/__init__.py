"""The operations of SQS, one module for each thing that they act on."""
