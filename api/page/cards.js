// Cards of items: picture, title, attributes, price, score.

import { address, addressWithKey, hasKey, pictureUrl } from './api.js';
import { describe, similarity } from './words.js';

// A picture of 60 x 80 pixels is blurred if enlarged more than this.
const LARGEST_MAGNIFICATION = 2.25;
// For pictures up to this width the grid has more and narrower columns, so that the pictures fill them.
const SMALL_PX = 120;

const objectUrls = new WeakMap();
let unnamed = 0;

/** An element with properties and children; children may be strings. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/**
 * Show an item's picture in an image element; with a secret API key it is fetched, for the key must not be in an address.
 *
 * @param {HTMLImageElement} image
 * @param {string} url as in the response.
 * @param {number} magnification the most that the picture may be enlarged.
 */
export async function showPicture(image, url, magnification = LARGEST_MAGNIFICATION) {
  forgetPicture(image);
  image.classList.remove('here', 'gone');
  image.onload = () => {
    image.style.maxWidth = `min(100%, ${image.naturalWidth * magnification}px)`;
    image.style.maxHeight = `min(100%, ${image.naturalHeight * magnification}px)`;
    image.classList.add('here');
    // The first picture decides for all, so that columns do not change while somebody looks at them.
    const grid = image.closest('.grid');
    if (grid && !grid.dataset.pictures) grid.dataset.pictures = image.naturalWidth <= SMALL_PX ? 'small' : 'large';
  };
  image.onerror = () => image.classList.add('gone');
  const ours = address(url).origin === location.origin;
  const src = ours && hasKey() ? addressWithKey(url) : url;
  if (src !== null) {
    image.src = src;
    return;
  }
  try {
    const made = await pictureUrl(url);
    objectUrls.set(image, made);
    image.src = made;
  } catch {
    image.classList.add('gone');
  }
}

/** Release the object URL of an image element. */
export function forgetPicture(image) {
  const made = objectUrls.get(image);
  if (made) URL.revokeObjectURL(made);
  objectUrls.delete(image);
}

/**
 * A list entry for an item: one link to its look-alikes.
 *
 * @param {object} item as in the response; its `score` is shown if there is one.
 * @param {string} href target of a click with a modifier key.
 */
export function card(item, href) {
  const { title, line, price } = describe(item);
  unnamed += 1;
  const key = `card-${unnamed}`;
  const image = element('img', { alt: [title, line].filter(Boolean).join(', '), loading: 'lazy', decoding: 'async', draggable: false });
  const link = element('a', { className: 'card', href, 'aria-labelledby': `${key}-title ${key}-line ${key}-price ${key}-score` });
  link.dataset.id = item.id;
  link.append(
    element('span', { className: 'tile' }, image),
    element('span', { className: 'card-title', id: `${key}-title` }, title),
    element('span', { className: 'card-line', id: `${key}-line` }, line),
  );
  if (price) link.append(element('span', { className: 'card-price', id: `${key}-price` }, price));
  if (item.score !== undefined) link.append(scoreLine(item.score, `${key}-score`));
  showPicture(image, item.image_url);
  return element('li', {}, link);
}

function scoreLine(score, id) {
  const bar = element('span', { className: 'score-bar', 'aria-hidden': 'true' }, element('span'));
  bar.firstChild.style.width = `${Math.min(1, Math.max(0, score)) * 100}%`;
  return element(
    'span',
    { className: 'score' },
    bar,
    element('span', { id, className: 'score-words' }, element('span', { className: 'unseen' }, 'similarity '), similarity(score)),
  );
}

/** Grey placeholders for cards. */
export function skeletons(howMany) {
  const one = () =>
    element(
      'li',
      { className: 'skeleton', 'aria-hidden': 'true' },
      element('span', { className: 'tile' }),
      element('span', { className: 'bone' }),
      element('span', { className: 'bone short' }),
    );
  return Array.from({ length: howMany }, one);
}

/** Empty a grid and release its pictures. */
export function clear(grid) {
  for (const image of grid.querySelectorAll('img')) forgetPicture(image);
  grid.replaceChildren();
}
