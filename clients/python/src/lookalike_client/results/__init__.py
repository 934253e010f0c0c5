"""What calls return: frozen dataclasses, named and described as in the service's documentation."""
