"""Text, tables, bars and curves for a terminal: all that is drawn with rich, and tqdm's bars."""
