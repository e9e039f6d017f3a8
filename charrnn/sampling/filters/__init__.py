"""What turns predictions into the weights that characters are drawn by."""
