// The photo in the dialog: the garments found in it, and the area that is searched.

import { Crop, place } from './crop.js';
import { button, CROP, HANGER, icon, make } from './elements.js';
import { garmentName } from './texts.js';

/** @typedef {import('../../js/src/index.js').Box} Box */
/** @typedef {import('../../js/src/index.js').Garment} Garment */

const same = (/** @type {Box|null} */ a, /** @type {Box|null} */ b) => String(a) === String(b);

export class PhotoView {
  #widget;
  #onArea;
  #onAnother;
  #stage = make('div', { class: 'stage', part: 'stage' });
  #chosen = make('div', { class: 'chosen' });
  #crop;
  /** @type {Garment[]} */
  #garments = [];
  /** @type {Box|null} */
  #searched = null;
  #readable = false;

  /**
   * @param {import('./widget.js').Widget} widget
   * @param {{onArea: (box: Box|null) => void, onAnother: () => void}} acts onArea: null for the whole photo.
   */
  constructor(widget, { onArea, onAnother }) {
    this.#widget = widget;
    this.#onArea = onArea;
    this.#onAnother = onAnother;
    this.#crop = new Crop(this.#stage, onArea);
    this.element = make('div', { class: 'photo', part: 'photo' }, this.#stage, this.#chosen);
  }

  /** Show another photo; null: this browser cannot read it. @param {HTMLCanvasElement|null} canvas */
  show(canvas) {
    this.#crop.use(false);
    this.#crop.show(null);
    for (const old of this.#stage.querySelectorAll('canvas, svg, .dot')) old.remove();
    this.#readable = Boolean(canvas);
    this.#stage.classList.toggle('unreadable', !canvas);
    if (canvas) {
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', this.#widget.settings.say('photo'));
    }
    this.#stage.prepend(canvas ?? icon(HANGER));
    this.describe([], null);
  }

  /**
   * Show what was found in the photo.
   *
   * @param {Garment[]} garments
   * @param {Box|null} searched
   */
  describe(garments, searched) {
    this.#garments = garments;
    this.#searched = searched;
    if (!this.#crop.on) this.#crop.show(searched);
    this.#showChoices();
    for (const old of this.#stage.querySelectorAll('.dot')) old.remove();
    if (this.#readable) this.#stage.append(...garments.filter(({ box }) => !same(box, searched)).map((garment) => this.#dot(garment)));
  }

  /** A dot on a garment, for pointers; keyboards and screen readers have the buttons below. @param {Garment} garment */
  #dot({ box }) {
    const [x1, y1, x2, y2] = box;
    const dot = button('dot', '', () => this.#onArea(box), { tabindex: '-1', 'aria-hidden': 'true' });
    place(dot, { left: (x1 + x2) / 2, top: (y1 + y2) / 2 });
    return dot;
  }

  #showChoices() {
    const { say } = this.#widget.settings;
    const focused = this.#chosen.contains(/** @type {ShadowRoot} */ (this.#chosen.getRootNode()).activeElement ?? null)
      ? [...this.#chosen.querySelectorAll('button')].indexOf(/** @type {HTMLButtonElement} */ (/** @type {ShadowRoot} */ (this.#chosen.getRootNode()).activeElement))
      : -1;
    const cropping = this.#crop.on;
    const chip = (/** @type {string|Node} */ words, /** @type {boolean|null} */ pressed, /** @type {() => void} */ act) =>
      button('chip', words, act, pressed === null ? {} : { 'aria-pressed': String(pressed) });
    const chips = this.#garments.map(({ type, box }) =>
      chip(garmentName(say, type), !cropping && same(box, this.#searched), () => this.#leave(box)),
    );
    if (chips.length || this.#searched) chips.push(chip(say('whole'), !cropping && !this.#searched, () => this.#leave(null)));
    if (this.#readable) {
      const words = make('span', {}, say('crop'));
      const crop = chip(words, cropping, () => this.#toggleCrop());
      crop.prepend(icon(CROP));
      chips.push(crop);
    }
    chips.push(chip(say('another'), null, this.#onAnother));
    const heading = this.#garments.length ? make('p', {}, say('garments')) : null;
    this.#chosen.replaceChildren(...(heading ? [heading] : []), make('div', { class: 'chips' }, ...chips));
    chips[focused]?.focus();
  }

  /** @param {Box|null} box */
  #leave(box) {
    this.#crop.use(false);
    this.#onArea(box);
  }

  #toggleCrop() {
    const { say } = this.#widget.settings;
    const on = !this.#crop.on;
    this.#crop.use(on, [1, 2, 3, 4].map((corner) => `${say(/** @type {import('./texts.js').TextName} */ (`corner${corner}`))}. ${say('arrows')}`));
    if (!on) this.#crop.show(this.#searched);
    this.#showChoices();
  }
}
