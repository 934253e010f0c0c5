// Pictures of items in image elements: no larger than they are shown, and fetched with the API key if there is one.

import { address, hasKey, pictureUrl } from './api.js';

// A picture of 60 x 80 pixels is blurred if enlarged more than this.
const LARGEST_MAGNIFICATION = 2.25;
// For pictures up to this width the grid has more and narrower columns, so that the pictures fill them.
const SMALL_PX = 120;
// The widths that the API makes.
const WIDTHS = [160, 320, 640, 1280];
// How much narrower than its place a picture may be, which nobody sees.
const ENOUGH = 0.85;

const objectUrls = new WeakMap();

/**
 * Show an item's picture in an image element that is in the page.
 *
 * @param {HTMLImageElement} image
 * @param {string} url as in the response.
 * @param {number} magnification the most that the picture may be enlarged.
 */
export async function showPicture(image, url, magnification = LARGEST_MAGNIFICATION) {
  forgetPicture(image);
  image.classList.remove('here', 'gone');
  const place = image.parentElement.getBoundingClientRect();
  image.onload = () => fit(image, magnification);
  image.onerror = () => image.classList.add('gone');
  const isOurs = isMadeSmaller(url);
  const place_px = Math.max(1, Math.round(place.width));
  if (place.width > 0) {
    image.width = place_px;
    image.height = Math.round(place.height);
  }
  if (!hasKey() || address(url).origin !== location.origin) {
    if (isOurs && place.width > 0) {
      image.sizes = `${place_px}px`;
      image.srcset = WIDTHS.map((width) => `${ofWidth(url, width)} ${width}w`).join(', ');
    }
    image.src = isOurs ? ofWidth(url, 640) : url;
    return;
  }
  try {
    const made = await pictureUrl(isOurs ? ofWidth(url, widthFor(place_px)) : url);
    objectUrls.set(image, made);
    image.src = made;
  } catch {
    image.classList.add('gone');
  }
}

/** Take the picture out of an image element, and release its object URL. */
export function forgetPicture(image) {
  const made = objectUrls.get(image);
  if (made) URL.revokeObjectURL(made);
  objectUrls.delete(image);
  for (const name of ['srcset', 'sizes', 'width', 'height']) image.removeAttribute(name);
}

/** Whether a picture is one of this API, which makes it smaller, and not of a shop's own host. */
function isMadeSmaller(url) {
  const { pathname, search } = address(url);
  return search === '' && /\/items\/.+\/image$/.test(pathname);
}

const ofWidth = (url, width) => `${url}?width=${width}`;

const widthFor = (px) => WIDTHS.find((width) => width >= ENOUGH * px * devicePixelRatio) ?? WIDTHS.at(-1);

/** Enlarge a small picture only so much, and show it. */
function fit(image, magnification) {
  const { width, height } = sizeOf(image);
  image.style.maxWidth = `min(100%, ${width * magnification}px)`;
  image.style.maxHeight = `min(100%, ${height * magnification}px)`;
  image.classList.add('here');
  // The first picture decides for all, so that columns do not change while somebody looks at them.
  const grid = image.closest('.grid');
  if (grid && !grid.dataset.pictures) grid.dataset.pictures = width <= SMALL_PX ? 'small' : 'large';
}

/** The pixels that an image has. From a `srcset`, browsers tell its size as if it were as wide as its candidate says. */
function sizeOf(image) {
  const { naturalWidth, naturalHeight } = image;
  const candidate = image.srcset && /[?&]width=(\d+)$/.exec(image.currentSrc);
  const scale = candidate ? candidate[1] / Number.parseFloat(image.sizes) : 1;
  return { width: naturalWidth * scale, height: naturalHeight * scale };
}
