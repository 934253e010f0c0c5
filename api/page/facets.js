// Filters: a button and a panel for each column, and a chip for each condition in use.

import { element } from './cards.js';
import { rangeForm } from './range.js';
import { valueList } from './values.js';
import { columnName, isTitleColumn, tellingFirst } from './words.js';

const MOST_VALUES = 2000;
// More columns than this are shown as the first few and a button for the rest.
const MOST_BUTTONS = 8;

/**
 * A column, as `GET /attributes` describes it; `values` are the most frequent ones only.
 *
 * @typedef {{kind: 'text'|'number'|'list', distinct: number, missing: number, values: Record<string, number>,
 *   min: number|null, max: number|null}} Column
 */

/**
 * The columns that are useful as filters, in display order.
 *
 * Columns that identify single items, such as a title or a code, are left out.
 *
 * @param {Record<string, Column>} attributes
 */
export function usefulColumns(attributes) {
  const counted = ({ values }) => Object.values(values ?? {}).reduce((sum, value) => sum + value, 0);
  const columns = Object.values(attributes).filter(({ kind }) => kind !== 'list');
  // Exact if some column has no more values than are listed.
  const items = columns.reduce((most, column) => Math.max(most, column.missing + counted(column)), 0);
  return tellingFirst(Object.keys(attributes)).filter((name) => {
    const { kind, distinct, missing } = attributes[name];
    if (distinct < 2) return false;
    if (kind !== 'text') return true;
    if (distinct > MOST_VALUES) return false;
    const having = items - missing;
    return distinct <= 40 ? !(isTitleColumn(name) && distinct === having) : having / distinct >= 3;
  });
}

/** The bar of filter buttons; calls `onChange` with the new conditions. */
export class Facets {
  /**
   * @param {HTMLElement} bar where the buttons go.
   * @param {(conditions: import('./conditions.js').Condition[]) => void} onChange
   */
  constructor(bar, onChange) {
    this.bar = bar;
    this.onChange = onChange;
    this.attributes = {};
    this.conditions = [];
    this.buttons = new Map();
    this.rest = [];
  }

  /** Whether a field's values are numbers. */
  isNumeric = (field) => this.attributes[field]?.kind === 'number';

  /** Draw a button and a panel for each useful column. */
  draw(attributes) {
    this.attributes = attributes;
    this.buttons.clear();
    this.bar.replaceChildren();
    for (const [place, column] of usefulColumns(attributes).entries()) {
      const panel = element('div', { className: 'panel', id: `panel-${place}`, popover: 'auto', role: 'dialog' });
      panel.setAttribute('aria-label', `Filter by ${columnName(column)}`);
      const button = element('button', { type: 'button', className: 'facet', 'aria-haspopup': 'dialog' });
      button.popoverTargetElement = panel;
      panel.addEventListener('beforetoggle', (event) => {
        button.classList.toggle('open', event.newState === 'open');
        if (event.newState !== 'open') return;
        this.#fill(panel, column);
        placeBelow(panel, button);
      });
      this.buttons.set(column, button);
      this.bar.append(button, panel);
    }
    this.rest = [...this.buttons.keys()].slice(this.buttons.size > MOST_BUTTONS ? MOST_BUTTONS - 1 : MOST_BUTTONS);
    if (this.rest.length) this.bar.append(this.#moreButton());
    this.bar.hidden = this.buttons.size === 0;
    this.show(this.conditions);
  }

  /** Show on the buttons which conditions are in use. */
  show(conditions) {
    this.conditions = conditions;
    for (const [column, button] of this.buttons) {
      const used = conditions.find((condition) => condition.field === column);
      const chosen = used?.values?.length ?? (used ? 1 : 0);
      button.classList.toggle('used', chosen > 0);
      button.hidden = this.rest.includes(column) && chosen === 0;
      button.replaceChildren(columnName(column));
      if (chosen) button.append(element('span', { className: 'facet-count' }, String(chosen), element('span', { className: 'unseen' }, ' chosen')));
    }
  }

  #moreButton() {
    const more = element('button', { type: 'button', className: 'facet rest' }, 'More filters');
    more.addEventListener('click', () => {
      const [first] = this.rest.filter((column) => this.buttons.get(column).hidden);
      this.rest = [];
      this.show(this.conditions);
      more.remove();
      if (first) this.buttons.get(first).focus();
    });
    return more;
  }

  #change(condition, field) {
    const others = this.conditions.filter((one) => one.field !== field);
    this.onChange(condition ? [...others, condition] : others);
  }

  #fill(panel, column) {
    const heading = element('div', { className: 'panel-head' }, element('h2', {}, columnName(column)));
    const done = element('button', { type: 'button', className: 'button quiet' }, 'Done');
    done.addEventListener('click', () => panel.hidePopover());
    heading.append(done);
    panel.replaceChildren(heading, this.isNumeric(column) ? this.#range(panel, column) : this.#values(column));
  }

  #values(column) {
    const chosen = () => this.conditions.find((one) => one.field === column)?.values ?? [];
    const choose = (values) => this.#change(values.length ? { field: column, values } : null, column);
    return valueList(column, this.attributes[column], chosen, choose);
  }

  #range(panel, column) {
    const used = this.conditions.find((one) => one.field === column);
    return rangeForm(column, this.attributes[column], used, (low, high) => {
      panel.hidePopover();
      this.#change(low || high ? { field: column, low, high } : null, column);
    });
  }
}

/** Draw a chip for each value in use, which removes it; with two or more chips, also one that removes all. */
export function drawChips(list, conditions, onChange) {
  const chips = conditions.flatMap((condition) => {
    const name = columnName(condition.field);
    const without = conditions.filter((one) => one !== condition);
    if (!condition.values) return [chip(`${name}: ${rangeWords(condition)}`, () => onChange(without))];
    return condition.values.map((value) =>
      chip(`${name}: ${value}`, () => {
        const values = condition.values.filter((one) => one !== value);
        onChange(values.length ? conditions.map((one) => (one === condition ? { ...condition, values } : one)) : without);
      }),
    );
  });
  if (chips.length > 1) {
    const all = element('button', { type: 'button', className: 'button quiet', id: 'clear-filters' }, 'Clear all');
    all.addEventListener('click', () => onChange([]));
    chips.push(element('li', {}, all));
  }
  list.replaceChildren(...chips);
  list.hidden = chips.length === 0;
}

const rangeWords = ({ low, high }) => {
  if (low && high) return `${low} to ${high}`;
  return low ? `from ${low}` : `up to ${high}`;
};

function chip(words, onRemove) {
  const button = element(
    'button',
    { type: 'button', className: 'chip' },
    element('span', { className: 'unseen' }, 'Remove filter '),
    words,
    element('span', { className: 'cross', 'aria-hidden': 'true' }),
  );
  button.addEventListener('click', onRemove);
  return element('li', {}, button);
}

// On narrow screens the style sheet overrides this and puts the panel at the bottom.
function placeBelow(panel, button) {
  const at = button.getBoundingClientRect();
  const width = 300;
  const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8));
  panel.style.setProperty('--left', `${left + scrollX}px`);
  panel.style.setProperty('--top', `${at.bottom + scrollY + 6}px`);
}
