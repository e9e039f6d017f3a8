"""One module a view: how its result is drawn."""
