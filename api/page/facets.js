// Filters: a button and a panel for each column, and a chip for each condition in use.

import { element } from './cards.js';
import { colourOf, isColourColumn } from './colours.js';
import { columnName, count, isTitleColumn, tellingFirst } from './words.js';

const MOST_VALUES = 2000;
const ROWS_SHOWN = 100;
const SEARCH_FROM = 12;
// More columns than this are shown as the first few and a button for the rest.
const MOST_BUTTONS = 8;

/**
 * The columns that are useful as filters, in display order.
 *
 * Columns that identify single items, such as a title or a code, are left out.
 *
 * @param {Record<string, {kind: 'text'|'number', values: Record<string, number>}>} attributes
 */
export function usefulColumns(attributes) {
  return tellingFirst(Object.keys(attributes)).filter((column) => {
    const counts = Object.values(attributes[column].values ?? {});
    if (counts.length < 2) return false;
    if (attributes[column].kind === 'number') return true;
    if (counts.length > MOST_VALUES) return false;
    const items = counts.reduce((sum, value) => sum + value, 0);
    return counts.length <= 40 ? !(isTitleColumn(column) && counts.length === items) : items / counts.length >= 3;
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
    const counts = Object.entries(this.attributes[column].values).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
    const chosen = () => this.conditions.find((one) => one.field === column)?.values ?? [];
    const list = element('ul', { className: 'values' });
    const note = element('p', { className: 'small muted', role: 'status' });
    const atFirst = new Set(chosen());
    // Values chosen when the panel opens come first until it closes: rows must not move under a finger.
    counts.sort((a, b) => atFirst.has(b[0]) - atFirst.has(a[0]));
    const draw = (typed) => {
      const fitting = counts.filter(([value]) => value.toLowerCase().includes(typed.trim().toLowerCase()));
      list.replaceChildren(...fitting.slice(0, ROWS_SHOWN).map(([value, items]) => this.#row(column, value, items, chosen)));
      note.textContent = fitting.length === 0 ? 'No value matches' : '';
      if (fitting.length > ROWS_SHOWN) note.textContent = `${count(fitting.length - ROWS_SHOWN)} more: type to find them`;
    };
    draw('');
    if (counts.length <= SEARCH_FROM) return element('div', { className: 'panel-body' }, list);
    const find = element('input', { type: 'search', placeholder: 'Find', autocomplete: 'off', spellcheck: false });
    find.setAttribute('aria-label', `Find in ${columnName(column)}`);
    find.addEventListener('input', () => draw(find.value));
    return element('div', { className: 'panel-body' }, find, list, note);
  }

  #row(column, value, items, chosen) {
    const box = element('input', { type: 'checkbox', checked: chosen().includes(value) });
    box.addEventListener('change', () => {
      const values = box.checked ? [...chosen(), value] : chosen().filter((one) => one !== value);
      this.#change(values.length ? { field: column, values } : null, column);
    });
    const label = element('label', {}, box);
    const colour = isColourColumn(column) && colourOf(value);
    if (colour) {
      const dot = element('span', { className: 'dot', 'aria-hidden': 'true' });
      dot.style.background = colour;
      label.append(dot);
    }
    label.append(element('span', { className: 'value' }, value), element('span', { className: 'count' }, count(items)));
    return element('li', {}, label);
  }

  #range(panel, column) {
    const known = Object.keys(this.attributes[column].values).map(Number);
    const used = this.conditions.find((one) => one.field === column) ?? { low: '', high: '' };
    const field = (words, value, placeholder) => {
      const input = element('input', { type: 'number', step: 'any', value, placeholder, inputMode: 'decimal' });
      return { input, label: element('label', {}, words, input) };
    };
    const lowest = known.reduce((a, b) => Math.min(a, b));
    const highest = known.reduce((a, b) => Math.max(a, b));
    const low = field('From', used.low ?? '', String(lowest));
    const high = field('To', used.high ?? '', String(highest));
    const note = element('p', { className: 'small warning', role: 'status' });
    const form = element(
      'form',
      { className: 'panel-body range' },
      low.label,
      high.label,
      note,
      element('button', { className: 'button primary' }, 'Apply'),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const [from, to] = [low.input.value, high.input.value];
      if (from && to && Number(from) > Number(to)) {
        note.textContent = '“From” must not be more than “To”.';
        return;
      }
      panel.hidePopover();
      this.#change(from || to ? { field: column, low: from, high: to } : null, column);
    });
    return form;
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
