// The client: a method for each question that a shop's page may ask.

import { boxText, itemPath, parametersOf } from './parameters.js';
import { pictureUrl, WIDTHS } from './pictures.js';
import { send } from './sending.js';
import { shrinkPhoto } from './shrinking.js';

const MAX_WINDOW = 1000;

/**
 * @typedef {object} ClientOptions
 * @property {string|URL} url of the service, with its path if it has one.
 * @property {string|null} [key] publishable in a browser, secret on a server only; none if the service needs none.
 * @property {boolean} [keyInUrl] send the key of a GET in its address, as only publishable keys may be: a browser then
 *   asks no permission first, which saves a round trip, and pictures work in `<img>`. By default in browsers only.
 * @property {number} [retries] further tries of a request that failed for a passing reason; 2 by default.
 * @property {number} [timeoutMs] of one try; 15,000 by default.
 * @property {number} [longestWaitMs] a service that asks to wait longer is not asked again; 10,000 by default.
 * @property {typeof fetch} [fetch]
 */

/** @typedef {import('./answers.js').SimilarItems} SimilarItems */
/** @typedef {import('./parameters.js').SearchOptions} SearchOptions */
/** @typedef {import('./parameters.js').PhotoOptions} PhotoOptions */

/** A Lookalike service. Calls throw a `LookalikeError`, or what an `AbortSignal` says. */
export class Lookalike {
  #base;
  #key;
  #keyInUrl;
  #how;

  /**
   * @param {ClientOptions} options
   * @throws {TypeError} `url` is no http(s) address.
   */
  constructor({
    url,
    key = null,
    keyInUrl = typeof document !== 'undefined',
    retries = 2,
    timeoutMs = 15_000,
    longestWaitMs = 10_000,
    fetch: ask = (input, init) => fetch(input, init),
  }) {
    const base = new URL(url);
    if (!/^https?:$/.test(base.protocol)) throw new TypeError(`the service's address must begin with http:// or https://, unlike ${url}`);
    if (!base.pathname.endsWith('/')) base.pathname += '/';
    base.search = base.hash = '';
    this.#base = base;
    this.#key = key;
    this.#keyInUrl = keyInUrl;
    this.#how = { fetch: ask, retries, timeoutMs, longestWaitMs };
  }

  /**
   * Items that look like an item, most similar first.
   *
   * @param {string} id
   * @param {SearchOptions} [options]
   * @returns {Promise<SimilarItems>}
   */
  similarToItem(id, options = {}) {
    return this.#get(`${itemPath(id)}/similar`, options);
  }

  /**
   * Items that look like a photo, most similar first. In a browser, the photo is turned upright and made smaller first,
   * and loses what a camera wrote into it, such as the place.
   *
   * @param {Blob} photo
   * @param {PhotoOptions} [options]
   * @returns {Promise<SimilarItems>}
   */
  async similarToPhoto(photo, { box, detect, shrink = typeof document !== 'undefined', ...options } = {}) {
    const { blob } = shrink ? await shrinkPhoto(photo) : { blob: photo };
    const body = new FormData();
    body.append('image', blob, 'photo');
    if (box) body.append('box', boxText(box));
    if (detect !== undefined) body.append('detect', String(detect));
    const headers = this.#key === null ? undefined : { 'X-API-Key': this.#key };
    return send(this.#how, this.#address('similar', options), { method: 'POST', body, headers }, options.signal);
  }

  /**
   * Items that look like a photo that was sent before, by `query.token` of its answer; the photo is not sent again.
   *
   * @param {string} token
   * @param {SearchOptions} [options]
   * @returns {Promise<SimilarItems>}
   */
  similarByToken(token, options = {}) {
    return this.#get('similar', options, [['token', token]]);
  }

  /**
   * This answer, and those after it, as far as there are any. Photos are not sent again.
   *
   * @param {SimilarItems} answer
   * @param {SearchOptions} [options] as for `answer`; the limit of further answers may be another.
   * @returns {AsyncGenerator<SimilarItems, void, undefined>}
   */
  async *pages(answer, options = {}) {
    yield answer;
    for (let page = answer; ; yield page) {
      const offset = page.offset + page.items.length;
      const limit = Math.min(options.limit ?? answer.limit, MAX_WINDOW - offset);
      const { item_id: id, token } = answer.query;
      if (!page.items.length || offset >= page.total || limit < 1) return;
      if (id !== null) page = await this.similarToItem(id, { ...options, offset, limit });
      else if (token) page = await this.similarByToken(token, { ...options, offset, limit });
      else return;
    }
  }

  /**
   * A page of the catalogue.
   *
   * @param {import('./parameters.js').ItemsOptions} [options]
   * @returns {Promise<import('./answers.js').Items>}
   */
  items(options = {}) {
    return this.#get('items', options);
  }

  /**
   * One item.
   *
   * @param {string} id
   * @param {import('./parameters.js').CallOptions & {fields?: string[]}} [options]
   * @returns {Promise<import('./answers.js').Item>}
   */
  item(id, options = {}) {
    return this.#get(itemPath(id), options);
  }

  /**
   * The attributes that can be filtered by, and their values.
   *
   * @param {import('./parameters.js').CallOptions} [options]
   * @returns {Promise<import('./answers.js').Attributes>}
   */
  attributes(options = {}) {
    return this.#get('attributes', options);
  }

  /**
   * The address of an item's picture, for an `<img>`.
   *
   * @param {{image_url: string}} item
   * @param {{width?: import('./pictures.js').Width}} [options]
   */
  pictureUrl(item, { width } = {}) {
    return pictureUrl(this.#base, item, { width, key: this.#keyInUrl ? this.#key : null });
  }

  /**
   * The `srcset` of an item's picture; empty if it exists in one size only.
   *
   * @param {{image_url: string}} item
   * @param {import('./pictures.js').Width} [widest]
   */
  srcset(item, widest = 640) {
    if (this.pictureUrl(item, { width: 160 }) === this.pictureUrl(item, { width: 320 })) return '';
    return WIDTHS.filter((width) => width <= widest)
      .map((width) => `${this.pictureUrl(item, { width })} ${width}w`)
      .join(', ');
  }

  /**
   * @param {string} path
   * @param {SearchOptions & import('./parameters.js').ItemsOptions} options
   * @param {[string, string][]} [more]
   */
  #get(path, options, more = []) {
    const url = this.#address(path, options);
    for (const [name, value] of more) url.searchParams.append(name, value);
    if (this.#key !== null && this.#keyInUrl) url.searchParams.append('key', this.#key);
    const headers = this.#key === null || this.#keyInUrl ? undefined : { 'X-API-Key': this.#key };
    return send(this.#how, url, { headers }, options.signal);
  }

  /**
   * @param {string} path
   * @param {SearchOptions & import('./parameters.js').ItemsOptions} options
   */
  #address(path, options) {
    const url = new URL(path, this.#base);
    for (const [name, value] of parametersOf(options)) url.searchParams.append(name, value);
    return url;
  }
}
