// <lookalike-camera>: a button, and the dialog that searches with a photo.

import { LookalikeError, shrinkPhoto } from '../../js/src/index.js';
import rules from './camera.css';
import { button, CAMERA, CROSS, icon, make, sheet } from './elements.js';
import { distinct } from './garments.js';
import { fileInput, fileOf, takeDrops } from './photo_sources.js';
import { PhotoView } from './photo_view.js';
import { Results } from './results.js';
import { Widget } from './widget.js';

/** @typedef {import('../../js/src/index.js').Box} Box */
/** @typedef {import('./texts.js').TextName} TextName */
/** @typedef {import('./widget.js').SimilarItems} SimilarItems */

const SHEET = sheet(rules);
// What a customer can do something about; the rest is our failure.
/** @type {Readonly<Record<string, TextName>>} */
const SAID = {
  image_unreadable: 'unreadable', unsupported_media_type: 'unreadable', image_too_large: 'large', image_too_small: 'small', invalid_box: 'small',
  rate_limited: 'busy', queue_full: 'busy', offline: 'offline', timeout: 'offline',
};

export class Camera extends Widget {
  #words = make('span');
  #button = button('open', make('slot', { name: 'button' }, icon(CAMERA), this.#words), () => this.open());
  #dialog = make('dialog', { part: 'dialog' });
  #title = make('h2', { id: 'title', part: 'heading' });
  #close = button('close', icon(CROSS), () => this.#dialog.close());
  #body = make('div', { class: 'body' });
  #status = make('p', { class: 'status', part: 'status', role: 'status' });
  #further = make('div', { class: 'further' });
  #results = new Results(this);
  #inputs = { file: fileInput((file) => this.search(file)), camera: fileInput((file) => this.search(file), { camera: true }) };
  #photo = new PhotoView(this, { onArea: (box) => this.#find(box), onAnother: () => this.#start() });
  #search = make(
    'div',
    { class: 'search' },
    this.#photo.element,
    make('div', { class: 'found' }, make('div', { class: 'box' }, this.#status, this.#results.element, this.#further)),
  );
  /** @type {Blob|null} */
  #blob = null;
  /** The first answer to the area that is searched. @type {SimilarItems|null} */
  #answer = null;
  #asked = '';
  /** @type {import('../../js/src/index.js').Garment[]} */
  #garments = [];
  #asking = new AbortController();

  constructor() {
    super();
    this.root.adoptedStyleSheets.push(SHEET);
    this.#results.lay('grid');
    this.#dialog.setAttribute('aria-labelledby', 'title');
    this.#dialog.append(make('div', { class: 'top' }, this.#title, this.#close), this.#body, this.#inputs.file, this.#inputs.camera);
    this.root.append(this.#button, this.#dialog);
    takeDrops(this.#button, (file) => this.search(file));
    takeDrops(this.#dialog, (file) => this.search(file));
    this.#dialog.addEventListener('click', (event) => event.target === this.#dialog && this.#dialog.close());
    this.#dialog.addEventListener('close', () => document.removeEventListener('paste', this.#paste));
  }

  /** Open the dialog. */
  open() {
    if (!this.isConnected || !this.settings.client || this.#dialog.open) return;
    if (!this.#blob) this.#start();
    document.addEventListener('paste', this.#paste);
    this.#dialog.showModal();
  }

  /**
   * Search with a photo.
   *
   * @param {Blob} file
   */
  async search(file) {
    this.open();
    const signal = this.#begin();
    this.#body.replaceChildren(this.#search);
    this.#photo.show(null);
    this.#wait();
    try {
      const { blob, canvas } = await shrinkPhoto(file);
      if (signal.aborted) return;
      this.#blob = blob;
      this.#garments = [];
      this.#photo.show(canvas);
      await this.#ask(undefined, signal);
    } catch (error) {
      if (!signal.aborted) this.#start(this.#wordsFor(error));
    }
  }

  refresh() {
    const { client, say, search, service } = this.settings;
    this.#words.textContent = say('open');
    this.#title.textContent = say('open');
    this.#close.setAttribute('aria-label', say('close'));
    this.#button.disabled = !client;
    // In the language of now.
    if (!this.#blob && !this.#dialog.open) this.#start();
    const asked = JSON.stringify([service, search]);
    if (asked === this.#asked) return;
    this.#asked = asked;
    if (this.#answer?.query.token) this.#again(this.#answer.query.token);
  }

  stop() {
    this.#asking.abort();
    document.removeEventListener('paste', this.#paste);
    this.#dialog.close();
  }

  #paste = (/** @type {ClipboardEvent} */ event) => {
    const file = fileOf(event.clipboardData);
    if (!file) return;
    event.preventDefault();
    this.search(file);
  };

  /** The signal of a new question, which ends the last one. */
  #begin() {
    this.#asking.abort();
    this.#asking = new AbortController();
    return this.#asking.signal;
  }

  /** Ask for a photo. @param {string} [problem] with the last one. */
  #start(problem = '') {
    this.#begin();
    this.#blob = this.#answer = null;
    const { say } = this.settings;
    const choices = make('div', { class: 'choices' });
    if (matchMedia('(pointer: coarse)').matches) {
      choices.append(
        button('fill', say('take'), () => this.#inputs.camera.click()),
        button('plain', say('choose'), () => this.#inputs.file.click()),
      );
    } else {
      choices.append(button('fill', say('choose'), () => this.#inputs.file.click()));
    }
    this.#body.replaceChildren(
      make(
        'div',
        { class: 'drop', part: 'drop' },
        icon(CAMERA),
        make('p', { class: 'error', role: 'alert', hidden: !problem }, problem),
        make('p', { class: 'hint' }, say('hint')),
        choices,
        make('p', { class: 'privacy' }, say('privacy')),
      ),
    );
    const first = /** @type {HTMLElement} */ (choices.firstElementChild);
    // A dialog that opens looks for this.
    first.autofocus = true;
    first.focus();
  }

  #wait() {
    this.#status.textContent = this.settings.say('searching');
    this.#further.replaceChildren();
    this.#results.wait();
  }

  /** Search for an area of the photo; null: for all of it. @param {Box|null} box */
  async #find(box) {
    const signal = this.#begin();
    this.#photo.describe(this.#garments, box);
    this.#wait();
    try {
      await this.#ask(box, signal);
    } catch (error) {
      if (!signal.aborted) this.#fail(error, () => this.#find(box));
    }
  }

  /**
   * Send the photo.
   *
   * @param {Box|null|undefined} box undefined: what the service finds most prominent.
   * @param {AbortSignal} signal
   */
  async #ask(box, signal) {
    const { client, search } = this.settings;
    if (!client || !this.#blob) return;
    const detect = box === null ? false : undefined;
    const answer = await client.similarToPhoto(this.#blob, { ...search, box, detect, shrink: false, signal });
    if (signal.aborted) return;
    if (box === undefined) this.#garments = distinct(answer.query.objects ?? [], answer.query.box);
    this.#photo.describe(this.#garments, answer.query.box);
    this.#show(answer, 'photo');
  }

  /** Ask for the same area with other attributes, without the photo. @param {string} token */
  async #again(token) {
    const { client, search } = this.settings;
    const signal = this.#begin();
    this.#wait();
    try {
      const answer = await client?.similarByToken(token, { ...search, signal });
      if (answer && !signal.aborted) this.#show(answer, 'token');
    } catch (error) {
      if (!signal.aborted) this.#fail(error, () => this.#find(this.#answer?.query.box ?? null));
    }
  }

  /** @param {SimilarItems} answer */
  async #more(answer) {
    const { client, search } = this.settings;
    const signal = this.#begin();
    this.#results.list.setAttribute('aria-busy', 'true');
    try {
      const offset = answer.offset + answer.items.length;
      const page = await client?.similarByToken(answer.query.token ?? '', { ...search, offset, signal });
      if (!page || signal.aborted) return;
      const first = this.#results.list.children.length;
      this.#show(page, 'token', true);
      /** @type {HTMLElement|null|undefined} */ (this.#results.list.children[first]?.querySelector('.card'))?.focus();
    } catch (error) {
      if (!signal.aborted) this.#fail(error, () => this.#find(this.#answer?.query.box ?? null));
    }
  }

  /**
   * @param {SimilarItems} answer
   * @param {'photo'|'token'} kind
   * @param {boolean} [after]
   */
  #show(answer, kind, after = false) {
    const { say, search } = this.settings;
    this.#answer = answer;
    this.#status.textContent = answer.total ? say('results') : '';
    if (answer.total) this.#results.show(answer, { after });
    else this.#results.say(say('none'), null);
    this.#further.replaceChildren();
    const seen = answer.offset + answer.items.length;
    if (answer.query.token && seen < answer.total && seen + search.limit <= 1000) {
      this.#further.append(button('plain', say('more'), () => this.#more(answer)));
    }
    this.reportSearch(answer, kind);
  }

  /**
   * @param {unknown} error
   * @param {() => void} again
   */
  #fail(error, again) {
    this.#status.textContent = '';
    this.#further.replaceChildren();
    this.#results.say(this.#wordsFor(error), again);
  }

  /** Tell the page of an error; returns what to tell the customer. @param {unknown} error */
  #wordsFor(error) {
    const code = this.reportError(error);
    return this.settings.say(SAID[error instanceof LookalikeError ? code : ''] ?? 'failed');
  }
}
