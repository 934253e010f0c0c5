// The part of the photo that is searched: a garment that was found, a box drawn by hand, or all of it.

import { BoxTool } from './box.js';
import { Garments, garmentAt } from './garments.js';

const BOX_PAUSE_MS = 250;

/** What chooses the part, and shows which one is searched. */
export class Region {
  /**
   * @param {(id: string) => HTMLElement} part finds an element of the page.
   * @param {(chosen: {box: number[]|null, whole: boolean}) => void} onChoose called with the part to search.
   */
  constructor(part, onChoose) {
    const sliders = ['x1', 'y1', 'x2', 'y2'].map((edge) => part(`box-${edge}`));
    this.part = part;
    this.onChoose = onChoose;
    this.pause = 0;
    this.placed = null;
    this.box = new BoxTool({ stage: part('stage'), frame: part('frame'), sliders }, (drawn) => this.#drawn(drawn));
    this.garments = new Garments(part('garments'), (box) => onChoose({ box, whole: false }));
    part('box-toggle').addEventListener('click', () => this.#toggle());
    part('whole').addEventListener('click', () => this.whole());
  }

  /**
   * Show the part that a view is of; of a photo that the server has not answered yet, it may be unknown.
   *
   * @param {import('./view.js').View} view
   * @param {object|undefined} photo of the view, or undefined if there is none here.
   */
  show(view, photo) {
    clearTimeout(this.pause);
    const garments = photo?.objects ?? [];
    const isDrawn = view.box !== null && !garmentAt(garments, view.box);
    this.#use(photo !== undefined && (isDrawn || this.box.on));
    const box = view.box ?? (view.whole ? null : (photo?.prominent ?? null));
    this.#place(box);
    this.#mark(garments, box, view.whole);
  }

  /** Show the part that the server searched, and the garments that it found. */
  answered(photo, searched) {
    // Unless the user is drawing the next box already.
    if (this.box.box === this.placed) this.#place(searched);
    this.#mark(photo.objects ?? [], searched, searched === null);
  }

  /** Search all of the photo. */
  whole() {
    this.#drawn(null);
  }

  /** Pointers draw no more. */
  stop() {
    this.#use(false);
  }

  #place(box) {
    this.placed = box;
    this.box.show(box);
  }

  #mark(garments, box, isWhole) {
    this.garments.show(garments, box);
    this.part('whole').setAttribute('aria-pressed', String(isWhole));
    this.part('whole').hidden = garments.length === 0 || this.box.on;
  }

  #drawn(drawn) {
    this.box.show(drawn);
    clearTimeout(this.pause);
    // Arrow keys on a slider come in bursts: search when they pause.
    this.pause = setTimeout(() => this.onChoose({ box: drawn, whole: drawn === null }), BOX_PAUSE_MS);
  }

  /** Start to draw a box on the photo, or go back to the whole photo. */
  #toggle() {
    this.#use(!this.box.on);
    this.part('whole').hidden = this.garments.shown.length === 0 || this.box.on;
    if (!this.box.on && this.box.box) this.whole();
  }

  #use(on) {
    this.box.use(on);
    this.part('box-tools').hidden = !on;
    this.part('box-toggle').textContent = on ? 'Use the whole photo' : 'Search only part of it';
  }
}
