// Notices: a message, with buttons for what can be done about it.

import { element } from './cards.js';

/** The one notice of the page. */
export class Notice {
  /** @param {(id: string) => HTMLElement} part finds an element of the page. */
  constructor(part) {
    this.part = part;
    this.ticking = 0;
  }

  /** Hide the notice. */
  hide() {
    clearInterval(this.ticking);
    this.part('notice').hidden = true;
    this.part('alarm').textContent = '';
  }

  /**
   * @param {object} words `{title, text, small}`.
   * @param {{words: string, act: () => void, waitS?: number}[]} actions a button each, disabled for the first `waitS` seconds.
   * @param {{urgent?: boolean, below?: boolean}} options urgent notices are read out at once; `below` puts them after the pictures.
   */
  show({ title, text = '', small = '' }, actions = [], { urgent = true, below = false } = {}) {
    this.hide();
    const notice = this.part('notice');
    this.part('notice-title').textContent = title;
    this.part('notice-words').textContent = text;
    this.part('notice-small').textContent = small;
    this.part('notice-buttons').replaceChildren(...actions.map((action, place) => this.#button(action, place === 0)));
    if (below) this.part('grid').after(notice);
    else this.part('grid').before(notice);
    notice.hidden = false;
    if (urgent) this.part('alarm').textContent = [title, text].join('. ');
  }

  #button({ words, act, waitS = 0 }, first) {
    const button = element('button', { type: 'button', className: first ? 'button primary' : 'button' }, words);
    button.addEventListener('click', act);
    if (waitS > 0) this.#countDown(button, words, waitS);
    return button;
  }

  #countDown(button, words, waitS) {
    const until = Date.now() + waitS * 1000;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      button.disabled = left > 0;
      button.textContent = left > 0 ? `${words} in ${left} s` : words;
      if (left <= 0) clearInterval(this.ticking);
    };
    tick();
    this.ticking = setInterval(tick, 250);
  }
}
