// A list of results: skeletons, then cards, or a message in their place.

import { card, skeletons } from './cards.js';
import { button, make } from './elements.js';
import { onceSeen } from './seeing.js';

/** @typedef {import('./widget.js').SimilarItems} SimilarItems */

export class Results {
  #widget;
  #unwatch = () => {};

  /** @param {import('./widget.js').Widget} widget */
  constructor(widget) {
    this.#widget = widget;
    // Safari takes the role from a list without markers.
    this.list = make('ul', { class: 'list', part: 'list', role: 'list' });
    this.message = make('div', { class: 'message', part: 'message', hidden: true });
    this.element = make('div', { class: 'results' }, this.list, this.message);
    this.list.addEventListener('keydown', (event) => this.#step(event));
  }

  /** @param {'carousel'|'grid'} layout */
  lay(layout) {
    this.list.classList.toggle('row', layout === 'carousel');
    this.list.classList.toggle('grid', layout === 'grid');
  }

  /** Show skeletons. */
  wait() {
    this.#clear();
    this.list.setAttribute('aria-busy', 'true');
    this.list.replaceChildren(...skeletons(this.#widget, this.#widget.settings.search.limit));
    this.list.scrollLeft = 0;
  }

  /**
   * Show an answer's items, in place of all others or after them.
   *
   * @param {SimilarItems} answer
   * @param {{after?: boolean}} [how]
   */
  show(answer, { after = false } = {}) {
    this.#clear();
    const cards = answer.items.map((item) => card(this.#widget, item, answer.request_id));
    if (after) this.list.append(...cards);
    else this.list.replaceChildren(...cards);
    const [first] = cards;
    if (first) this.#unwatch = onceSeen(first, { share: 0.5 }, () => this.#seen(answer));
  }

  /**
   * Say something in the place of items.
   *
   * @param {string} words
   * @param {(() => void)|null} again what may help, or null.
   */
  say(words, again) {
    const busy = this.list.querySelector('.bone');
    this.#clear();
    if (!busy) this.list.replaceChildren(...skeletons(this.#widget, this.#widget.settings.search.limit));
    this.element.classList.add('said');
    this.message.hidden = false;
    this.message.replaceChildren(make('p', {}, words));
    if (again) this.message.append(button('plain', this.#widget.settings.say('again'), again));
  }

  /** Show nothing, watch nothing. */
  forget() {
    this.#clear();
    this.list.replaceChildren();
  }

  #clear() {
    this.#unwatch();
    this.list.removeAttribute('aria-busy');
    this.element.classList.remove('said');
    this.message.hidden = true;
  }

  /** @param {SimilarItems} answer */
  #seen(answer) {
    this.#widget.tell('view', {
      requestId: answer.request_id,
      items: answer.items.map(({ id, rank }) => ({ id, position: rank })),
    });
  }

  /** Arrow keys go from card to card. @param {KeyboardEvent} event */
  #step(event) {
    const cards = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll('.card:is(a, button)')]);
    const at = cards.findIndex((each) => each === event.target);
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const onward = getComputedStyle(this.list).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const to = { Home: 0, End: cards.length - 1 }[event.key];
    const next = to ?? (/^Arrow(Left|Right)$/.test(event.key) ? at + (event.key === onward ? 1 : -1) : -1);
    if (!cards[next]) return;
    event.preventDefault();
    cards[next].focus();
  }
}
