// Addresses of pictures, in the size that a page shows.

/** @typedef {160|320|640|1280} Width pixels; a smaller picture is not made larger. */

/** @type {readonly Width[]} */
export const WIDTHS = [160, 320, 640, 1280];

/**
 * The address of an item's picture.
 *
 * @param {URL} base of the service.
 * @param {{image_url: string}} item
 * @param {{width?: Width, key?: string|null}} options key: one that may stand in an address.
 */
export function pictureUrl(base, item, { width, key }) {
  const url = new URL(item.image_url, base);
  // Pictures of the shop's own host know neither widths nor keys.
  if (!/\/items\/.+\/image$/.test(url.pathname) || url.search) return url.href;
  if (width) url.searchParams.set('width', String(width));
  if (key) url.searchParams.set('key', key);
  return url.href;
}
