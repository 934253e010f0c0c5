"""The compiled inner loops of the exact search.

A row is a catalogue row; a place is a position in block order. All bounds are float32, with a margin that covers their
rounding. Rows that pass the bounds are scored in float64, in one fixed order of addition.
"""

import numpy as np

from index.exact.arguments import BLOCK, LARGEST_CODE, LOW_BITS, QUAD, ZERO_CODE
from index.exact.byte_products import add_products, highest
from index.exact.compiling import REORDERED, compiled
from index.exact.heap import drop_root, offer, sort_falling
from index.exact.thinning import grown, keep, kth_largest, order_falling

# Of the range of the candidates' sums; see `kth_largest`.
_STEPS = 256


@compiled()
def dot(wide, vectors, place):
    """The similarity of the row at a place, summed in the order of its components."""
    total = 0.0
    for component in range(wide.size):
        total += wide[component] * np.float64(vectors[place, component])
    return min(1.0, max(-1.0, total))


@compiled(fastmath=REORDERED)
def _tile_bounds(unit, margin, centres, cosines, sines, tile, bounds):
    """Upper bounds of the similarity between the query and the rows of each of 64 groups.

    With an angle t between query and centre, and at most r between centre and rows, the bound is cos(max(0, t - r)).
    """
    for lane in range(BLOCK):
        bounds[lane] = np.float32(0.0)
    for component in range(unit.size):
        weight = unit[component]
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


@compiled()
def _margin(unit):
    """By how much two float32 similarities of a query may differ through rounding alone.

    The error of a float32 dot product of C dimensions is at most C roundoffs (Higham 2002, Accuracy and Stability of
    Numerical Algorithms, section 3.1). The margin has some more for the additions and comparisons that follow.
    """
    return np.float32((unit.size + 16) * 2.0**-23)


