// Cards of items: picture, title, attributes, price, score.

import { forgetPicture, showPicture } from './picture.js';
import { describe, similarity } from './words.js';

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
 * A list entry for an item: one link to its look-alikes. Its picture comes with `showPictures`.
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
  image.dataset.url = item.image_url;
  return element('li', {}, link);
}

/** Show the pictures of cards that are in the page by now, so that their width is known. */
export function showPictures(cards) {
  for (const image of cards.map((made) => made.querySelector('img'))) showPicture(image, image.dataset.url);
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
