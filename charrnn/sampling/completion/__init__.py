"""Completing a text while it is typed."""
