"""Gureum (구름, "cloud"): an AWS-compatible cloud that its users own."""

__version__ = "0.1.0"
