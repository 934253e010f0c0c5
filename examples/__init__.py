"""What a shop copies: the example shop with the widget."""
