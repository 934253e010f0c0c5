// The panel that shows the query: an item or a photo.

import { element } from './cards.js';
import { forgetPicture, showPicture } from './picture.js';
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

  /** Show a photo: `{url, name}`. */
  photo(photo) {
    if (this.shown === photo.url) return;
    this.#begin(photo.url);
    const image = this.part('query-image');
    this.part('query-kind').textContent = 'Looks like';
    this.part('query-title').textContent = 'Your photo';
    this.part('query-line').textContent = '';
    this.part('stage').className = 'stage photo';
    this.part('photo-buttons').hidden = false;
    image.alt = 'The photo you are searching with';
    image.onload = () => image.classList.add('here');
    image.onerror = () => this.#noPreview();
    image.removeAttribute('style');
    image.src = photo.url;
  }

  /** Show the predicted category of a photo, or none. */
  category(category) {
    this.part('query-line').textContent = category
      ? `Probably ${category.name} (${Math.round(category.confidence * 100)} %)`
      : '';
  }

  #noPreview() {
    this.part('query-image').hidden = true;
    this.part('stage-missing').hidden = false;
    this.part('box-toggle').hidden = true;
  }

  #begin(shown) {
    const image = this.part('query-image');
    this.shown = shown;
    this.part('query').hidden = false;
    this.part('photo-buttons').hidden = true;
    this.part('facts-more').hidden = true;
    this.part('stage-missing').hidden = true;
    this.part('box-toggle').hidden = false;
    image.hidden = false;
    image.classList.remove('here', 'gone');
    forgetPicture(image);
    image.removeAttribute('src');
  }
}
