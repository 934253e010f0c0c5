// Elements without HTML: what an item is called is text, whatever it looks like.

/**
 * An element with attributes and children.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string|number|boolean|null|undefined>} attributes `false`, null and undefined: not set; true: empty.
 * @param {...(Node|string|null)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * A button. Its class is its part too, so that a page can style it.
 *
 * @param {string} part
 * @param {string|Node} content
 * @param {(event: Event) => void} act
 * @param {Record<string, string|boolean|null>} [attributes]
 */
export function button(part, content, act, attributes = {}) {
  const made = make('button', { type: 'button', class: part, part: `button ${part}`, ...attributes }, content);
  made.addEventListener('click', act);
  return made;
}

/**
 * A line drawing, 24 units a side, as large as the text beside it.
 *
 * @param {string} path
 */
export function icon(path) {
  const space = 'http://www.w3.org/2000/svg';
  const drawing = document.createElementNS(space, 'svg');
  for (const [name, value] of [['viewBox', '0 0 24 24'], ['aria-hidden', 'true'], ['class', 'icon']]) {
    drawing.setAttribute(/** @type {string} */ (name), /** @type {string} */ (value));
  }
  const line = document.createElementNS(space, 'path');
  line.setAttribute('d', path);
  drawing.append(line);
  return drawing;
}

export const CAMERA = 'M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 1 0 0-7';
export const CROSS = 'M6 6l12 12M18 6L6 18';
export const LEFT = 'M15 5l-7 7 7 7';
export const RIGHT = 'M9 5l7 7-7 7';
export const HANGER = 'M12 10v-1.5a2 2 0 1 0-2-2M12 10l9 6.5c.8.7.4 1.5-.6 1.5H3.6c-1 0-1.4-.8-.6-1.5z';
export const CROP = 'M7 2v15h15M2 7h15v15';

/**
 * A style sheet for shadow roots; made by script, it needs no `style-src` of the page.
 *
 * @param {string} rules
 */
export function sheet(rules) {
  const made = new CSSStyleSheet();
  made.replaceSync(rules);
  return made;
}
