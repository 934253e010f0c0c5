// The attributes of an item as a form.

import { element } from './cards.js';
import { columnName } from './words.js';

const LONG = 48;
let made = 0;

/** A field for each attribute, and more for new ones. */
export class Fields {
  /** @param {(id: string) => HTMLElement} part finds an element of the page. */
  constructor(part) {
    this.list = part('fields');
    this.rows = [];
    this.writes = true;
    part('add-attribute').addEventListener('click', () => {
      const row = this.#row(null, '');
      row.name.focus();
    });
  }

  /** Whether attributes may be changed. */
  allow(writes) {
    // Asked again and again; an attribute that is about to be removed is read-only meanwhile.
    if (this.writes === writes) return;
    this.writes = writes;
    for (const { value, name, remove } of this.rows) {
      value.readOnly = !writes;
      if (name) name.readOnly = !writes;
      remove.hidden = !writes;
    }
  }

  /** Show the attributes of an item. */
  fill(attributes) {
    this.rows = [];
    this.list.replaceChildren();
    for (const [name, value] of Object.entries(attributes)) this.#row(name, value);
  }

  /** What was changed, as a merge patch: null removes; null if something is to be corrected first, which is focused. */
  changes() {
    const changes = {};
    for (const row of this.rows) {
      const name = row.known ?? row.name.value.trim();
      const value = row.removed ? '' : row.value.value;
      if (row.known === null && !row.removed && value !== '' && !name) {
        row.name.setCustomValidity('Name the attribute.');
        row.name.reportValidity();
        row.name.addEventListener('input', () => row.name.setCustomValidity(''), { once: true });
        return null;
      }
      if (!name || value === row.before) continue;
      changes[name] = value === '' ? null : value;
    }
    return changes;
  }

  #row(known, before) {
    made += 1;
    const id = `field-${made}`;
    const long = before.length > LONG || before.includes('\n');
    const value = element(long ? 'textarea' : 'input', { id, value: before, rows: 3, autocomplete: 'off', readOnly: !this.writes });
    const remove = element('button', { type: 'button', className: 'button quiet', hidden: !this.writes }, 'Remove');
    const row = { known, before, value, remove, removed: false, name: null };
    const line = element('div', { className: 'field' });
    if (known === null) {
      row.name = element('input', { id: `${id}-name`, autocomplete: 'off', placeholder: 'Name', 'aria-label': 'Name of the new attribute' });
      value.setAttribute('aria-label', 'Value of the new attribute');
      value.placeholder = 'Value';
      remove.setAttribute('aria-label', 'Remove the new attribute');
      line.append(row.name, value, remove);
    } else {
      const label = columnName(known);
      remove.setAttribute('aria-label', `Remove ${label}`);
      line.append(element('label', { htmlFor: id, title: known }, label), value, remove);
    }
    remove.addEventListener('click', () => this.#toggle(row, line));
    this.rows.push(row);
    this.list.append(line);
    return row;
  }

  /** A new attribute goes at once; one that the item has stays visible until it is saved, and can be kept after all. */
  #toggle(row, line) {
    if (row.known === null) {
      this.rows = this.rows.filter((one) => one !== row);
      line.remove();
      document.getElementById('add-attribute').focus();
      return;
    }
    row.removed = !row.removed;
    row.value.readOnly = row.removed;
    line.classList.toggle('removed', row.removed);
    row.remove.textContent = row.removed ? 'Keep' : 'Remove';
    row.remove.setAttribute('aria-label', `${row.removed ? 'Keep' : 'Remove'} ${columnName(row.known)}`);
  }
}
