// Where a card leads: a template of the page, or what the catalogue says.

/** Attributes that feeds keep an item's page in. */
const USUAL = ['link', 'url', 'product_url'];

/**
 * @param {{id: string, attributes: Record<string, string>}} item
 * @param {string|null} template `{id}` and `{name of an attribute}` are replaced; one that is nothing but a placeholder
 *   is an address.
 * @returns {string|null} an http(s) address; null if there is none.
 */
export function linkOf(item, template) {
  const values = /** @type {Record<string, string|undefined>} */ ({ ...item.attributes, id: item.id });
  if (template === null) return safe(USUAL.map((name) => item.attributes[name]).find(Boolean));
  const alone = /^\{([^{}]+)\}$/.exec(template)?.[1];
  if (alone && alone !== 'id') return safe(values[alone]);
  let whole = true;
  const filled = template.replace(/\{([^{}]+)\}/g, (_, name) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (!value) whole = false;
    // An id may hold slashes, and stays readable with them.
    const parts = name === 'id' ? (value ?? '').split('/') : [value ?? ''];
    return parts.map(encodeURIComponent).join('/');
  });
  return whole ? safe(filled) : null;
}

/** An address that a link may have: never one that runs a script. @param {string|undefined} address */
function safe(address) {
  if (!address) return null;
  try {
    const url = new URL(address, document.baseURI);
    return /^https?:$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
