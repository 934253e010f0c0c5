// Options of calls, as query parameters.

/** @typedef {{signal?: AbortSignal}} CallOptions */

/**
 * @typedef {object} ListOptions
 * @property {number} [limit] 1 to 100; 12 by default.
 * @property {number} [offset] of similar items, `offset + limit` is at most 1,000.
 * @property {string|string[]} [filter] `field:a,b`; several must all hold.
 * @property {string|string[]} [exclude] the same, for what must not hold.
 * @property {string[]} [fields] attributes to send; an empty list for none, left out for all.
 */

/**
 * @typedef {CallOptions & ListOptions & {
 *   minScore?: number|'auto', groupBy?: string, facets?: string[], excludeSelf?: boolean
 * }} SearchOptions `excludeSelf` is for items only.
 */

/**
 * @typedef {SearchOptions & {
 *   box?: import('./answers.js').Box|null, detect?: boolean, shrink?: boolean
 * }} PhotoOptions
 * `box`: search for this part only. `detect: false`: search for the whole photo, whatever garments it shows.
 * `shrink: false`: send the file as it is.
 */

/** @typedef {CallOptions & ListOptions & {sample?: 'random', seed?: number}} ItemsOptions */

const NAMES = Object.entries({
  limit: 'limit',
  offset: 'offset',
  minScore: 'min_score',
  groupBy: 'group_by',
  excludeSelf: 'exclude_self',
  sample: 'sample',
  seed: 'seed',
});

/** A field name in a list: a backslash escapes what separates names. @param {string} name */
const listed = (name) => name.replace(/[\\,:]/g, '\\$&');

/**
 * @param {SearchOptions & ItemsOptions} options
 * @returns {[name: string, value: string][]}
 */
export function parametersOf(options) {
  /** @type {[string, string][]} */
  const found = [];
  for (const [option, name] of NAMES) {
    const value = /** @type {Record<string, unknown>} */ (options)[option];
    if (value !== undefined && value !== null) found.push([name, String(value)]);
  }
  for (const name of /** @type {const} */ (['filter', 'exclude'])) {
    for (const condition of [options[name] ?? []].flat()) found.push([name, condition]);
  }
  if (options.facets?.length) found.push(['facets', options.facets.map(listed).join(',')]);
  if (options.fields) found.push(['fields', options.fields.map(listed).join(',') || 'none']);
  return found;
}

/** The path of an item, whose id may hold slashes. @param {string} id */
export const itemPath = (id) => `items/${id.split('/').map(encodeURIComponent).join('/')}`;

/** A box in the form of the HTTP interface. @param {import('./answers.js').Box} box */
export const boxText = (box) => box.map((side) => Number(side.toFixed(4))).join(',');
