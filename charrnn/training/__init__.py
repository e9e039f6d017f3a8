"""Fitting a network to a text: the plan, the steps, the measure."""
