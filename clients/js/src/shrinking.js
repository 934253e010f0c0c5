// Photos made small in the browser: upright, at most 1,024 pixels a side, without what the camera wrote into them.

import { LookalikeError } from './error.js';

const LONGEST_SIDE = 1024;
const JPEG_QUALITY = 0.86;
// A photo that is this small already goes as it is.
const SMALL_BYTES = 120_000;
const SENT_AS_THEY_ARE = ['image/jpeg', 'image/png', 'image/webp'];
// What no camera makes; a browser may run out of memory with it.
const MAX_BYTES = 60 * 1024 * 1024;
// What the service takes as it is.
const MAX_SENT_BYTES = 10 * 1024 * 1024;

/**
 * @typedef {object} ShrunkPhoto
 * @property {Blob} blob to send.
 * @property {HTMLCanvasElement|null} canvas shows the photo, also where a content security policy forbids `blob:`
 *   pictures; null if this browser cannot read the photo (HEIC outside of Safari), which the service may be able to.
 */

/**
 * Make a photo small enough for a phone's line; scores stay the same, because the network sees no more than that.
 *
 * @param {Blob} photo
 * @returns {Promise<ShrunkPhoto>}
 * @throws {LookalikeError} `image_too_large`, `image_unreadable`: an empty file.
 */
export async function shrinkPhoto(photo) {
  if (!photo.size) throw new LookalikeError('image_unreadable', 'the file is empty');
  if (photo.size > MAX_BYTES) throw new LookalikeError('image_too_large', `the file has more than ${MAX_BYTES} bytes`);
  let bitmap;
  try {
    bitmap = await createImageBitmap(photo, { imageOrientation: 'from-image' });
  } catch {
    if (photo.size > MAX_SENT_BYTES) throw new LookalikeError('image_too_large', `the file has more than ${MAX_SENT_BYTES} bytes`);
    return { blob: photo, canvas: null };
  }
  const { width, height } = bitmap;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  // JPEG has no transparency: without a ground, transparent parts would turn black.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  if (scale === 1 && photo.size <= SMALL_BYTES && SENT_AS_THEY_ARE.includes(photo.type)) return { blob: photo, canvas };
  /** @type {Blob|null} */
  const smaller = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', JPEG_QUALITY));
  return { blob: smaller ?? photo, canvas };
}
