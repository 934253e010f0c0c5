// The results: their heading, cards and count, and the announcement for screen readers.

import { card, clear, showPictures, skeletons } from './cards.js';
import { DEEPEST, PAGE_SIZE } from './search.js';
import * as views from './view.js';
import { count, plural } from './words.js';

/** The list of results of the page. */
export class Results {
  /** @param {(id: string) => HTMLElement} part finds an element of the page. */
  constructor(part) {
    this.part = part;
  }

  /** Show that results are loading: fade the old ones, or show grey placeholders. */
  wait(dim) {
    this.part('results-count').textContent = 'Searching…';
    if (dim) this.part('grid').classList.add('waiting');
    else this.part('grid').replaceChildren(...skeletons(PAGE_SIZE));
  }

  /** Tell assistive technology whether results are loading; when they are loaded, unfade the grid. */
  setBusy(busy) {
    if (busy) {
      this.part('results').setAttribute('aria-busy', 'true');
    } else {
      this.part('results').removeAttribute('aria-busy');
      this.part('grid').classList.remove('waiting');
    }
  }

  /** Remove all cards. */
  clear() {
    clear(this.part('grid'));
  }

  /** Add cards for items; returns the link of the first new one, if any. */
  append(items, filters) {
    const cards = items.map((item) => card(item, views.href(views.ofItem(item.id, filters))));
    this.part('grid').append(...cards);
    showPictures(cards);
    return cards[0]?.querySelector('.card');
  }

  /**
   * Show the number of results and the index.
   *
   * @param {object} shown `{view, items, total}`: the view and all of its items loaded so far.
   * @param {object} answer the latest response for it.
   */
  drawAnswer(shown, answer) {
    const { items, total } = shown;
    this.part('more').hidden = items.length >= Math.min(total, DEEPEST) || answer.items.length === 0;
    this.drawCount(shown);
    const { items: size, version, model } = answer.index;
    this.part('index-words').textContent = `${plural(size, 'item')} · index ${version} · model ${model}`;
  }

  /** Show how many of the results are loaded. */
  drawCount({ view, items, total }) {
    this.part('results-count').textContent = total === 0 ? '' : countWords(view, items.length, total);
  }

  /** Announce the results to screen readers; `name` is the name of the query. */
  announce({ view, items, total, name }) {
    let words = `${plural(items.length, 'look-alike')} of ${name}`;
    if (total === 0) words = this.part('notice-title').textContent;
    else if (views.isHome(view)) words = `${plural(items.length, 'item')} of ${count(total)} from the catalogue`;
    const live = this.part('live');
    // The same text is not read out twice in a row; a space makes it different.
    live.textContent = live.textContent === words ? `${words}\u00a0` : words;
  }
}

function countWords(view, shown, total) {
  const fitting = view.filters.length ? ' with these filters' : '';
  const order = views.isHome(view) ? 'picked at random' : 'most similar first';
  return `${count(shown)} of ${plural(total, 'item')}${fitting}, ${order}`;
}
