"""`charrnn sample --interactive`: completing what is typed."""
