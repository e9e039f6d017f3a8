"""Text, tables, bars and curves for a terminal, drawn with rich and tqdm."""
