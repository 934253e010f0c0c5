"""Selecting and sorting candidates by a value."""

import numpy as np

from index.exact.compiling import compiled


@compiled()
def kth_largest(values, count, k, scratch):
    """The k-th largest of the first `count` values, by quickselect on a copy."""
    # Element by element, here and below: assigning a slice makes Numba compile the words of an error for seconds.
    for place in range(count):
        scratch[place] = values[place]
    low, high, wanted = 0, count - 1, k - 1
    while low < high:
        pivot = scratch[(low + high) // 2]
        left, right = low, high
        while left <= right:
            while scratch[left] > pivot:
                left += 1
            while scratch[right] < pivot:
                right -= 1
            if left <= right:
                scratch[left], scratch[right] = scratch[right], scratch[left]
                left += 1
                right -= 1
        if wanted <= right:
            high = right
        elif wanted >= left:
            low = left
        else:
            break
    return scratch[wanted]


@compiled()
def keep(sums, places, count, least):
    """Drop the candidates whose sums are below `least`; returns the number that is left."""
    kept = 0
    for candidate in range(count):
        if sums[candidate] >= least:
            sums[kept], places[kept] = sums[candidate], places[candidate]
            kept += 1
    return kept


@compiled()
def grown(array, count, size):
    """An array of `size` elements that begins with the first `count` of another."""
    longer = np.empty(size, array.dtype)
    for place in range(count):
        longer[place] = array[place]
    return longer


@compiled()
def order_falling(keys, values, count):
    """Sort the first `count` of both by the keys, highest first; insertion sort, for small counts."""
    for end in range(1, count):
        key, value = keys[end], values[end]
        place = end
        while place > 0 and keys[place - 1] < key:
            keys[place], values[place] = keys[place - 1], values[place - 1]
            place -= 1
        keys[place], values[place] = key, value
