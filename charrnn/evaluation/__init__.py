"""Scores of texts, the models they are compared with, and their standard errors."""
