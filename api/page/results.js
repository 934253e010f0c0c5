// The results: their heading, the cards, how many there are, and what is read out about them.

import { card, clear, skeletons } from './cards.js';
import { DEEPEST, PAGE_SIZE } from './search.js';
import * as views from './view.js';
import { count, plural } from './words.js';

/** The list of results of the page. */
export class Results {
  /** @param {(id: string) => HTMLElement} part finds an element of the page. */
  constructor(part) {
    this.part = part;
  }

  /** Say that results are on their way: the old ones faded, or grey places for the new ones. */
  wait(dim) {
    this.part('results-count').textContent = 'Looking…';
    if (dim) this.part('grid').classList.add('waiting');
    else this.part('grid').replaceChildren(...skeletons(PAGE_SIZE));
  }

  /** Say to assistive technology whether results are being loaded; the old ones are no longer faded once they are. */
  setBusy(busy) {
    if (busy) {
      this.part('results').setAttribute('aria-busy', 'true');
    } else {
      this.part('results').removeAttribute('aria-busy');
      this.part('grid').classList.remove('waiting');
    }
  }

  /** Take all cards away. */
  clear() {
    clear(this.part('grid'));
  }

  /** Add cards of items; returns the first one's link, if there is one. */
  append(items, filters) {
    const cards = items.map((item) => card(item, views.href(views.ofItem(item.id, filters))));
    this.part('grid').append(...cards);
    return cards[0]?.querySelector('.card');
  }

  /**
   * Draw how much was found, and of which index.
   *
   * @param {object} shown `{view, items, total}`: the view and all of its items loaded so far.
   * @param {object} answer the interface's latest answer to it.
   */
  drawAnswer(shown, answer) {
    const { items, total } = shown;
    this.part('more').hidden = items.length >= Math.min(total, DEEPEST) || answer.items.length === 0;
    this.drawCount(shown);
    const { items: size, version, model } = answer.index;
    this.part('index-words').textContent = `${plural(size, 'item')} · index ${version} · model ${model}`;
  }

  /** Draw how many of how many are shown. */
  drawCount({ view, items, total }) {
    this.part('results-count').textContent = total === 0 ? '' : countWords(view, items.length, total);
  }

  /** Have it read out what is shown; `name` is what the query is called. */
  announce({ view, items, total, name }) {
    let words = `${plural(items.length, 'look-alike')} of ${name}`;
    if (total === 0) words = this.part('notice-title').textContent;
    else if (views.isHome(view)) words = `${plural(items.length, 'item')} of ${count(total)} from the catalogue`;
    const live = this.part('live');
    // The same words twice are read out once; a space makes them others.
    live.textContent = live.textContent === words ? `${words}\u00a0` : words;
  }
}

function countWords(view, shown, total) {
  const fitting = view.filters.length ? ' with these filters' : '';
  const order = views.isHome(view) ? 'picked at random' : 'most similar first';
  return `${count(shown)} of ${plural(total, 'item')}${fitting}, ${order}`;
}
