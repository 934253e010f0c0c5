// The panel that shows the query: an item, or a photo that is here or gone.

import { element, forgetPicture, showPicture } from './cards.js';
import { columnName, describe, isTitleColumn } from './words.js';

// The panel's picture may be enlarged more than those of the cards.
const MAGNIFICATION = 3;

/** The panel and its parts. */
export class QueryPanel {
  /** @param {(id: string) => HTMLElement} part finds an element of the page. */
  constructor(part) {
    this.part = part;
    this.shown = null;
  }

  /** Hide the panel, on the start view. */
  hide() {
    this.#begin(null);
    this.part('query').hidden = true;
    forgetPicture(this.part('query-image'));
  }

  /** Show an item; only its id until its attributes are known. */
  item(id, item) {
    this.#begin(`item ${id}${item ? '' : '?'}`);
    const image = this.part('query-image');
    const { title, line } = item ? describe(item) : { title: '', line: '' };
    this.part('query-kind').textContent = 'Looks like';
    this.part('query-title').textContent = title || id;
    this.part('query-line').textContent = line;
    this.part('stage').className = 'stage';
    image.alt = title;
    if (item) showPicture(image, item.image_url, MAGNIFICATION);
    const facts = Object.entries(item?.attributes ?? {}).filter(([column]) => !isTitleColumn(column));
    this.part('facts').replaceChildren(
      ...facts.flatMap(([column, value]) => [element('dt', {}, columnName(column)), element('dd', {}, value)]),
    );
    this.part('facts-more').hidden = facts.length === 0;
  }

  /** Show a photo, `{url, name}`, or that it is gone: undefined. */
  photo(photo) {
    const shown = photo ? photo.url : 'a photo that is gone';
    if (this.shown === shown) return;
    this.#begin(shown);
    const image = this.part('query-image');
    forgetPicture(image);
    this.part('query-kind').textContent = 'Looks like';
    this.part('query-title').textContent = photo ? 'Your photo' : 'A photo';
    this.part('query-line').textContent = '';
    this.part('query-note').hidden = false;
    this.part('query-note').textContent = photo
      ? 'Your photo is not kept. The address of this page holds what it looks like, as numbers, so you can share it.'
      : 'The photo itself was not kept. The address of this page holds what it looks like, as numbers.';
    this.part('stage').className = 'stage photo';
    this.part('photo-buttons').hidden = false;
    if (!photo) {
      this.#noPreview('The photo is not here any more');
      return;
    }
    image.alt = 'The photo you are searching with';
    image.onload = () => image.classList.add('here');
    image.onerror = () => this.#noPreview('No preview of this file');
    image.removeAttribute('style');
    image.src = photo.url;
  }

  /** Show the predicted category of a photo, or none. */
  category(category) {
    this.part('query-line').textContent = category
      ? `Probably ${category.name} (${Math.round(category.confidence * 100)} %)`
      : '';
  }

  #noPreview(words) {
    this.part('query-image').hidden = true;
    this.part('stage-missing').textContent = words;
    this.part('stage-missing').hidden = false;
    this.part('box-toggle').hidden = true;
  }

  #begin(shown) {
    const image = this.part('query-image');
    this.shown = shown;
    this.part('query').hidden = false;
    this.part('photo-buttons').hidden = true;
    this.part('facts-more').hidden = true;
    this.part('query-note').hidden = true;
    this.part('stage-missing').hidden = true;
    this.part('box-toggle').hidden = false;
    image.hidden = false;
    image.classList.remove('here', 'gone');
    image.removeAttribute('src');
  }
}
