"""How samples are written: as text, with candidates, as JSON."""
