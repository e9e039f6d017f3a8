"""Everything drawn: what a terminal shows of results that were computed elsewhere."""
