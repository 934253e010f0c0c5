// The garments that were found in a photo, as buttons on it.

import { boxText } from './box.js';
import { element } from './cards.js';
import { garmentName } from './words.js';

const INSET_PX = 4;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const area = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Whether two boxes are the same as far as the HTTP interface tells them apart. */
const isSame = (a, b) => Boolean(a && b) && boxText(a) === boxText(b);

/** The garment whose box this is, or undefined. */
export const garmentAt = (garments, box) => garments.find((garment) => isSame(garment.box, box));

/** The buttons. A garment is `{type, box, score}`, as in the HTTP interface. */
export class Garments {
  /**
   * @param {HTMLElement} layer over the photo.
   * @param {(box: number[]) => void} onChoose called with the box of the garment that was chosen.
   */
  constructor(layer, onChoose) {
    Object.assign(this, { layer, onChoose, shown: [], bySize: [] });
    new ResizeObserver(() => this.#placeLabels()).observe(layer);
  }

  /** Show garments, or none; the one whose box is searched is pressed. */
  show(garments, searched) {
    if (garments !== this.shown) {
      this.shown = garments;
      // The smallest last, hence on top, or it could not be reached.
      this.bySize = [...garments].sort((a, b) => area(b.box) - area(a.box));
      this.layer.replaceChildren(...this.bySize.map((garment) => this.#button(garment)));
    }
    this.layer.hidden = garments.length === 0;
    for (const [at, button] of [...this.layer.children].entries()) {
      button.setAttribute('aria-pressed', String(isSame(this.bySize[at].box, searched)));
    }
    this.#placeLabels();
  }

  #button({ type, box }) {
    const button = element('button', { type: 'button', className: 'garment' });
    button.append(element('span', { className: 'garment-label' }, garmentName(type)));
    button.addEventListener('click', () => this.onChoose(box));
    const [x1, y1, x2, y2] = box;
    Object.assign(button.style, {
      left: `${x1 * 100}%`,
      top: `${y1 * 100}%`,
      width: `${(x2 - x1) * 100}%`,
      height: `${(y2 - y1) * 100}%`,
    });
    return button;
  }

  /** Put each label into the upper left corner of its box, or above or below that where another label is. */
  #placeLabels() {
    const { x, y, width, height } = this.layer.getBoundingClientRect();
    if (!width || !height) return;
    const taken = [];
    for (const button of this.layer.children) {
      const label = button.firstElementChild;
      const size = label.getBoundingClientRect();
      const corner = button.getBoundingClientRect();
      const left = clamp(corner.x - x + INSET_PX, 0, Math.max(0, width - size.width));
      const highest = Math.max(0, height - size.height);
      const first = clamp(corner.y - y + INSET_PX, 0, highest);
      const at = (top) => ({ left, top, right: left + size.width, bottom: top + size.height });
      const tops = [first];
      for (let step = 1; step < height; step += 1) tops.push(first + step, first - step);
      const place = tops
        .filter((top) => top >= 0 && top <= highest)
        .map(at)
        .find((free) => !taken.some((other) => overlap(free, other)));
      // Without any free place, which takes a photo of a few pixels, labels lie on each other.
      const chosen = place ?? at(first);
      taken.push(chosen);
      label.style.left = `${chosen.left - (corner.x - x) - button.clientLeft}px`;
      label.style.top = `${chosen.top - (corner.y - y) - button.clientTop}px`;
    }
  }
}
