"""What sorts of characters there are in a text, and what counting alone knows of them."""
