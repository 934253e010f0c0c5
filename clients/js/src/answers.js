// Types of the answers, as in the service's OpenAPI document.

/** @typedef {[x1: number, y1: number, x2: number, y2: number]} Box fractions of the upright picture */

/**
 * @typedef {object} Item
 * @property {string} id
 * @property {string} image_url as the service sends it; `Lookalike.pictureUrl` makes it fit for an `<img>`.
 * @property {Record<string, string>} attributes
 */

/** @typedef {Item & {rank: number, score: number}} SimilarItem `rank` is 1 for the most similar; `score` is a cosine. */

/** @typedef {{version: string, model: string, items: number, sequence?: number}} Index */

/** @typedef {{type: string, box: Box, score: number}} Garment found in a photo */

/**
 * @typedef {object} Query what was searched for
 * @property {string|null} item_id
 * @property {number|null} width of the upright photo, pixels; null for items.
 * @property {number|null} height
 * @property {Box|null} box the part of the photo that was searched for; null for all of it.
 * @property {Garment[]|null} objects garments in the photo, the most certain first; null if the network finds none by nature.
 * @property {{name: string, confidence: number}|null} category
 * @property {string} [token] searches for the same photo again without the photo; of answers to photos.
 */

/**
 * @typedef {object} SimilarItems
 * @property {string} request_id
 * @property {Query} query
 * @property {Index} index
 * @property {SimilarItem[]} items
 * @property {number} total matches after filters; groups with `groupBy`.
 * @property {number} limit
 * @property {number} offset
 * @property {Record<string, number>} timing_ms
 * @property {Record<string, Record<string, number>>} [facets]
 */

/**
 * @typedef {object} Items a page of the catalogue
 * @property {string} request_id
 * @property {Index} index
 * @property {Item[]} items
 * @property {number} total
 * @property {number} limit
 * @property {number} offset
 * @property {number} [seed]
 */

/**
 * @typedef {object} Attributes
 * @property {Record<string, {kind: string, distinct: number, missing: number, values: Record<string, number>, min: number|null, max: number|null}>} attributes
 */

export {};
