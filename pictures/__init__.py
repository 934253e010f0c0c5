"""What a picture may be, and the one way from its bytes to pixels."""
