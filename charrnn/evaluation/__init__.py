"""Evaluation: scores, baselines, n-gram models, standard errors and calibration."""
