"""File formats: documents whose text is extracted, and binary files that are refused."""
