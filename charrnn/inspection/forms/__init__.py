"""A result as a file or a stream: what surrounds it, the formats, the schema."""
