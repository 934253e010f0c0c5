// The last imports, and their errors.

import { address, file, get, hasKey } from './api.js';
import { age, doneBy, exactly, isUnderWay, MODES, sentenceOf, statusName } from './admin_words.js';
import { badge } from './admin_versions.js';
import { element } from './cards.js';
import { count, plural } from './words.js';

const PAGE = 20;
// After this time in the queue, there may be nobody who imports.
const PATIENCE_MS = 15_000;
const KINDS = { succeeded: 'good', succeeded_with_errors: 'warn', failed: 'bad', running: 'now', queued: '' };

/** The list of imports; entries stay the same elements while their import goes on. */
export class Imports {
  /** @param {(id: string) => HTMLElement} part finds an element of the page. */
  constructor(part) {
    this.part = part;
    this.entries = new Map();
    this.statuses = new Map();
  }

  /** @param {object} state the answer to `GET /imports`. */
  draw({ imports }) {
    const list = this.part('imports');
    const entries = imports.map((record) => {
      const entry = this.entries.get(record.import_id) ?? new Entry(record.import_id);
      entry.draw(record);
      return [record.import_id, entry];
    });
    this.entries = new Map(entries);
    const wanted = entries.map(([, entry]) => entry.element);
    // Moving an element would take the focus from it.
    if (wanted.some((one, place) => list.children[place] !== one)) list.replaceChildren(...wanted);
    while (list.children.length > wanted.length) list.lastElementChild.remove();
    this.part('imports-none').hidden = imports.length > 0;
    this.#announce(imports);
  }

  #announce(imports) {
    const ended = imports.find(({ import_id: id, status }) => this.statuses.has(id) && this.statuses.get(id) !== status);
    if (ended) this.part('live').textContent = `Import: ${statusName(ended.status)}. ${doneBy(ended)}`;
    this.statuses = new Map(imports.map(({ import_id: id, status }) => [id, status]));
  }
}

/** One import of the list. */
class Entry {
  constructor(id) {
    this.id = id;
    this.offset = 0;
    this.failed = 0;
    this.badge = badge('');
    this.when = element('span', { className: 'small muted' });
    this.done = element('p', { className: 'small numbers' });
    this.bar = element('progress', { className: 'bar-line' });
    this.detail = element('p', { className: 'small' });
    this.summary = element('summary');
    this.errors = element('div', { className: 'errors' });
    this.more = element('details', { hidden: true }, this.summary, this.errors);
    this.more.addEventListener('toggle', () => {
      if (this.more.open) this.#load();
    });
    const head = element('p', { className: 'entry-head' }, this.badge, this.when);
    this.element = element('li', { className: 'entry' }, head, this.bar, this.done, this.detail, this.more);
  }

  draw(record) {
    const { status, mode, format, failed, created_at: createdAt, updated_at: updatedAt } = record;
    const begun = Date.parse(createdAt);
    const busy = isUnderWay(record);
    this.badge.textContent = statusName(status);
    this.badge.className = `badge ${KINDS[status] ?? ''}`;
    this.when.textContent = [MODES[mode], format, busy ? `sent ${age(begun)}` : `${age(Date.parse(updatedAt))}, ${exactly(begun)}`].filter(Boolean).join(' · ');
    this.bar.hidden = status !== 'running';
    this.bar.setAttribute('aria-label', 'The import is running');
    this.done.textContent = doneBy(record);
    this.done.hidden = status === 'queued';
    this.detail.textContent = detailOf(record, Date.now() - begun);
    this.detail.hidden = !this.detail.textContent;
    this.detail.classList.toggle('warning', status === 'failed');
    this.more.hidden = failed === 0;
    this.summary.textContent = `Show ${plural(failed, 'row')} with errors`;
    if (failed !== this.failed && this.more.open) this.#load();
    this.failed = failed;
  }

  async #load() {
    try {
      const { errors, errors_total: total } = await get(`imports/${this.id}`, [['limit', PAGE], ['offset', this.offset]]);
      this.#drawErrors(errors, total);
    } catch (problem) {
      this.errors.replaceChildren(element('p', { className: 'small warning' }, sentenceOf(problem)));
    }
  }

  #drawErrors(errors, total) {
    const rows = errors.map(({ row, id, detail, code }) =>
      element(
        'li',
        {},
        element('p', { className: 'small' }, element('span', { className: 'muted' }, `Row ${count(row)}`), id === null ? '' : element('span', { className: 'mono' }, id)),
        element('p', {}, detail, ' ', element('span', { className: 'small muted' }, `(${code})`)),
      ),
    );
    const last = this.offset + errors.length;
    const tools = element('div', { className: 'line' });
    if (total > PAGE) {
      tools.append(
        this.#turn('Previous', Math.max(0, this.offset - PAGE), this.offset === 0),
        element('span', { className: 'small muted numbers' }, `${count(this.offset + 1)} to ${count(last)} of ${count(total)}`),
        this.#turn('Next', this.offset + PAGE, last >= total),
      );
    }
    tools.append(this.#csv());
    this.errors.replaceChildren(element('ul', {}, ...rows), tools);
  }

  #turn(words, offset, disabled) {
    const button = element('button', { type: 'button', className: 'button', disabled }, words);
    button.addEventListener('click', async () => {
      this.offset = offset;
      await this.#load();
      const again = [...this.errors.querySelectorAll('button')].find((one) => one.textContent === words);
      (again?.disabled ? this.summary : again)?.focus();
    });
    return button;
  }

  #csv() {
    const name = `errors-${this.id}.csv`;
    const url = address(`imports/${this.id}/errors.csv`);
    const link = element('a', { className: 'button quiet', href: url.href, download: name }, 'All errors as CSV');
    link.addEventListener('click', async (event) => {
      // A link sends no key.
      if (!hasKey() || link.href !== url.href) return;
      event.preventDefault();
      try {
        const made = URL.createObjectURL(await file(url));
        element('a', { href: made, download: name }).click();
        setTimeout(() => URL.revokeObjectURL(made), 60_000);
      } catch (problem) {
        link.after(element('p', { className: 'small warning' }, sentenceOf(problem)));
      }
    });
    return link;
  }
}

function detailOf({ status, detail, visible }, waited) {
  if (detail) return detail;
  if (status === 'queued') {
    return waited > PATIENCE_MS
      ? 'Nobody has begun with it. Imports are done one after the other by the importer, which “lookalike serve” starts, or “lookalike serve --only importer”.'
      : 'It waits for its turn.';
  }
  return visible ? '' : 'This server process does not show all of it yet; that takes a moment.';
}
