// The page's requests to the HTTP interface, and its cache of items and photos.

import { get, itemPath, post } from './api.js';
import { boxText } from './box.js';
import { prepare } from './photo.js';
import * as views from './view.js';

export const PAGE_SIZE = 24;
/** The most look-alikes that the interface pages through. */
export const DEEPEST = 1000;

/** Items of earlier responses, by id; the panel needs no second request for them. */
const seen = new Map();
/**
 * Photos, by key: `{file, blob, url, name, objects, prominent}`. They are lost when the page is closed or reloaded.
 * `objects` are the garments in it, `prominent` the box that the server searches by itself; both are null while unknown.
 */
const photos = new Map();

/** The item with an id, if a response contained it. */
export const seenItem = (id) => seen.get(id);

/** The photo of a key, or undefined if there is none: the page was reloaded since, or the key is null. */
export const photoOf = (key) => photos.get(key);

/** Hold a photo; returns its key. */
export function holdPhoto(file) {
  // History survives a reload, so keys must be unique over reloads.
  const key = `${Date.now()}-${photos.size}`;
  photos.set(key, { file, blob: null, url: URL.createObjectURL(file), name: file.name || 'photo', objects: null, prominent: null });
  return key;
}

/** One item with its attributes. @throws {import('./api.js').Problem} */
export async function findItem(id, signal) {
  if (!seen.has(id)) seen.set(id, await get(itemPath(id), [], signal));
  return seen.get(id);
}

/**
 * A page of a view's items.
 *
 * @param {import('./view.js').View} view
 * @param {number} offset of the first item.
 * @throws {import('./api.js').Problem}
 */
export async function findPage(view, offset, signal) {
  const answer = await ask(view, offset, signal);
  for (const item of answer.items) seen.set(item.id, { id: item.id, image_url: item.image_url, attributes: item.attributes });
  return answer;
}

async function ask(view, offset, signal) {
  const limit = Math.min(PAGE_SIZE, DEEPEST - offset);
  const query = [['limit', limit], ['offset', offset], ...view.filters.map((filter) => ['filter', filter])];
  if (views.isHome(view)) return get('items', [['sample', 'random'], ['seed', view.seed], ...query], signal);
  if (!view.all) query.push(['min_score', 'auto']);
  if (view.item !== null) return get(`${itemPath(view.item)}/similar`, query, signal);
  const photo = photos.get(view.photo);
  if (view.token !== null) {
    try {
      return await get('similar', [['token', view.token], ...query], signal);
    } catch (error) {
      // The server has another network by now; while the photo is here, it can be sent again.
      if (error.code !== 'token_outdated' || !photo) throw error;
    }
  }
  photo.blob ??= await prepare(photo.file);
  const form = new FormData();
  form.append('image', photo.blob, photo.name);
  if (view.box) form.append('box', boxText(view.box));
  // Garments are looked for until they are known and the user has chosen.
  const looks = !view.whole && (view.box === null || photo.objects === null);
  if (!looks) form.append('detect', 'false');
  const answer = await post('similar', query, form, signal);
  if (looks) photo.objects = answer.query.objects ?? [];
  if (looks && view.box === null) photo.prominent = answer.query.box;
  return answer;
}
