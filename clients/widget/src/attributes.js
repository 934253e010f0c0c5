// The attributes of an element, checked; what it does not have, the page's <lookalike-config> may have.

export class Attributes {
  /** What is wrong: attribute and sentence. @type {[name: string, detail: string][]} */
  wrong = [];
  #element;
  #config;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
    this.#config = element.ownerDocument.querySelector('lookalike-config');
  }

  /** @param {string} name */
  text(name) {
    return (this.#element.getAttribute(name) ?? this.#config?.getAttribute(name))?.trim() || null;
  }

  /** As `text`, but '' where the page says that there is none. @param {string} name */
  given(name) {
    return this.#element.getAttribute(name) ?? this.#config?.getAttribute(name) ?? null;
  }

  /**
   * @param {string} name
   * @param {number} lowest
   * @param {number} highest
   * @param {number} otherwise
   */
  whole(name, lowest, highest, otherwise) {
    const text = this.text(name);
    if (text === null) return otherwise;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value;
    return this.refuse(name, `must be a whole number from ${lowest} to ${highest}`, otherwise);
  }

  /** @returns {number|'auto'|undefined} @param {string} name */
  score(name) {
    const text = this.text(name);
    if (text === null || text === 'auto') return text ?? undefined;
    const value = Number(text);
    if (value >= -1 && value <= 1) return value;
    return this.refuse(name, "must be a number from -1 to 1, or 'auto'", undefined);
  }

  /**
   * @template {string} Choice
   * @param {string} name
   * @param {readonly [Choice, ...Choice[]]} choices the first one is the usual one.
   * @returns {Choice}
   */
  choice(name, choices) {
    const text = this.text(name);
    const found = choices.find((choice) => choice === text);
    if (found || text === null) return found ?? choices[0];
    return this.refuse(name, `must be one of ${choices.join(', ')}`, choices[0]);
  }

  /**
   * Conditions, separated by `;`; `\;` is a semicolon in a value.
   *
   * @param {string} name
   * @returns {string[]}
   */
  conditions(name) {
    const parts = (this.text(name)?.match(/(?:\\.|[^;\\])+/gs) ?? []).map((part) => part.replaceAll('\\;', ';').trim());
    const found = parts.filter(Boolean);
    if (found.every((part) => /^(?:\\.|[^:\\])+:./s.test(part))) return found;
    return this.refuse(name, "must be like 'gender:Women', several separated by ';'", []);
  }

  /** Names, separated by commas; undefined without the attribute. @param {string} name */
  names(name) {
    return this.text(name)
      ?.split(',')
      .map((each) => each.trim())
      .filter(Boolean);
  }

  /** The code of a currency. @param {string} name */
  currency(name) {
    const text = this.text(name);
    if (text === null || /^[A-Za-z]{3}$/.test(text)) return text?.toUpperCase() ?? null;
    return this.refuse(name, "must be the three letters of a currency, such as 'EUR'", null);
  }

  /** The language of the attribute, else of what the element stands in. */
  language() {
    const text = this.text('lang');
    const own = canonical(text ?? '');
    if (text && !own) this.refuse('lang', "must be a language, such as 'de' or 'fr-CA'", null);
    const around = this.#element.parentElement?.closest('[lang]')?.getAttribute('lang') ?? '';
    return own ?? canonical(around) ?? 'en';
  }

  /** An http(s) address; null without the attribute. @param {string} name */
  address(name) {
    const text = this.text(name);
    if (text === null) return null;
    try {
      const url = new URL(text, document.baseURI);
      if (/^https?:$/.test(url.protocol)) return url.href;
    } catch {
      // The same sentence.
    }
    return this.refuse(name, "must be an address such as 'https://search.shop.example'", null);
  }

  /**
   * Note that an attribute is wrong.
   *
   * @template Value
   * @param {string} name
   * @param {string} rule
   * @param {Value} value that is taken instead.
   * @returns {Value}
   */
  refuse(name, rule, value) {
    this.wrong.push([name, `the attribute '${name}' ${rule}; it is '${(this.text(name) ?? '').slice(0, 80)}'`]);
    return value;
  }

  /** Note attributes that are nearly one of ours. @param {readonly string[]} names */
  checkNames(names) {
    const plain = (/** @type {string} */ name) => name.toLowerCase().replace(/[-_]/g, '');
    for (const name of this.#element.getAttributeNames()) {
      const meant = names.includes(name) ? undefined : names.find((each) => plain(each) === plain(name));
      if (meant) this.wrong.push([name, `the attribute '${name}' is written '${meant}'`]);
    }
  }
}

/** A language as browsers write it; null if it is none. @param {string} language such as `de-AT`, also `de_AT`. */
function canonical(language) {
  try {
    return Intl.getCanonicalLocales(language.replaceAll('_', '-'))[0] ?? null;
  } catch {
    return null;
  }
}
