// Texts of the page: names of items and columns, numbers, and error messages.

const TITLE_COLUMN = /^(title|name|(product|item|display)[ _-]?(title|name)|productDisplayName|label)$/i;
const TELLING_COLUMNS = [
  /^(article|product|item|garment)[ _-]?type$/i,
  /^(category|category[ _-]?name|type)$/i,
  /colou?r/i,
  /pattern/i,
  /brand/i,
  /gender/i,
];

// The first of them that an item has is what it costs now.
const PRICE_COLUMNS = [
  /^(sale|special|offer|discount(ed)?|current|selling|final)[ _-]?price$/i,
  /^((variant|unit|retail|list|regular)[ _-]?)?price([ _-]?[a-z]{3})?$/i,
];
const isPriceColumn = (column) => PRICE_COLUMNS.some((pattern) => pattern.test(column));

const numbers = new Intl.NumberFormat('en');

/** A count with thousands separators. */
export const count = (value) => numbers.format(value);

/** `2 items`, `1 item`. */
export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/** A cosine similarity with two decimals. */
export const similarity = (score) => score.toFixed(2);

/** `articleType` and `article_type` as `Article type`. */
export function columnName(column) {
  const words = column
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .trim()
    .split(/\s+/)
    .map((word) => (/^[A-Z\d]+$/.test(word) && word.length > 1 ? word : word.toLowerCase()));
  const name = words.join(' ');
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A kind of garment as a label: `long_dress` as `Long dress`, `t-shirt` as `T-shirt`. */
export function garmentName(type) {
  const name = type.replaceAll('_', ' ');
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Whether a column names each item rather than describing many. */
export const isTitleColumn = (column) => TITLE_COLUMN.test(column);

/** Sort columns: the most informative first, the others in their given order. */
export function tellingFirst(columns) {
  const place = (column) => {
    const at = TELLING_COLUMNS.findIndex((pattern) => pattern.test(column));
    return at < 0 ? TELLING_COLUMNS.length : at;
  };
  return [...columns].sort((a, b) => place(a) - place(b));
}

/**
 * `{title, line, price}` of an item: its title or, without one, its most informative value; then a few more values; then
 * its price as in the source, or ''.
 */
export function describe(item) {
  const attributes = item.attributes ?? {};
  const columns = Object.keys(attributes);
  const telling = tellingFirst(columns.filter((column) => !isTitleColumn(column) && !isPriceColumn(column)));
  const titleColumn = columns.find(isTitleColumn);
  const title = titleColumn ? attributes[titleColumn] : (attributes[telling[0]] ?? item.id);
  const rest = titleColumn ? telling : telling.slice(1);
  const values = [...new Set(rest.map((column) => attributes[column]))].filter((value) => value !== title);
  return { title, line: values.slice(0, titleColumn ? 2 : 3).join(' · '), price: priceOf(attributes) };
}

function priceOf(attributes) {
  const columns = Object.keys(attributes);
  for (const pattern of PRICE_COLUMNS) {
    // Without a digit it is no price but words, such as "on request".
    const column = columns.find((name) => pattern.test(name) && /\d/.test(attributes[name]));
    if (column) return attributes[column];
  }
  return '';
}

const SENTENCES = {
  invalid_parameter: ['This search was not understood', 'Clear the filters, or go back to the start.'],
  unauthorized: ['This search is private', 'Enter the API key to go on.'],
  forbidden: ['This key may not do that', 'Ask whoever gave you the key.'],
  unknown_item: ['This item is not in the catalogue', 'It may have been sold or taken out. Start again from the catalogue.'],
  broken_link: ['This link is not complete', 'Copy all of it, or choose the photo to search with.'],
  token_outdated: ['This link is too old', 'The search sees with another network now, and the photo was not kept. Choose it again.'],
  not_found: ['There is nothing at this address', 'Start again from the catalogue.'],
  image_too_large: ['This photo is too large', 'Choose a smaller one, or a screenshot of it.'],
  unsupported_media_type: ['This kind of file is not supported', 'Choose a JPEG, PNG, WebP or AVIF picture.'],
  image_unreadable: ['This photo cannot be read', 'It seems to be damaged or animated. Choose another one, or a screenshot of it.'],
  image_too_small: ['This is too small to search with', 'Choose a larger photo, or draw a larger box.'],
  invalid_box: ['This box does not fit the photo', 'Draw it again, or use the whole photo.'],
  image_url_refused: ['This picture is not fetched from its address', 'Save it, and choose the file.'],
  rate_limited: ['That was a little too fast', 'Wait a moment, then try again.'],
  queue_full: ['Many photos are waiting right now', 'Your photo is still here: try again in a moment.'],
  queue_unavailable: ['Photos cannot be searched right now', 'Browsing the catalogue still works. Your photo is still here: try again in a moment.'],
  no_worker: ['Photos cannot be searched right now', 'Browsing the catalogue still works. Your photo is still here: try again in a moment.'],
  model_mismatch: ['The search is being updated', 'Try again in a moment.'],
  index_unavailable: ['The catalogue is not ready yet', 'Try again in a moment.'],
  inference_timeout: ['That took too long', 'Try again; it often works the second time.'],
  internal_error: ['Something went wrong on our side', 'Try again. If it keeps happening, tell us the request number below.'],
  offline: ['The search cannot be reached', 'Check your connection, then try again.'],
};

const HEIC_HINT =
  'iPhones save photos as HEIC. Send a screenshot of it, or set Settings, Camera, Formats to Most Compatible.';

/**
 * The meaning of a problem for people, and what to do now.
 *
 * @param {import('./api.js').Problem} problem
 * @param {string} fileName of the photo searched with, or ''.
 * @returns {{title: string, detail: string, advice: string}} `detail` is the server's own text.
 */
export function explain(problem, fileName = '') {
  const fallback = problem.status >= 500 ? SENTENCES.internal_error : ['That did not work', 'Go back to the start and try again.'];
  const [title, advice] = SENTENCES[problem.code] ?? fallback;
  const notRead = problem.code === 'unsupported_media_type' || problem.code === 'image_unreadable';
  const heic = notRead && /\.hei[cf]$/i.test(fileName);
  // What the server says about tokens is for programmers.
  const detail = problem.code === 'token_outdated' ? '' : (problem.detail ?? '');
  return { title, detail, advice: heic ? HEIC_HINT : advice };
}
