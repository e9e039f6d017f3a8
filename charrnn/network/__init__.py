"""The network: one step of each cell, the loops over time, and the way back."""
