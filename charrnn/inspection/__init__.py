"""Inspection: views of a network and of what it computes, one result object each."""