@compiled()
def _scan(unit, arrays):
    """Quantise a query for arithmetic with the codes.

    Returns:
        weights: (4 * Q,) int32, the query times the codes' scales, in units of `step`; padded with 0.
        high, low: (Q,) int32, high and low parts of four weights each, one byte per weight.
        bases: (S,) int32, start values of each stage's sums, which cancel the offset of 128 in its codes.
        tails: (S,) int32, the value of a unit of the rows' remaining lengths, times the query's remaining length, in
            units of `step`; 0 for the last stage.
        errors: (S,) float64, the largest error of a sum up to each stage.
        step: the value of a weight of 1.
        quads: (S,) int64, numbers of groups of four components after which each stage ends.
        codes: those of `arrays`, taken out once, because each access to a member counts references.
    """
    stages = arrays.stages
    components = unit.size
    largest = 0.0
    for component in range(components):
        largest = max(largest, abs(np.float64(unit[component]) * arrays.scales[component]))
    # The high part of a weight must fit a signed byte. A sum must also have room for a similarity of 1 plus a length of
    # 1, because a query may lie along components that are tiny in the gallery.
    step = max(largest / (LARGEST_CODE << LOW_BITS), 2.0**-29)
    quads = np.empty(stages.size, np.int64)
    bases = np.zeros(stages.size, np.int32)
    tails = np.zeros(stages.size, np.int32)
    errors = np.empty(stages.size, np.float64)
    weights = np.zeros(-(-components // QUAD) * QUAD, np.int32)
    begin = 0
    wrong = 0.0
    for stage in range(stages.size):
        for component in range(begin, stages[stage]):
            exact = np.float64(unit[component]) * arrays.scales[component] / step
            weights[component] = np.int32(np.rint(exact))
            bases[stage] -= ZERO_CODE * weights[component]
            # A weight's rounding error times the largest code: the most that it can change a sum.
            wrong += abs(exact - weights[component]) * LARGEST_CODE * step
        begin = stages[stage]
        quads[stage] = -(-begin // QUAD)
        errors[stage] = arrays.errors[stage] + wrong + _margin(unit)
        if stage + 1 < stages.size:
            square = 0.0
            for component in range(begin, components):
                square += np.float64(unit[component]) ** 2
            # Rounded up, because an overestimated length only costs time.
            tails[stage] = np.int32(np.ceil(np.sqrt(square) * arrays.tails[stage] / step))
    high = np.zeros(weights.size // QUAD, np.int32)
    low = np.zeros(weights.size // QUAD, np.int32)
    for place in range(weights.size):
        upper = (weights[place] + (1 << (LOW_BITS - 1))) >> LOW_BITS
        shift = 8 * (place % QUAD)
        high[place // QUAD] |= np.int32((upper & 255) << shift)
        low[place // QUAD] |= np.int32(((weights[place] - (upper << LOW_BITS)) & 255) << shift)
    return weights, high, low, bases, tails, errors, step, quads, arrays.codes


@compiled()
def _survives(scan, offset, threshold, sums):
    """Sum up a block's codes in stages, and stop as soon as none of its rows can reach the threshold.

    Returns:
        Whether a row may reach it. If so, `sums` (64,) int32 times the query's step are the similarities, within the
        error of the last stage.
    """
    weights, high, low, bases, tails, errors, step, quads, codes = scan
    quad = 0
    last = quads.size - 1
    for lane in range(BLOCK):
        sums[lane] = bases[0]
    for stage in range(last + 1):
        while quad < quads[stage]:
            add_products(weights, high, low, codes, offset, quad, sums)
            offset += BLOCK * QUAD
            quad += 1
        best = highest(codes, offset if stage < last else 0, tails[stage], sums)
        if best * step + errors[stage] < threshold:
            return False
        offset += BLOCK
        if stage < last:
            for lane in range(BLOCK):
                sums[lane] += bases[stage + 1]
    return True


@compiled()
def _may_be_hit(allowed, excluded, row):
    return row != excluded and (allowed.size == 0 or allowed[row])


@compiled()
def _node_bounds(unit, arrays):
    bounds = np.empty(arrays.node_centres.shape[0] * BLOCK, np.float32)
    for tile in range(arrays.node_centres.shape[0]):
        part = bounds[tile * BLOCK : (tile + 1) * BLOCK]
        _tile_bounds(unit, _margin(unit), arrays.node_centres, arrays.node_cosines, arrays.node_sines, tile, part)
    return bounds[: arrays.centres.shape[0]]


@compiled()
def nearest_of(unit, arrays, places, similarities, found):
    """As `nearest`, but only among the rows at the given places, all of which are scored."""
    wide, vectors, rows = unit.astype(np.float64), arrays.vectors, arrays.rows
    size = 0
    for place in places:
        size = offer(dot(wide, vectors, place), np.int64(rows[place]), similarities, found, size)
    sort_falling(similarities, found, size)
    return size


@compiled()
def _units(similarity, step):
    """Convert a similarity to units of the sums, rounded down and limited to the range of int32."""
    return np.int32(max(-(2.0**31), np.floor(similarity / step) - 1.0))


@compiled()
def promising(unit, arrays, among, k, threshold):
    """The rows of which the best k surely are, by their codes.

    Nodes and blocks are visited in falling order of their upper bounds, until a bound cannot reach the k-th best.
    During the scan a row's similarity comes from its codes, within `error`. So the threshold is the k-th highest of
    these similarities less the error, and a row that is below the threshold by more than the error is dropped.

    Args:
        unit, arrays, among: as for `nearest`.
        k: 1 or more.
        threshold: what is less similar is not needed; -2 if nothing is known.

    Returns:
        sums: (P,) int32, the similarities in units of the query's step, within its error.
        places: (P,) int64.
        surely: what exceeds this sum is among the best k, however large the errors are.
    """
    bounds = np.empty(BLOCK, np.float32)
    sums = np.empty(BLOCK, np.int32)
    chosen_bounds = np.empty(BLOCK, np.float32)
    chosen = np.empty(BLOCK, np.int64)
    # The arrays have room for one block more than the number at which candidates are thinned out.
    thinned_at = k + BLOCK
    rough = np.empty(2 * (k + BLOCK) + BLOCK, np.int32)
    counts = np.empty(_STEPS, np.int64)
    places = np.empty(rough.size, np.int64)
    candidates = 0
    blocks = arrays.codes.size // arrays.block_bytes
    block_bytes = arrays.block_bytes
    # Taken out once, because each access to a member counts references.
    rows, allowed, excluded = arrays.rows, among.allowed, among.excluded
    scan = _scan(unit, arrays)
    step = scan[6]
    error = scan[5][arrays.stages.size - 1]
    node_bounds = _node_bounds(unit, arrays)
    # A heap of their negatives: most nodes are never visited, so sorting all of them would be wasted.
    waiting = np.empty(node_bounds.size, np.float64)
    nodes = np.empty(node_bounds.size, np.int64)
    left = 0
    for node in range(node_bounds.size):
        left = offer(-np.float64(node_bounds[node]), np.int64(node), waiting, nodes, left)
    while left > 0 and -waiting[0] >= threshold:
        node = nodes[0]
        left = drop_root(waiting, nodes, left)
        _tile_bounds(unit, _margin(unit), arrays.centres, arrays.cosines, arrays.sines, node, bounds)
        hopeful = 0
        for lane in range(min(BLOCK, blocks - node * BLOCK)):
            if bounds[lane] >= threshold:
                chosen_bounds[hopeful] = bounds[lane]
                chosen[hopeful] = node * BLOCK + lane
                hopeful += 1
        order_falling(chosen_bounds, chosen, hopeful)
        for number in range(hopeful):
            if chosen_bounds[number] < threshold:
                break
            block = chosen[number]
            if not _survives(scan, block * block_bytes, threshold, sums):
                continue
            start = block * BLOCK
            least = _units(threshold - error, step)
            for lane in range(min(BLOCK, rows.size - start)):
                if sums[lane] >= least and _may_be_hit(allowed, excluded, rows[start + lane]):
                    rough[candidates], places[candidates] = sums[lane], start + lane
                    candidates += 1
            if candidates >= thinned_at:
                low, _high = kth_largest(rough, candidates, k, counts)
                threshold = max(threshold, low * step - error)
                candidates = keep(rough, places, candidates, _units(threshold - error, step))
                thinned_at = candidates + max(k, BLOCK)
                if thinned_at + BLOCK > rough.size:
                    size = 2 * (thinned_at + BLOCK)
                    rough, places = grown(rough, candidates, size), grown(places, candidates, size)
    surely = np.int64(-(2**31) - 1)
    if candidates > k:
        low, high = kth_largest(rough, candidates, k, counts)
        candidates = keep(rough, places, candidates, _units(low * step - 2 * error, step))
        surely = np.int64(np.ceil(high + 2.0 * error / step)) + 1
    return rough[:candidates], places[:candidates], surely


@compiled()
def nearest(unit, arrays, among, similarities, found):
    """Fill `similarities` (float64) and `found` (int64 rows) with the best hits, best first; returns their number."""
    _sums, places, _surely = promising(unit, arrays, among, similarities.size, -2.0)
    return nearest_of(unit, arrays, places, similarities, found)


@compiled()
def mark_at_least(unit, arrays, among, floor, marks):
    """Set `marks` (N,) bool for all rows whose similarity is `floor` (float32) or more; returns their number."""
    marked = 0
    wide, vectors = unit.astype(np.float64), arrays.vectors
    bounds = np.empty(BLOCK, np.float32)
    sums = np.empty(BLOCK, np.int32)
    blocks = arrays.codes.size // arrays.block_bytes
    threshold = np.float64(floor) - _margin(unit)
    block_bytes = arrays.block_bytes
    # Taken out once, because each access to a member counts references.
    rows, allowed, excluded = arrays.rows, among.allowed, among.excluded
    scan = _scan(unit, arrays)
    step = scan[6]
    error = scan[5][arrays.stages.size - 1]
    node_bounds = _node_bounds(unit, arrays)
    for node in range(node_bounds.size):
        if node_bounds[node] < threshold:
            continue
        _tile_bounds(unit, _margin(unit), arrays.centres, arrays.cosines, arrays.sines, node, bounds)
        for block in range(node * BLOCK, min((node + 1) * BLOCK, blocks)):
            if bounds[block - node * BLOCK] < threshold or not _survives(scan, block * block_bytes, threshold, sums):
                continue
            start = block * BLOCK
            least = _units(threshold - error, step)
            for lane in range(min(BLOCK, rows.size - start)):
                if sums[lane] >= least:
                    row = np.int64(rows[start + lane])
                    if _may_be_hit(allowed, excluded, row) and np.float32(dot(wide, vectors, start + lane)) >= floor:
                        marks[row] = True
                        marked += 1
    return marked
