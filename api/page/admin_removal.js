// Removing an item, and putting it back.

import { address, file, itemPath, request } from './api.js';
import { sentenceOf } from './admin_words.js';
import { describe } from './words.js';

const CAN = 'Until you leave this page or look for another item, you can put it back, with its picture and all attributes.';
const CANNOT =
  'What cannot be undone: it then counts as a new item, at the end of the catalogue’s order and with its whole picture, and until then links to it lead nowhere.';
const NO_PICTURE = 'This cannot be undone here, because its picture cannot be kept meanwhile.';

/** Asks, removes, and keeps what was removed until the page shows something else. */
export class Removal {
  /**
   * @param {(id: string) => HTMLElement} part finds an element of the page.
   * @param {object} on `{removed(item), back(item), say(words, bad)}`.
   */
  constructor(part, on) {
    this.part = part;
    this.on = on;
    this.kept = null;
    // A button that is disabled loses the focus; so further clicks are passed over instead.
    this.busy = false;
    this.asked = 0;
    part('undo').addEventListener('click', () => this.#putBack());
  }

  /** Ask whether to remove an item, and do it. */
  async ask(item) {
    const { part } = this;
    const dialog = part('remove-dialog');
    if (this.busy) return;
    this.busy = true;
    const picture = await pictureOf(item);
    this.busy = false;
    part('remove-title').textContent = `Remove “${describe(item).title}”?`;
    part('remove-words').textContent = `Searches no longer find item ${item.id} from that moment on.`;
    part('remove-undo').textContent = picture === null ? NO_PICTURE : `${CAN} ${CANNOT}`;
    dialog.returnValue = '';
    dialog.showModal();
    this.asked += 1;
    const question = this.asked;
    await closing(dialog);
    // A browser may tell of two closings at once; the answer belongs to the last question.
    if (question === this.asked && dialog.returnValue === 'remove') await this.#remove(item, picture);
  }

  /** Drop what was kept of the last removed item. */
  forget() {
    this.kept = null;
    this.part('undo-line').hidden = true;
  }

  async #remove(item, picture) {
    try {
      await request(itemPath(item.id), [], { method: 'DELETE' });
    } catch (problem) {
      this.on.say(sentenceOf(problem), true);
      return;
    }
    this.on.removed(item);
    this.kept = picture === null ? null : { item, picture };
    this.part('undo-line').hidden = picture === null;
    this.part('undo-words').textContent = `${CAN} ${CANNOT}`;
    // The button that had the focus is gone.
    (picture === null ? this.part('item-title') : this.part('undo')).focus();
  }

  async #putBack() {
    if (this.busy) return;
    const { item, picture } = this.kept;
    const form = new FormData();
    form.append('image', picture, 'picture');
    form.append('item', JSON.stringify(item.attributes));
    this.busy = true;
    this.on.say('Putting it back …');
    try {
      // Never over an item that somebody else has put there meanwhile.
      const response = await request(itemPath(item.id), [], { method: 'PUT', body: form, headers: { 'If-None-Match': '*' } });
      const answer = await response.json();
      this.forget();
      this.on.back(answer.item);
    } catch (problem) {
      this.on.say(sentenceOf(problem), true);
    } finally {
      this.busy = false;
    }
  }
}

/** Until a dialog is closed; the event of the time before may come only after it was opened again. */
function closing(dialog) {
  return new Promise((resolve) => {
    const ended = () => {
      if (dialog.open) return;
      dialog.removeEventListener('close', ended);
      resolve();
    };
    dialog.addEventListener('close', ended);
  });
}

/** The picture of an item, or null: it is not there, or of a host that does not let this page have it. */
async function pictureOf(item) {
  try {
    const url = address(item.image_url);
    if (url.origin === location.origin) return await file(url);
    // Another host is not told the key.
    const response = await fetch(url);
    return response.ok ? await response.blob() : null;
  } catch {
    return null;
  }
}
