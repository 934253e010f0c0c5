// Cards of items, and their skeletons.

import { HANGER, icon, make } from './elements.js';
import { linkOf } from './links.js';
import { priceText } from './prices.js';

/** @typedef {import('./widget.js').Widget} Widget */
/** @typedef {import('../../js/src/index.js').SimilarItem} SimilarItem */

/**
 * @typedef {object} CardStyle names of attributes; '' for none.
 * @property {string|null} link
 * @property {string|null} currency
 * @property {string} title
 * @property {string} price
 * @property {string} salePrice
 * @property {string} badge
 */

/**
 * A list entry for an item.
 *
 * @param {Widget} widget
 * @param {SimilarItem} item
 * @param {string} requestId of the answer that it stands in.
 */
export function card(widget, item, requestId) {
  const { cards } = widget.settings;
  const href = linkOf(item, cards.link);
  const title = item.attributes[cards.title] ?? item.id;
  const made = href === null ? make('button', { type: 'button' }) : make('a', { href });
  made.className = 'card';
  made.setAttribute('part', 'card');
  made.append(
    make('span', { class: 'tile', part: 'tile' }, picture(widget, item), slot('badge', item, badge(item, cards.badge))),
    make('span', { class: 'title', part: 'title', title }, title),
  );
  if (cards.price) made.append(make('span', { class: 'price', part: 'price' }, slot('price', item, price(widget, item))));
  const click = (/** @type {Event} */ event) => {
    const detail = { requestId, id: item.id, position: item.rank, score: item.score, href, item };
    if (!widget.tell('click', detail)) event.preventDefault();
  };
  made.addEventListener('click', click);
  // The middle button opens a tab.
  made.addEventListener('auxclick', (event) => /** @type {MouseEvent} */ (event).button === 1 && click(event));
  return make('li', { part: 'item' }, made, slot('below', item, null));
}

/**
 * Skeletons of cards, as high as cards.
 *
 * @param {Widget} widget
 * @param {number} count
 */
export function skeletons(widget, count) {
  const { price } = widget.settings.cards;
  return Array.from({ length: count }, () =>
    make(
      'li',
      { class: 'bone', part: 'skeleton', 'aria-hidden': 'true' },
      make(
        'span',
        { class: 'card' },
        make('span', { class: 'tile' }),
        make('span', { class: 'title' }),
        price ? make('span', { class: 'price' }) : null,
      ),
    ),
  );
}

/**
 * What the page may put its own content into: a child of the widget with `slot="price-<id>"`.
 *
 * @param {string} name
 * @param {SimilarItem} item
 * @param {Node|null} content where the page has none.
 */
const slot = (name, item, content) => make('slot', { name: `${name}-${item.id}` }, content);

/**
 * @param {SimilarItem} item
 * @param {string} attribute
 */
function badge(item, attribute) {
  const text = item.attributes[attribute];
  return text ? make('span', { class: 'badge', part: 'badge' }, text) : null;
}

/**
 * @param {Widget} widget
 * @param {SimilarItem} item
 */
function price(widget, item) {
  const { cards, language, say } = widget.settings;
  const text = (/** @type {string} */ name) => priceText(item.attributes[name], cards.currency, language);
  const full = text(cards.price);
  const reduced = text(cards.salePrice);
  if (!reduced || reduced === full) return make('span', {}, full);
  const unseen = (/** @type {string} */ words) => make('span', { class: 'unseen' }, `${words} `);
  return make(
    'span',
    {},
    full ? make('s', { class: 'before', part: 'price-before' }, unseen(say('before')), full) : null,
    make('span', { class: 'reduced', part: 'price-sale' }, unseen(say('now')), reduced),
  );
}

/**
 * @param {Widget} widget
 * @param {SimilarItem} item
 */
function picture(widget, item) {
  const client = widget.settings.client;
  // The title beside it says what it shows.
  const image = make('img', { part: 'image', alt: '', loading: 'lazy', decoding: 'async', draggable: 'false' });
  image.addEventListener('load', () => image.classList.add('here'));
  image.addEventListener('error', () => image.replaceWith(icon(HANGER)));
  const srcset = client?.srcset(item);
  if (srcset) {
    // Browsers that know `auto` take the width that the picture has on the page.
    image.sizes = 'auto, 240px';
    image.srcset = srcset;
  }
  if (client) image.src = client.pictureUrl(item, { width: 320 });
  return image;
}
