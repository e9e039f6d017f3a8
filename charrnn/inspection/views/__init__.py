"""One module a view: what it finds out, as one result object."""
