"""From files to integers: reading, decoding, the vocabulary, and parallel streams."""
