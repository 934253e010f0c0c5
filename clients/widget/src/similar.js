// <lookalike-similar>: what looks like an item, as a row to scroll or a grid.

import { button, icon, LEFT, make, RIGHT } from './elements.js';
import { Results } from './results.js';
import { onceSeen } from './seeing.js';
import { Widget } from './widget.js';

/** @typedef {import('./widget.js').SimilarItems} SimilarItems */

const NEAR = '400px';

export class Similar extends Widget {
  #results = new Results(this);
  #head = make('div', { class: 'head', part: 'head' });
  #box = make('section', { class: 'box', part: 'section' }, this.#head, this.#results.element);
  #previous = button('arrow', icon(LEFT), () => this.#scroll(-1));
  #next = button('arrow', icon(RIGHT), () => this.#scroll(1));
  /** What was asked, as text. */
  #asked = '';
  /** @type {SimilarItems|null} */
  #answer = null;
  /** @type {AbortController|null} */
  #asking = null;
  #unwatch = () => {};

  constructor() {
    super();
    this.root.append(this.#box);
    const list = this.#results.list;
    list.addEventListener('scroll', () => this.#showArrows(), { passive: true });
    new ResizeObserver(() => this.#showArrows()).observe(list);
  }

  refresh() {
    const { client, item, layout, search, service, say } = this.settings;
    this.#box.hidden = !client || !item;
    this.#showHead();
    if (!client || !item) {
      this.#reset();
      if (client && !this.hasAttribute('item')) this.report({ code: 'invalid_attribute', attribute: 'item', detail: "the attribute 'item' is needed: the id of the item that is shown" });
      return;
    }
    this.#results.lay(layout);
    this.#previous.setAttribute('aria-label', say('previous'));
    this.#next.setAttribute('aria-label', say('next'));
    const asked = JSON.stringify([service, item, search]);
    if (asked === this.#asked) {
      if (this.#answer) this.#show(this.#answer);
      return;
    }
    this.#reset();
    this.#asked = asked;
    this.#results.wait();
    if (this.settings.loading === 'eager') this.#ask();
    else this.#unwatch = onceSeen(this.#box, { margin: NEAR }, () => this.#ask());
  }

  stop() {
    // What is shown stays, in case that the element comes back.
    if (!this.#answer) this.#reset();
  }

  #reset() {
    this.#unwatch();
    this.#asking?.abort();
    this.#asked = '';
    this.#answer = null;
    this.#results.forget();
  }

  async #ask() {
    const { client, item, search, say } = this.settings;
    if (!client || !item) return;
    this.#asking?.abort();
    const { signal } = (this.#asking = new AbortController());
    this.#results.wait();
    try {
      const answer = await client.similarToItem(item, { ...search, signal });
      if (signal.aborted) return;
      this.#answer = answer;
      this.#show(answer);
      this.reportSearch(answer, 'item');
    } catch (error) {
      if (signal.aborted) return;
      const unknown = this.reportError(error) === 'unknown_item';
      this.#say(say(unknown ? 'none' : 'failed'), unknown ? null : () => this.#ask());
    }
  }

  /** @param {SimilarItems} answer */
  #show(answer) {
    if (!answer.items.length) {
      this.#say(this.settings.say('none'), null);
      return;
    }
    this.#results.show(answer);
    this.#showArrows();
  }

  /**
   * @param {string} words
   * @param {(() => void)|null} again
   */
  #say(words, again) {
    this.#results.say(words, again);
    this.#box.hidden = this.settings.whenEmpty === 'hide';
  }

  #showHead() {
    const { heading, headingLevel, layout, say } = this.settings;
    const words = heading ?? say('heading');
    const tag = /** @type {'h2'} */ (`h${headingLevel}`);
    this.#box.setAttribute('aria-label', words || say('results'));
    this.#head.replaceChildren(make(tag, { class: 'heading', part: 'heading' }, words));
    this.#head.hidden = !words && layout === 'grid';
    if (layout === 'carousel') this.#head.append(this.#previous, this.#next);
  }

  #showArrows() {
    const { scrollLeft, scrollWidth, clientWidth } = this.#results.list;
    // In languages that are written from right to left, places are below zero.
    const at = Math.abs(scrollLeft);
    const most = scrollWidth - clientWidth;
    for (const arrow of [this.#previous, this.#next]) arrow.hidden = most <= 1;
    this.#previous.setAttribute('aria-disabled', String(at <= 1));
    this.#next.setAttribute('aria-disabled', String(at >= most - 1));
  }

  /** @param {number} direction */
  #scroll(direction) {
    const { list } = this.#results;
    const sign = getComputedStyle(list).direction === 'rtl' ? -direction : direction;
    const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
    list.scrollBy({ left: sign * list.clientWidth * 0.9, behavior });
  }
}
