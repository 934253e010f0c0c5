// The area of a photo that is searched: a frame, drawn with a pointer or moved corner by corner with arrow keys.

import { make } from './elements.js';

/** @typedef {import('../../js/src/index.js').Box} Box */

const SMALLEST_SIDE = 0.06;
const STEP = 0.02;
// Keys come one by one; the search begins when they rest.
const REST_MS = 500;

/** Which sides each corner moves: indices of a box. @type {readonly (readonly [number, number])[]} */
const CORNERS = [[0, 1], [2, 1], [0, 3], [2, 3]];
/** @type {Readonly<Record<string, readonly [number, number]>>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** @type {Box} */
const FIRST = [0.15, 0.1, 0.85, 0.9];

const clamp = (/** @type {number} */ value, low = 0, high = 1) => Math.min(high, Math.max(low, value));

/**
 * Set the place of an element over a picture. Set by script, it is no inline style to a content security policy.
 *
 * @param {HTMLElement} element
 * @param {Record<string, number>} shares
 */
export function place(element, shares) {
  for (const [side, share] of Object.entries(shares)) element.style.setProperty(side, `${share * 100}%`);
}

export class Crop {
  /** @type {Box|null} */
  box = null;
  #stage;
  #onBox;
  #frame = make('div', { class: 'frame', part: 'frame', hidden: true });
  #corners;
  #rest = 0;
  /** @type {{before: Box|null, from: [number, number], grip: boolean, moved: boolean}|null} */
  #drag = null;

  /**
   * @param {HTMLElement} stage with the photo.
   * @param {(box: Box) => void} onBox called with an area that somebody has chosen.
   */
  constructor(stage, onBox) {
    this.#stage = stage;
    this.#onBox = onBox;
    this.#corners = CORNERS.map((sides) => {
      const corner = make('button', { type: 'button', class: 'corner', part: 'corner', hidden: true });
      place(corner, { left: sides[0] / 2, top: (sides[1] - 1) / 2 });
      corner.addEventListener('keydown', (event) => this.#key(event, sides));
      return corner;
    });
    this.#frame.append(...this.#corners);
    stage.append(this.#frame);
    stage.addEventListener('pointerdown', (event) => this.#begin(event));
    stage.addEventListener('pointermove', (event) => this.#move(event));
    stage.addEventListener('pointerup', () => this.#end());
    stage.addEventListener('pointercancel', () => this.#end());
  }

  /** Whether the area can be changed. */
  get on() {
    return this.#stage.classList.contains('drawing');
  }

  /**
   * Let the area be changed, or no longer.
   *
   * @param {boolean} on
   * @param {readonly string[]} names of the corners.
   */
  use(on, names = []) {
    clearTimeout(this.#rest);
    this.#stage.classList.toggle('drawing', on);
    for (const [at, corner] of this.#corners.entries()) {
      corner.hidden = !on;
      corner.setAttribute('aria-label', names[at] ?? '');
    }
    if (on && !this.box) this.show(FIRST);
    if (on) this.#corners[0]?.focus();
  }

  /** Show an area, or none. @param {Box|null} box */
  show(box) {
    this.box = box;
    this.#frame.hidden = !box;
    if (box) place(this.#frame, { left: box[0], top: box[1], right: 1 - box[2], bottom: 1 - box[3] });
  }

  /**
   * @param {KeyboardEvent} event
   * @param {readonly [number, number]} sides
   */
  #key(event, sides) {
    const arrow = ARROWS[event.key];
    if (!arrow || !this.box) return;
    event.preventDefault();
    event.stopPropagation();
    const box = /** @type {Box} */ ([...this.box]);
    for (const [at, side] of sides.entries()) {
      const moved = /** @type {number} */ (box[side]) + /** @type {number} */ (arrow[at]) * STEP * (event.shiftKey ? 5 : 1);
      const opposite = /** @type {number} */ (box[(side + 2) % 4]);
      box[side] = side < 2 ? clamp(moved, 0, opposite - SMALLEST_SIDE) : clamp(moved, opposite + SMALLEST_SIDE, 1);
    }
    this.show(box);
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#onBox(box), REST_MS);
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  #point(event) {
    const at = this.#stage.getBoundingClientRect();
    return [clamp((event.clientX - at.left) / at.width), clamp((event.clientY - at.top) / at.height)];
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if (!this.on || event.button !== 0) return;
    event.preventDefault();
    this.#stage.setPointerCapture(event.pointerId);
    const before = this.box;
    const target = /** @type {HTMLElement} */ (event.target);
    const corner = CORNERS[this.#corners.indexOf(/** @type {HTMLButtonElement} */ (target))];
    let from = this.#point(event);
    // Dragging a corner moves it; the opposite corner stays.
    if (corner && before) from = [before[(corner[0] + 2) % 4] ?? 0, before[(corner[1] + 2) % 4] ?? 0];
    this.#drag = { before, from, grip: target === this.#frame, moved: false };
    if (corner) target.focus();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#drag) return;
    const [x, y] = this.#point(event);
    const { before, from, grip } = this.#drag;
    this.#drag.moved = true;
    if (grip && before) {
      const [dx, dy] = [clamp(x - from[0], -before[0], 1 - before[2]), clamp(y - from[1], -before[1], 1 - before[3])];
      this.show([before[0] + dx, before[1] + dy, before[2] + dx, before[3] + dy]);
    } else {
      this.show([Math.min(x, from[0]), Math.min(y, from[1]), Math.max(x, from[0]), Math.max(y, from[1])]);
    }
  }

  #end() {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag?.moved || !this.box) return;
    const [x1, y1, x2, y2] = this.box;
    // A tiny area is a slip of the finger.
    if (x2 - x1 < SMALLEST_SIDE || y2 - y1 < SMALLEST_SIDE) this.show(drag.before);
    else this.#onBox(this.box);
  }
}
