"""The compiled inner loops of the exact search.

A row is a catalogue row, a place a position in block order. All bounds are kept in float32 and given a margin
that covers their rounding; what survives them is scored in float64, in one fixed order of addition.
"""

import numpy as np
from numba import njit

from index.exact.arguments import BLOCK


@njit(cache=True, nogil=True)
def _worse(similarity, row, other_similarity, other_row):
    return similarity < other_similarity or (similarity == other_similarity and row > other_row)


@njit(cache=True, nogil=True)
def _sift_down(similarities, rows, size):
    """Bring the root of a heap, worst at the root, to its place."""
    similarity, row = similarities[0], rows[0]
    parent = 0
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        if child + 1 < size and _worse(similarities[child + 1], rows[child + 1], similarities[child], rows[child]):
            child += 1
        if not _worse(similarities[child], rows[child], similarity, row):
            break
        similarities[parent], rows[parent] = similarities[child], rows[child]
        parent = child
    similarities[parent], rows[parent] = similarity, row


@njit(cache=True, nogil=True)
def _offer(similarity, row, similarities, rows, size):
    """Put a hit into the heap if there is room or it beats the worst; returns the new size."""
    if size < similarities.size:
        child = size
        while child > 0:
            parent = (child - 1) // 2
            if not _worse(similarity, row, similarities[parent], rows[parent]):
                break
            similarities[child], rows[child] = similarities[parent], rows[parent]
            child = parent
        similarities[child], rows[child] = similarity, row
        return size + 1
    if _worse(similarities[0], rows[0], similarity, row):
        similarities[0], rows[0] = similarity, row
        _sift_down(similarities, rows, size)
    return size


@njit(cache=True, nogil=True)
def _sort_falling(similarities, rows, size):
    """Turn the heap into a list, best first."""
    for last in range(size - 1, 0, -1):
        similarities[0], similarities[last] = similarities[last], similarities[0]
        rows[0], rows[last] = rows[last], rows[0]
        _sift_down(similarities, rows, last)


@njit(cache=True, nogil=True)
def _dot(query, vectors, place):
    total = 0.0
    for component in range(query.size):
        total += query[component] * np.float64(vectors[place, component])
    return min(1.0, max(-1.0, total))


@njit(cache=True, nogil=True, fastmath={"nnan", "ninf", "nsz", "contract", "reassoc"})
def _tile_bounds(query, margin, centres, cosines, sines, tile, bounds):
    """The most that a row of each of 64 groups can be similar to the query.

    With an angle t between query and centre, and none above r between centre and rows, that is cos(max(0, t - r)).
    """
    for lane in range(BLOCK):
        bounds[lane] = np.float32(0.0)
    for component in range(query.size):
        weight = query[component]
        for lane in range(BLOCK):
            bounds[lane] += weight * centres[tile, component, lane]
    for lane in range(BLOCK):
        cosine = bounds[lane]
        sine = np.sqrt(max(np.float32(0.0), np.float32(1.0) - cosine * cosine))
        reach = cosines[tile, lane]
        if cosine >= reach:
            bounds[lane] = np.float32(1.0)
        else:
            bounds[lane] = cosine * reach + sine * sines[tile, lane] + margin


@njit(cache=True, nogil=True, fastmath={"nnan", "ninf", "nsz", "contract", "reassoc"})
def _survives(query, codes, block, stages, errors, threshold, sums):
    """Sum up a block's codes in stages until no row of it can reach the threshold any more."""
    for lane in range(BLOCK):
        sums[lane] = np.float32(0.0)
    component = 0
    line = 0
    for stage in range(stages.size):
        while component < stages[stage]:
            weight = query.scaled[component]
            for lane in range(BLOCK):
                sums[lane] += weight * np.float32(codes[block, line, lane])
            component += 1
            line += 1
        best = np.float32(-2.0)
        if stage + 1 < stages.size:
            tail = query.tails[stage]
            for lane in range(BLOCK):
                best = max(best, sums[lane] + tail * np.float32(codes[block, line, lane]))
            line += 1
        else:
            for lane in range(BLOCK):
                best = max(best, sums[lane])
        if best + errors[stage] < threshold:
            return False
    return True


@njit(cache=True, nogil=True)
def _order_falling(keys, values, count):
    for end in range(1, count):
        key, value = keys[end], values[end]
        place = end
        while place > 0 and keys[place - 1] < key:
            keys[place], values[place] = keys[place - 1], values[place - 1]
            place -= 1
        keys[place], values[place] = key, value


