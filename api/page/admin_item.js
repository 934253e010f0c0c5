// One item: found by its id, shown, changed and removed.

import { get, itemPath, request } from './api.js';
import { Fields } from './admin_fields.js';
import { Removal } from './admin_removal.js';
import { sentenceOf } from './admin_words.js';
import { forgetPicture, showPicture } from './picture.js';
import { ofItem, href } from './view.js';
import { describe, plural } from './words.js';

/** The part of the page that is about one item. */
export class ItemEditor {
  /**
   * @param {(id: string) => HTMLElement} part finds an element of the page.
   * @param {() => void} onChange called after each change.
   */
  constructor(part, onChange) {
    this.part = part;
    this.onChange = onChange;
    this.asked = new AbortController();
    this.item = null;
    this.saving = false;
    this.fields = new Fields(part);
    this.removal = new Removal(part, {
      removed: (item) => this.#gone(item),
      back: (item) => this.#backAgain(item),
      say: (words, bad) => this.#say(words, bad),
    });
    part('find').addEventListener('submit', (event) => {
      event.preventDefault();
      this.find(part('find-id').value.trim());
    });
    part('attributes').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#save();
    });
    part('remove').addEventListener('click', () => this.removal.ask(this.item));
  }

  /** Show the item that the page's address names, if it names one. */
  come() {
    const id = new URLSearchParams(location.search).get('item');
    if (!id) return;
    this.part('find-id').value = id;
    this.find(id);
  }

  /** Whether items may be changed; else they are shown only. */
  allow(writes) {
    this.fields.allow(writes);
    for (const line of document.querySelectorAll('.writing')) line.hidden = !writes;
  }

  /** Look an item up and show it. */
  async find(id) {
    if (!id) return;
    this.asked.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    this.removal.forget();
    this.#say('Looking …');
    try {
      const item = await get(itemPath(id), [], signal);
      if (signal.aborted) return;
      this.#show(item);
      this.#say('');
    } catch (problem) {
      if (signal.aborted) return;
      this.#hide();
      this.#say(problem.code === 'unknown_item' ? `There is no item “${id}”. Check the id: capitals and slashes count.` : sentenceOf(problem), true);
    }
    history.replaceState(null, '', `?${new URLSearchParams({ item: id })}`);
  }

  async #save() {
    const { item } = this;
    const changes = this.fields.changes();
    if (changes === null || this.saving) return;
    const changed = Object.keys(changes).length;
    if (changed === 0) {
      this.#say('Nothing has been changed yet.');
      return;
    }
    this.saving = true;
    this.#say('Saving …');
    try {
      const response = await request(itemPath(item.id), [], {
        method: 'PATCH',
        body: JSON.stringify(changes),
        headers: { 'Content-Type': 'application/merge-patch+json' },
      });
      const answer = await response.json();
      this.onChange();
      if (this.item !== item) return;
      this.#show(answer.item);
      this.#say(answer.changed ? `Saved: ${plural(changed, 'attribute')}. Searches show it already.` : 'It was so already.');
    } catch (problem) {
      this.#say(sentenceOf(problem), true);
    } finally {
      this.saving = false;
    }
  }

  #show(item) {
    const { part } = this;
    const { title, line } = describe(item);
    this.item = item;
    part('item-name').textContent = title;
    part('item-id').textContent = `Id ${item.id}`;
    part('item-similar').href = href(ofItem(item.id));
    part('item-image').alt = [title, line].filter(Boolean).join(', ');
    this.fields.fill(item.attributes);
    part('item').hidden = false;
    // Once it is seen, its width is known.
    showPicture(part('item-image'), item.image_url);
  }

  #hide() {
    this.item = null;
    this.part('item').hidden = true;
    forgetPicture(this.part('item-image'));
  }

  #gone(item) {
    this.#hide();
    this.#say(`“${describe(item).title}” (id ${item.id}) was removed. Searches no longer find it.`);
    this.onChange();
  }

  #backAgain(item) {
    this.#show(item);
    this.#say('It is back, as the newest item of the catalogue.');
    this.part('item-title').focus();
    this.onChange();
  }

  #say(words, bad = false) {
    const said = this.part('item-said');
    said.textContent = words;
    said.classList.toggle('warning', bad);
  }
}
