"""Types that every room shares: items, boxes, embedding sets, wire messages, errors."""
