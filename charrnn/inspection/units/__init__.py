"""What single units do: what holds them, drives them, and what they cost."""
