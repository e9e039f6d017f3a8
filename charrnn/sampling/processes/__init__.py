"""Sampling shared by several processes."""
