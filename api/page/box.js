// A box on the photo: drawn with a pointer, or set with four sliders.

const SMALLEST_SIDE = 0.05;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** `x1,y1,x2,y2` in the form of the HTTP interface. */
export const boxText = (box) => box.map((corner) => Number(corner.toFixed(4))).join(',');

/** The box tool over a photo. A box is `[x1, y1, x2, y2]`, fractions of the picture, or null for all of it. */
export class BoxTool {
  /**
   * @param {{stage: HTMLElement, frame: HTMLElement, sliders: HTMLInputElement[]}} parts sliders: x1, y1, x2, y2 in percent.
   * @param {(box: number[]|null) => void} onBox called when a box is finished.
   */
  constructor({ stage, frame, sliders }, onBox) {
    Object.assign(this, { stage, frame, sliders, onBox, box: null, on: false, drag: null });
    stage.addEventListener('pointerdown', (event) => this.#begin(event));
    stage.addEventListener('pointermove', (event) => this.#move(event));
    stage.addEventListener('pointerup', () => this.#end());
    stage.addEventListener('pointercancel', () => this.#end());
    for (const [corner, slider] of sliders.entries()) {
      slider.addEventListener('input', () => this.#slide(corner));
      slider.addEventListener('change', () => onBox(this.box));
    }
  }

  /** Whether pointers draw on the photo. */
  use(on) {
    this.on = on;
    this.stage.classList.toggle('drawing', on);
  }

  /** Show a box, or none. */
  show(box) {
    this.box = box;
    this.frame.hidden = !box;
    const [x1, y1, x2, y2] = box ?? [0, 0, 1, 1];
    Object.assign(this.frame.style, {
      left: `${x1 * 100}%`,
      top: `${y1 * 100}%`,
      width: `${(x2 - x1) * 100}%`,
      height: `${(y2 - y1) * 100}%`,
    });
    for (const [corner, slider] of this.sliders.entries()) {
      const percent = Math.round((box ?? [0, 0, 1, 1])[corner] * 100);
      slider.value = String(percent);
      slider.setAttribute('aria-valuetext', `${percent} %`);
    }
  }

  #slide(corner) {
    const box = [...(this.box ?? [0, 0, 1, 1])];
    const opposite = (corner + 2) % 4;
    const value = this.sliders[corner].valueAsNumber / 100;
    box[corner] =
      corner < 2 ? Math.min(value, box[opposite] - SMALLEST_SIDE) : Math.max(value, box[opposite] + SMALLEST_SIDE);
    this.show(box.every((one, at) => one === (at < 2 ? 0 : 1)) ? null : box);
  }

  #point(event) {
    const at = this.stage.getBoundingClientRect();
    return [clamp((event.clientX - at.left) / at.width, 0, 1), clamp((event.clientY - at.top) / at.height, 0, 1)];
  }

  #begin(event) {
    if (!this.on || event.button !== 0) return;
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    const start = this.#point(event);
    const corner = event.target.dataset.corner;
    if (corner && this.box) {
      const [x1, y1, x2, y2] = this.box;
      // Dragging a corner draws a new box from the opposite corner.
      this.drag = { from: [corner.includes('w') ? x2 : x1, corner.includes('n') ? y2 : y1], before: this.box };
    } else if (event.target === this.frame && this.box) {
      this.drag = { grip: start, before: this.box };
    } else {
      this.drag = { from: start, before: this.box };
    }
  }

  #move(event) {
    if (!this.drag) return;
    const [x, y] = this.#point(event);
    const { from, grip, before } = this.drag;
    this.drag.moved = true;
    if (grip) {
      const dx = clamp(x - grip[0], -before[0], 1 - before[2]);
      const dy = clamp(y - grip[1], -before[1], 1 - before[3]);
      this.show([before[0] + dx, before[1] + dy, before[2] + dx, before[3] + dy]);
    } else {
      this.show([Math.min(x, from[0]), Math.min(y, from[1]), Math.max(x, from[0]), Math.max(y, from[1])]);
    }
  }

  #end() {
    if (!this.drag) return;
    const { before, moved } = this.drag;
    this.drag = null;
    if (!moved) return;
    const [x1, y1, x2, y2] = this.box;
    // A tiny box is a slip of the finger.
    if (x2 - x1 < SMALLEST_SIDE || y2 - y1 < SMALLEST_SIDE) this.show(before);
    else this.onBox(this.box);
  }
}
