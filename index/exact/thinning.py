"""Selecting and sorting candidates by a value."""

import numpy as np

from index.exact.compiling import compiled


@compiled()
def kth_largest(values, count, k, counts):
    """Where the k-th largest of the first `count` values (int32) is.

    Values are counted in steps of a fraction of their range, which takes a fraction of the time of a selection.

    Args:
        values: count of them, at least k.
        counts: (S,) int64, overwritten; S is a power of 2.

    Returns:
        low: the k-th largest value is not below it.
        high: nor above it.
    """
    smallest = largest = values[0]
    for place in range(count):
        smallest = min(smallest, values[place])
        largest = max(largest, values[place])
    shift = 0
    while (np.int64(largest) - smallest) >> shift >= counts.size:
        shift += 1
    for step in range(counts.size):
        counts[step] = 0
    for place in range(count):
        counts[(np.int64(values[place]) - smallest) >> shift] += 1
    step = counts.size - 1
    above = counts[step]
    while above < k:
        step -= 1
        above += counts[step]
    low = smallest + (np.int64(step) << shift)
    return low, low + (np.int64(1) << shift) - 1


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
    # Element by element: assigning a slice makes Numba compile the words of an error for seconds.
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