@njit(cache=True, nogil=True)
def _may_be_hit(among, row):
    return row != among.excluded and (among.allowed.size == 0 or among.allowed[row])


@njit(cache=True, nogil=True)
def _node_bounds(query, arrays):
    bounds = np.empty(arrays.node_centres.shape[0] * BLOCK, np.float32)
    for tile in range(arrays.node_centres.shape[0]):
        part = bounds[tile * BLOCK : (tile + 1) * BLOCK]
        _tile_bounds(query.unit, query.margin, arrays.node_centres, arrays.node_cosines, arrays.node_sines, tile, part)
    return bounds[: arrays.centres.shape[0]]


@njit(cache=True, nogil=True)
def nearest(query, arrays, among, similarities, found):
    """Fill `similarities` (float64) and `found` (int64 rows) with the best hits, best first; returns how many.

    Nodes and blocks come in falling order of what they may hold at most; the first that cannot reach the worst
    of the best so far ends it.
    """
    size = 0
    bounds = np.empty(BLOCK, np.float32)
    sums = np.empty(BLOCK, np.float32)
    chosen_bounds = np.empty(BLOCK, np.float32)
    chosen = np.empty(BLOCK, np.int64)
    blocks = arrays.codes.shape[0]
    count = arrays.rows.size
    error = arrays.errors[arrays.stages.size - 1]
    threshold = np.float32(-2.0)
    node_bounds = _node_bounds(query, arrays)
    for node in np.argsort(-node_bounds):
        if node_bounds[node] < threshold:
            break
        _tile_bounds(query.unit, query.margin, arrays.centres, arrays.cosines, arrays.sines, node, bounds)
        candidates = 0
        for lane in range(min(BLOCK, blocks - node * BLOCK)):
            if bounds[lane] >= threshold:
                chosen_bounds[candidates] = bounds[lane]
                chosen[candidates] = node * BLOCK + lane
                candidates += 1
        _order_falling(chosen_bounds, chosen, candidates)
        for candidate in range(candidates):
            if chosen_bounds[candidate] < threshold:
                break
            block = chosen[candidate]
            if not _survives(query, arrays.codes, block, arrays.stages, arrays.errors, threshold, sums):
                continue
            start = block * BLOCK
            for lane in range(min(BLOCK, count - start)):
                if sums[lane] + error >= threshold:
                    row = np.int64(arrays.rows[start + lane])
                    if _may_be_hit(among, row):
                        similarity = _dot(query.wide, arrays.vectors, start + lane)
                        size = _offer(similarity, row, similarities, found, size)
                        if size == similarities.size:
                            threshold = np.float32(similarities[0]) - query.margin
    _sort_falling(similarities, found, size)
    return size


@njit(cache=True, nogil=True)
def nearest_of(query, arrays, places, similarities, found):
    """As `nearest`, among the rows at some places alone."""
    size = 0
    for place in places:
        row = np.int64(arrays.rows[place])
        size = _offer(_dot(query.wide, arrays.vectors, place), row, similarities, found, size)
    _sort_falling(similarities, found, size)
    return size


@njit(cache=True, nogil=True)
def mark_at_least(query, arrays, among, floor, marks):
    """Set `marks` (N,) bool of all rows that are similar by `floor` (float32) or more; returns how many."""
    marked = 0
    bounds = np.empty(BLOCK, np.float32)
    sums = np.empty(BLOCK, np.float32)
    blocks = arrays.codes.shape[0]
    count = arrays.rows.size
    error = arrays.errors[arrays.stages.size - 1]
    threshold = floor - query.margin
    node_bounds = _node_bounds(query, arrays)
    for node in range(node_bounds.size):
        if node_bounds[node] < threshold:
            continue
        _tile_bounds(query.unit, query.margin, arrays.centres, arrays.cosines, arrays.sines, node, bounds)
        for block in range(node * BLOCK, min((node + 1) * BLOCK, blocks)):
            if bounds[block - node * BLOCK] < threshold or not _survives(
                query, arrays.codes, block, arrays.stages, arrays.errors, threshold, sums
            ):
                continue
            start = block * BLOCK
            for lane in range(min(BLOCK, count - start)):
                if sums[lane] + error >= threshold:
                    row = np.int64(arrays.rows[start + lane])
                    if _may_be_hit(among, row) and np.float32(_dot(query.wide, arrays.vectors, start + lane)) >= floor:
                        marks[row] = True
                        marked += 1
    return marked
