// The values of a column of text or lists, to choose from in a filter's panel.

import { get } from './api.js';
import { element } from './cards.js';
import { colourOf, isColourColumn } from './colours.js';
import { columnName, count } from './words.js';

const ROWS_SHOWN = 100;
const SEARCH_FROM = 12;
const TYPING_PAUSE_MS = 200;

/**
 * A list of values with a box each and, if there are many, a field to find others.
 *
 * @param {string} column
 * @param {import('./facets.js').Column} described
 * @param {() => string[]} chosen the values that are chosen now.
 * @param {(values: string[]) => void} choose
 */
export function valueList(column, described, chosen, choose) {
  const list = element('ul', { className: 'values' });
  const note = element('p', { className: 'small muted', role: 'status' });
  const known = Object.entries(described.values);
  const complete = described.distinct <= known.length;
  // Values chosen when the panel opens come first until it closes: rows must not move under a finger.
  const first = chosen().map((value) => [value, described.values[value] ?? null]);
  const listed = [...first, ...known.filter(([value]) => !first.some(([one]) => one === value))];
  const draw = (rows, rest, words) => {
    list.replaceChildren(...rows.slice(0, ROWS_SHOWN).map(([value, items]) => row(column, value, items, chosen, choose)));
    note.textContent = rest > 0 ? `${count(rest)} more: type to find them` : rows.length ? '' : words;
  };
  const drawListed = (typed) => {
    const fitting = listed.filter(([value]) => value.toLowerCase().includes(typed.toLowerCase()));
    draw(fitting, Math.max(0, (typed ? fitting.length : described.distinct) - ROWS_SHOWN), 'No value matches');
  };
  drawListed('');
  if (described.distinct <= SEARCH_FROM) return element('div', { className: 'panel-body' }, list);
  const find = element('input', { type: 'search', placeholder: 'Find', autocomplete: 'off', spellcheck: false });
  find.setAttribute('aria-label', `Find in ${columnName(column)}`);
  let pause = 0;
  let asked = new AbortController();
  find.addEventListener('input', () => {
    const typed = find.value.trim();
    clearTimeout(pause);
    asked.abort();
    if (complete || !typed) {
      drawListed(typed);
      return;
    }
    asked = new AbortController();
    const { signal } = asked;
    // The page has only the most frequent values; the server finds the others by how they begin.
    pause = setTimeout(async () => {
      try {
        const found = await beginning(column, typed, signal);
        if (!signal.aborted) draw(found, 0, `No value begins with “${typed}”`);
      } catch {
        if (!signal.aborted) note.textContent = 'The values cannot be found right now. Try again in a moment.';
      }
    }, TYPING_PAUSE_MS);
  });
  return element('div', { className: 'panel-body' }, find, list, note);
}

/** The most frequent values that begin with a text, each with its number of items. @throws {Problem} */
async function beginning(column, prefix, signal) {
  const query = [['field', column], ['prefix', prefix], ['limit', ROWS_SHOWN]];
  const { attributes } = await get('attributes', query, signal);
  return Object.entries(attributes[column].values).sort((a, b) => b[1] - a[1]);
}

function row(column, value, items, chosen, choose) {
  const box = element('input', { type: 'checkbox', checked: chosen().includes(value) });
  box.addEventListener('change', () => {
    choose(box.checked ? [...chosen(), value] : chosen().filter((one) => one !== value));
  });
  const label = element('label', {}, box);
  const colour = isColourColumn(column) && colourOf(value);
  if (colour) {
    const dot = element('span', { className: 'dot', 'aria-hidden': 'true' });
    dot.style.background = colour;
    label.append(dot);
  }
  label.append(element('span', { className: 'value' }, value));
  if (items !== null) label.append(element('span', { className: 'count' }, count(items)));
  return element('li', {}, label);
}
