"""What the backend is made of."""
