// What both widgets share: their attributes, the service they ask, and the events by which a page learns of them.

import { Lookalike, LookalikeError } from '../../js/src/index.js';
import { Attributes } from './attributes.js';
import { sheet } from './elements.js';
import rules from './list.css';
import { TEXT_ATTRIBUTES, textsIn } from './texts.js';

/** @typedef {import('../../js/src/index.js').SimilarItems} SimilarItems */

/**
 * @typedef {object} Settings
 * @property {Lookalike|null} client null: the page says no service, or a wrong one.
 * @property {string} service what tells one service and key from another.
 * @property {import('../../js/src/index.js').SearchOptions & {limit: number}} search
 * @property {string} language
 * @property {ReturnType<typeof textsIn>} say
 * @property {import('./cards.js').CardStyle} cards
 * @property {string|null} item
 * @property {'carousel'|'grid'} layout
 * @property {'message'|'hide'} whenEmpty
 * @property {'lazy'|'eager'} loading
 * @property {number} headingLevel
 * @property {string|null} heading '' for none.
 */

const NAMES = [
  'api', 'api-key', 'item', 'limit', 'filter', 'exclude', 'group-by', 'min-score', 'fields', 'link', 'currency',
  'title-attribute', 'price-attribute', 'sale-price-attribute', 'badge-attribute', 'layout', 'loading', 'when-empty', 'heading-level',
  'lang', ...TEXT_ATTRIBUTES,
];

const SCRIPT = new URL(import.meta.url);
const SHEET = sheet(rules);

/** One client a service and key. @type {Map<string, Lookalike>} */
const clients = new Map();

/** The widgets on the page. @type {Set<Widget>} */
const shown = new Set();

/** Look at the attributes of all widgets again; the page's <lookalike-config> has changed. */
export const refreshAll = () => shown.forEach((widget) => widget.schedule());

/** @abstract */
export class Widget extends HTMLElement {
  static observedAttributes = NAMES;

  /** @type {Settings} */
  settings;
  #scheduled = false;
  /** What has been said already. @type {Set<string>} */
  #said = new Set();

  constructor() {
    super();
    this.root = this.attachShadow({ mode: 'open' });
    this.root.adoptedStyleSheets = [SHEET];
    this.settings = /** @type {Settings} */ ({});
  }

  connectedCallback() {
    shown.add(this);
    this.schedule();
  }

  disconnectedCallback() {
    // An element that is moved is out of the page for a moment only.
    queueMicrotask(() => {
      if (this.isConnected) return;
      shown.delete(this);
      this.stop();
    });
  }

  attributeChangedCallback() {
    this.schedule();
  }

  /** Read the attributes when the script that changes them has come to its end. */
  schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.isConnected) return;
      this.settings = this.#read();
      this.refresh();
    });
  }

  /** Show what the settings say. @abstract */
  refresh() {}

  /** The element has left the page. @abstract */
  stop() {}

  /**
   * Tell the page something.
   *
   * @param {'view'|'click'|'search'|'error'} name
   * @param {object} detail
   * @returns {boolean} false: the page has prevented what would follow.
   */
  tell(name, detail) {
    return this.dispatchEvent(
      new CustomEvent(`lookalike:${name}`, { detail, bubbles: true, composed: true, cancelable: name === 'click' }),
    );
  }

  /**
   * Tell the page of an error: an event each time, a line of the console once.
   *
   * @param {{code: string, detail: string, status?: number, requestId?: string, attribute?: string}} problem
   */
  report(problem) {
    this.tell('error', { status: 0, requestId: '', attribute: null, ...problem });
    if (this.#said.has(problem.detail)) return;
    this.#said.add(problem.detail);
    console.warn(`<${this.localName}>: ${problem.detail}`);
  }

  /** Tell the page of an error that was caught. @param {unknown} error @returns {string} its code. */
  reportError(error) {
    const known = error instanceof LookalikeError ? error : new LookalikeError('internal_error', String(error));
    this.report({ code: known.code, detail: known.message, status: known.status, requestId: known.requestId });
    return known.code;
  }

  /**
   * Tell the page of an answer.
   *
   * @param {SimilarItems} answer
   * @param {'item'|'photo'|'token'} kind
   */
  reportSearch(answer, kind) {
    this.tell('search', {
      requestId: answer.request_id,
      kind,
      itemId: answer.query.item_id,
      total: answer.total,
      items: answer.items.map(({ id, rank }) => ({ id, position: rank })),
    });
  }

  /** @returns {Settings} */
  #read() {
    const attributes = new Attributes(this);
    attributes.checkNames(NAMES);
    const own = SCRIPT.pathname.endsWith('/widget.js') && !attributes.text('api');
    const api = own ? new URL('.', SCRIPT).href : attributes.address('api');
    // The key of the script's address is for that service only.
    const key = attributes.text('api-key') ?? ((own && SCRIPT.searchParams.get('key')) || null);
    const language = attributes.language();
    const say = textsIn(language, (name) => attributes.text(name));
    const title = attributes.text('title-attribute') ?? 'title';
    const settings = {
      client: api && clientOf(api, key),
      service: JSON.stringify([api, key]),
      search: {
        limit: attributes.whole('limit', 1, 100, 12),
        filter: attributes.conditions('filter'),
        exclude: attributes.conditions('exclude'),
        groupBy: attributes.text('group-by') ?? undefined,
        minScore: attributes.score('min-score'),
        fields: attributes.names('fields'),
      },
      language,
      say,
      cards: {
        link: attributes.text('link'),
        currency: attributes.currency('currency'),
        title,
        price: attributes.given('price-attribute') ?? 'price',
        salePrice: attributes.given('sale-price-attribute') ?? 'sale_price',
        badge: attributes.given('badge-attribute') ?? 'badge',
      },
      item: attributes.text('item'),
      layout: attributes.choice('layout', ['carousel', 'grid']),
      whenEmpty: attributes.choice('when-empty', ['message', 'hide']),
      loading: attributes.choice('loading', ['lazy', 'eager']),
      headingLevel: attributes.whole('heading-level', 1, 6, 2),
      heading: attributes.given('text-heading'),
    };
    if (!api && !attributes.wrong.some(([name]) => name === 'api')) {
      attributes.refuse('api', "is needed: the service's address", null);
    }
    if ((settings.item?.length ?? 0) > 512) attributes.refuse('item', 'must have at most 512 characters', null);
    for (const [attribute, detail] of attributes.wrong) this.#refuse(attribute, detail);
    return /** @type {Settings} */ (settings);
  }

  /**
   * @param {string} attribute
   * @param {string} detail
   */
  #refuse(attribute, detail) {
    // Attributes are read again with each change of one; the page hears of a wrong one once.
    if (!this.#said.has(detail)) this.report({ code: 'invalid_attribute', detail, attribute });
  }
}

/**
 * @param {string} url
 * @param {string|null} key
 */
function clientOf(url, key) {
  const name = JSON.stringify([url, key]);
  const known = clients.get(name) ?? new Lookalike({ url, key, keyInUrl: true });
  clients.set(name, known);
  return known;
}
