// The page for a shop's staff: what is served, one item, imports, versions.

import { get, onKeyWanted, request } from './api.js';
import { ItemEditor } from './admin_item.js';
import { Imports } from './admin_imports.js';
import { drawState } from './admin_state.js';
import { Upload } from './admin_upload.js';
import { drawVersions } from './admin_versions.js';
import { isUnderWay, wordsOf } from './admin_words.js';
import { askForKey } from './key.js';

const LISTED_IMPORTS = 10;
const BUSY_MS = 1000;
const IDLE_MS = 10_000;
// After these, only the reader can do something. After many wrong keys there is a 429 in place of a 401.
const FINAL = [401, 403, 404, 429];

/** The element with an id. */
const part = (id) => document.getElementById(id);

/** Draws what `GET /imports` says, again and again: often while an import runs. */
class Watch {
  constructor() {
    this.timer = 0;
    this.asked = new AbortController();
    this.imports = new Imports(part);
    this.item = new ItemEditor(part, () => this.look());
    this.upload = new Upload(part, () => this.look());
  }

  /** Ask now, and later again. */
  async look() {
    clearTimeout(this.timer);
    this.asked.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    let pause = IDLE_MS;
    try {
      const state = await get('imports', [['limit', LISTED_IMPORTS]], signal);
      const health = await readiness(signal);
      if (signal.aborted) return;
      part('notice').hidden = true;
      this.#draw(state, health);
      if (state.imports.some(isUnderWay)) pause = BUSY_MS;
    } catch (problem) {
      if (signal.aborted) return;
      await this.#fail(problem, signal);
      if (FINAL.includes(problem.status)) return;
    }
    if (!signal.aborted) this.timer = setTimeout(() => this.#again(), pause);
  }

  /** Nobody looks at a hidden page; it asks when it is shown again. */
  #again() {
    if (!document.hidden) this.look();
  }

  #draw(state, health) {
    this.#allow(true);
    drawState(part, state, health);
    this.imports.draw(state);
    drawVersions(part, state);
  }

  #allow(writes) {
    part('import-sheet').hidden = !writes;
    part('imports-sheet').hidden = !writes;
    this.item.allow(writes);
  }

  async #fail(problem, signal) {
    const words = wordsOf(problem);
    part('notice-title').textContent = problem.status === 404 ? 'Items cannot be changed here yet' : words.title;
    part('notice-words').textContent = words.text;
    part('notice-small').textContent = problem.status >= 500 ? words.small : '';
    part('notice').hidden = false;
    // A database that is away comes back; where there is none, or no permission, items can only be looked at.
    if (problem.status !== 403 && problem.status !== 404) return;
    this.#allow(false);
    try {
      const { index } = await get('items', [['limit', 1]], signal);
      const state = { index, waiting: null, changed_at: null, bundles: null, versions: [], imports: [] };
      drawState(part, state, null);
      drawVersions(part, state);
    } catch {
      // The notice has said what is wrong.
    }
  }
}

/** What `GET /readyz` says, also when the service is not ready; null if it cannot be asked. */
async function readiness(signal) {
  try {
    const response = await request('readyz', [], { signal, accepted: [503] });
    return (await response.json()).checks;
  } catch {
    return null;
  }
}

function start() {
  onKeyWanted((refused) => askForKey(part, refused));
  const watch = new Watch();
  part('notice-again').addEventListener('click', () => watch.look());
  document.querySelector('.skip').addEventListener('click', (event) => {
    // Following the link would add a history entry.
    event.preventDefault();
    part('item-title').focus();
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) watch.look();
  });
  watch.look().then(() => watch.item.come());
}

start();
