// The photo in the dialog: the garments found in it, and the area that is searched.

import { Crop, place } from './crop.js';
import { button, CAMERA, CROP, HANGER, icon, make } from './elements.js';
import { cutOut, middle, near, same } from './garments.js';
import { garmentName } from './texts.js';

/** @typedef {import('../../js/src/index.js').Box} Box */
/** @typedef {import('../../js/src/index.js').Garment} Garment */

const THUMBNAIL = 64;

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
  /** The photo; null if this browser cannot read it. @type {HTMLCanvasElement|null} */
  #canvas = null;

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
    this.#canvas = canvas;
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
    /** @type {(Box|null)[]} */
    const taken = [searched];
    for (const { box } of garments) {
      // Two that are in one place share a dot.
      if (!this.#canvas || taken.some((other) => other && near(box, other))) continue;
      taken.push(box);
      this.#stage.append(this.#dot(box));
    }
  }

  /** A dot on a garment, for pointers; keyboards and screen readers have the buttons below. @param {Box} box */
  #dot(box) {
    const dot = button('dot', '', () => this.#onArea(box), { tabindex: '-1', 'aria-hidden': 'true' });
    const [left, top] = middle(box);
    place(dot, { left, top });
    return dot;
  }

  #showChoices() {
    const { say } = this.#widget.settings;
    const cropping = this.#crop.on;
    const at = this.#buttons().findIndex((each) => each.matches(':focus'));
    /** @type {Record<string, number>} */
    const seen = {};
    const chips = this.#garments.map(({ type, box }) => {
      seen[type] = (seen[type] ?? 0) + 1;
      const name = garmentName(say, type) + (seen[type] > 1 ? ` ${seen[type]}` : '');
      return this.#chip(name, !cropping && same(box, this.#searched), box);
    });
    // It is there before garments are found, so that nothing below moves when they are.
    chips.push(this.#chip(say('whole'), !cropping && !this.#searched, null));
    const tool = (/** @type {import('./texts.js').TextName} */ name, /** @type {string} */ path, /** @type {() => void} */ act) => {
      const made = button('tool', icon(path), act);
      made.append(make('span', {}, say(name)));
      return made;
    };
    const tools = [tool('another', CAMERA, this.#onAnother)];
    if (this.#canvas) {
      const crop = tool('crop', CROP, () => this.#toggleCrop());
      crop.setAttribute('aria-pressed', String(cropping));
      tools.unshift(crop);
    }
    this.#chosen.replaceChildren(
      make('div', { class: 'tools' }, ...tools),
      make('p', { 'aria-hidden': 'true' }, say('garments')),
      make('div', { class: 'chips', role: 'group', 'aria-label': say('garments') }, ...chips),
    );
    this.#buttons()[at]?.focus();
  }

  #buttons() {
    return [...this.#chosen.querySelectorAll('button')];
  }

  /**
   * @param {string} name
   * @param {boolean} pressed
   * @param {Box|null} box
   */
  #chip(name, pressed, box) {
    const chip = button('chip', name, () => this.#leave(box), { 'aria-pressed': String(pressed) });
    const thumbnail = make('canvas', { width: THUMBNAIL, height: THUMBNAIL, 'aria-hidden': 'true' });
    if (this.#canvas && box) chip.prepend(cutOut(this.#canvas, box, thumbnail));
    return chip;
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
