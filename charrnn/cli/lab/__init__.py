"""The command `charrnn lab`."""
