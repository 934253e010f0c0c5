// The HTTP interface: requests, the API key, and pictures that need it.

const KEY_NAME = 'lookalike.api-key';

/** An error response: the fields of problem+json, or the code `offline` if there was no response. */
export class Problem extends Error {
  constructor({ code, status = 0, detail = '', requestId = '', retryAfter = null }) {
    super(detail || code);
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}

/** Asks the user for the API key; resolves to the key, or null. Set by the page. */
let askForKey = async () => null;
let asking = null;

export function onKeyWanted(ask) {
  askForKey = ask;
}

// If the browser denies this page storage, the key is kept here while the page is open.
let heldKey = null;

function readKey() {
  try {
    return sessionStorage.getItem(KEY_NAME) ?? heldKey;
  } catch {
    return heldKey;
  }
}

function keepKey(key) {
  heldKey = key;
  try {
    sessionStorage.setItem(KEY_NAME, key);
  } catch {
    // `heldKey` has it.
  }
}

/** Whether requests carry a key; files must then be fetched, because links and `<img>` send no header. */
export const hasKey = () => readKey() !== null;

// The key, once an answer has said that it is publishable. A secret key must not stand in an address.
let publishableKey = null;
// The key of which an answer has said what it is.
let knownKey = null;

/** An address of this service with the key in it, or null if the key must not stand there. */
export function addressWithKey(url) {
  return publishableKey !== null && publishableKey === readKey() ? address(url, [['key', publishableKey]]).href : null;
}

/** A URL below the page's own folder, which keeps a root path in front of it. */
export function address(path, query = []) {
  const url = new URL(path, new URL('./', document.baseURI));
  for (const [name, value] of query) {
    if (value !== null && value !== undefined) url.searchParams.append(name, value);
  }
  return url;
}

/** The path of an item, whose id may contain slashes. */
export const itemPath = (id) => `items/${id.split('/').map(encodeURIComponent).join('/')}`;

/** The JSON of a GET. @throws {Problem} */
export async function get(path, query, signal) {
  return (await send(address(path, query), { signal })).json();
}

/** The JSON of a POST of form fields. @throws {Problem} */
export async function post(path, query, form, signal) {
  return (await send(address(path, query), { method: 'POST', body: form, signal })).json();
}

/**
 * The response to any other request.
 *
 * @param {object} options as `fetch` takes them; `accepted`: statuses that are no problem although they are above 399.
 * @throws {Problem}
 */
export const request = (path, query, options) => send(address(path, query), options);

/** A file that needs the key. @throws {Problem} */
export const file = async (url, signal) => (await send(url, { signal })).blob();

/** A picture that needs the key, as an object URL that the caller must revoke. @throws {Problem} */
export const pictureUrl = async (url, signal) => URL.createObjectURL(await file(url, signal));

async function send(url, options) {
  for (;;) {
    const key = readKey();
    const headers = { ...options.headers, ...(key === null ? {} : { 'X-API-Key': key }) };
    // What the browser kept of an answer to another key would say what that key is.
    const isNew = key !== null && key !== knownKey;
    let response;
    try {
      response = await fetch(url, { ...options, headers, ...(isNew ? { cache: 'no-store' } : {}) });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new Problem({ code: 'offline', detail: 'No answer came from the server.' });
    }
    if (isNew && response.ok) {
      knownKey = key;
      publishableKey = response.headers.get('X-Key-Kind') === 'publishable' ? key : null;
    }
    if (response.ok || options.accepted?.includes(response.status)) return response;
    // After many refusals of one address, which may be a proxy's, the server sends 429 instead of 401.
    const needsKey = response.status === 401 || response.headers.has('WWW-Authenticate');
    if (needsKey && (await newKey(key))) continue;
    throw await problemOf(response);
  }
}

async function newKey(refused) {
  // Several requests may be refused at once; the user is asked only once.
  if (readKey() !== refused) return true;
  asking ??= askForKey(refused !== null).finally(() => {
    asking = null;
  });
  const key = await asking;
  if (key === null) return false;
  keepKey(key);
  return true;
}

async function problemOf(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    // An HTML page of a proxy: only the status is known.
  }
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return new Problem({
    code: body.code ?? codeOfStatus(response.status),
    status: response.status,
    detail: body.detail ?? '',
    requestId: body.request_id ?? response.headers.get('X-Request-Id') ?? '',
    retryAfter: Number.isNaN(seconds) ? null : seconds,
  });
}

function codeOfStatus(status) {
  const codes = { 401: 'unauthorized', 404: 'not_found', 413: 'image_too_large', 429: 'rate_limited', 504: 'inference_timeout' };
  return codes[status] ?? (status === 502 || status === 503 ? 'index_unavailable' : 'internal_error');
}
