"""One HTML file that holds a network and runs it, offline."""
