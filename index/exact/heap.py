"""The best hits so far, as a heap with the worst at its root; of equal similarities the later row is worse."""

from index.exact.compiling import compiled


@compiled()
def worse(similarity, row, other_similarity, other_row):
    """Whether a hit comes behind another one."""
    return similarity < other_similarity or (similarity == other_similarity and row > other_row)


@compiled()
def _sift_down(similarities, rows, size):
    """Move the root of the heap down to its place."""
    similarity, row = similarities[0], rows[0]
    parent = 0
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        if child + 1 < size and worse(similarities[child + 1], rows[child + 1], similarities[child], rows[child]):
            child += 1
        if not worse(similarities[child], rows[child], similarity, row):
            break
        similarities[parent], rows[parent] = similarities[child], rows[child]
        parent = child
    similarities[parent], rows[parent] = similarity, row


@compiled()
def offer(similarity, row, similarities, rows, size):
    """Put a hit into the heap if there is room or it beats the worst; returns the new size."""
    if size < similarities.size:
        child = size
        while child > 0:
            parent = (child - 1) // 2
            if not worse(similarity, row, similarities[parent], rows[parent]):
                break
            similarities[child], rows[child] = similarities[parent], rows[parent]
            child = parent
        similarities[child], rows[child] = similarity, row
        return size + 1
    if worse(similarities[0], rows[0], similarity, row):
        similarities[0], rows[0] = similarity, row
        _sift_down(similarities, rows, size)
    return size


@compiled()
def drop_root(similarities, rows, size):
    """Take the worst hit out of the heap; returns the new size."""
    size -= 1
    similarities[0], rows[0] = similarities[size], rows[size]
    _sift_down(similarities, rows, size)
    return size


@compiled()
def sort_falling(similarities, rows, size):
    """Turn the heap into a list, best first."""
    for last in range(size - 1, 0, -1):
        similarities[0], similarities[last] = similarities[last], similarities[0]
        rows[0], rows[last] = rows[last], rows[0]
        _sift_down(similarities, rows, last)
