// Views, and their form in the page's URL and history entries.

/**
 * @typedef {object} View
 * @property {string|null} item id whose look-alikes are shown.
 * @property {string|null} photo key of a photo in this page's memory, whose look-alikes are shown.
 * @property {string|null} token stands for a photo or a part of it, as the server gives it with an answer. With it the
 *   photo itself is not needed; until there is an answer it is null.
 * @property {number[]|null} box part of that photo that the user chose.
 * @property {boolean} whole whether the user chose all of it; without either, the server looks for a garment to search.
 * @property {string[]} filters in the syntax of the HTTP interface.
 * @property {boolean} all whether items are shown too that do not resemble the query.
 * @property {number} seed of the random order, if there is neither item nor photo nor token.
 */

/** A random seed. */
export const drawSeed = () => Math.floor(Math.random() * 2 ** 31);

/** The start view, with filters. @returns {View} */
export const home = (filters = [], seed = drawSeed()) => ({
  item: null, photo: null, token: null, box: null, whole: false, filters, all: false, seed,
});

/** The look-alikes of an item. @returns {View} */
export const ofItem = (item, filters = []) => ({ ...home(filters, 0), item });

/** The look-alikes of a photo. @returns {View} */
export const ofPhoto = (photo, filters = [], box = null, whole = false) => ({ ...home(filters, 0), photo, box, whole });

/** What a history entry holds of a view, beside its URL. */
export const held = ({ seed, photo, box, whole }) => ({ seed, photo, box, whole });

/** Whether a view is of a photo, be it here or gone. */
export const isOfPhoto = (view) => view.photo !== null || view.token !== null;

/** Whether a view is the start view: without item and photo. */
export const isHome = (view) => view.item === null && !isOfPhoto(view);

/** The page's URL for a view; one with `item` or `token` can be shared. */
export function href(view) {
  const query = new URLSearchParams();
  if (view.item !== null) query.set('item', view.item);
  if (view.token !== null) query.set('token', view.token);
  else if (view.photo !== null) query.set('photo', '');
  for (const filter of view.filters) query.append('filter', filter);
  if (view.all) query.set('all', '');
  const text = query.toString();
  return text ? `./?${text}` : './';
}

/**
 * The view of a URL and the state of its history entry.
 *
 * @param {string} search query of the URL.
 * @param {object|null} entry state of the history entry.
 * @param {(photo: string) => boolean} isHere whether this page still has a photo.
 * @returns {View & {lostPhoto: boolean}} `lostPhoto` if the URL is of a photo that is gone, and that has no token.
 */
export function read(search, entry, isHere) {
  const query = new URLSearchParams(search);
  const filters = query.getAll('filter');
  const item = query.get('item');
  const all = query.has('all');
  if (item) return { ...ofItem(item, filters), all, lostPhoto: false };
  const token = query.get('token') || null;
  if (token === null && !query.has('photo')) return { ...home(filters, entry?.seed ?? drawSeed()), lostPhoto: false };
  if (typeof entry?.photo === 'string' && isHere(entry.photo)) {
    const { photo, box = null, whole = false } = entry;
    return { ...ofPhoto(photo, filters, box, whole), token, all, lostPhoto: false };
  }
  return token === null ? { ...home(filters), lostPhoto: true } : { ...home(filters, 0), token, all, lostPhoto: false };
}
