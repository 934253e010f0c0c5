"""The words every room shares: items, pictures' boxes, embedding sets, wire messages, errors."""
