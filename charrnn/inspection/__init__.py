"""What a network is made of, and what it does as it reads: one result object a view."""
