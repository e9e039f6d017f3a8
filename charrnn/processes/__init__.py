"""Other processes of this program: the memory they share, and how they begin and end."""
