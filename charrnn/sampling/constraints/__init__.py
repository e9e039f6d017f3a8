"""What a text must be like, asked for before it is made and kept at every character."""
