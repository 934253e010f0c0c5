// Starting an import: a file of this computer, or the address of a feed.

import { request } from './api.js';
import { sentenceOf } from './admin_words.js';

// A browser knows few of these types, and names some of them differently.
const TYPES = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  xml: 'application/xml',
  rss: 'application/rss+xml',
  atom: 'application/atom+xml',
  tsv: 'text/tab-separated-values',
  // Google's own tools write TSV into files of this name.
  txt: 'text/tab-separated-values',
};

/** The form that starts an import. */
export class Upload {
  /**
   * @param {(id: string) => HTMLElement} part finds an element of the page.
   * @param {() => void} onStart called when an import was queued.
   */
  constructor(part, onStart) {
    this.part = part;
    this.onStart = onStart;
    this.form = part('feed');
    this.sending = null;
    // One for what is chosen now: sent again after a failure, it is the same import to the server.
    this.key = null;
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    for (const kind of ['input', 'change']) this.form.addEventListener(kind, () => this.#chosen());
    part('feed-stop').addEventListener('click', () => this.sending?.abort());
    this.#chosen();
  }

  #chosen() {
    const { part, form } = this;
    this.key = null;
    const byUrl = form.elements.from.value === 'url';
    part('from-file').hidden = byUrl;
    part('from-url').hidden = !byUrl;
    part('feed-file').required = !byUrl;
    part('feed-file').disabled = byUrl;
    part('feed-url').required = byUrl;
    part('feed-url').disabled = !byUrl;
    const replaces = form.elements.mode.value === 'replace';
    part('most-removed').hidden = !replaces;
    part('max-removed').required = replaces;
    part('max-removed').disabled = !replaces;
  }

  async #send() {
    const { part, form } = this;
    if (this.sending) return;
    const { body, type } = this.#body();
    const query = [['mode', form.elements.mode.value]];
    if (form.elements.mode.value === 'replace') query.push(['max_removed', Number(part('max-removed').value) / 100]);
    this.key ??= newKey();
    this.sending = new AbortController();
    const { signal } = this.sending;
    this.#stoppable(true);
    this.#say(body instanceof File ? `Sending ${sizeOf(body)} …` : 'Sending …');
    try {
      await request('imports', query, { method: 'POST', body, signal, headers: { 'Content-Type': type, 'Idempotency-Key': this.key } });
      form.reset();
      this.#chosen();
      this.#say('It has been queued. “Last imports” shows how far it is.');
      this.onStart();
    } catch (problem) {
      if (signal.aborted) this.#say('Cancelled; nothing was imported.');
      else this.#say(sentenceOf(problem), true);
    } finally {
      this.sending = null;
      this.#stoppable(false);
    }
  }

  #body() {
    if (this.form.elements.from.value === 'url') {
      return { body: JSON.stringify({ url: this.part('feed-url').value.trim() }), type: 'application/json' };
    }
    const [body] = this.part('feed-file').files;
    const ending = body.name.split('.').pop().toLowerCase();
    return { body, type: TYPES[ending] ?? (body.type || 'application/octet-stream') };
  }

  #stoppable(shown) {
    const stop = this.part('feed-stop');
    if (!shown && document.activeElement === stop) this.part('feed-send').focus();
    stop.hidden = !shown;
  }

  #say(words, bad = false) {
    const said = this.part('feed-said');
    said.textContent = words;
    said.classList.toggle('warning', bad);
  }
}

/** Unlike `crypto.randomUUID`, this works without HTTPS too. */
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

function sizeOf({ size }) {
  if (size < 1e6) return `${Math.max(1, Math.round(size / 1e3))} KB`;
  return `${(size / 1e6).toFixed(size < 1e7 ? 1 : 0)} MB`;
}
