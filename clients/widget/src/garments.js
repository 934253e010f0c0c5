// Garments in a photo, as areas.

/** @typedef {import('../../js/src/index.js').Box} Box */
/** @typedef {import('../../js/src/index.js').Garment} Garment */

// A share of the photo.
const NEAR = 0.08;
// How much two areas must share to be one: of the smaller one for garments of one kind, of both together for all.
const COVERED = 0.6;
const ALIKE = 0.7;

/** Whether two areas are one; null is the whole photo. @param {Box|null} a @param {Box|null} b */
export const same = (a, b) => String(a) === String(b);

/** The middle of an area. @param {Box} box */
export const middle = ([x1, y1, x2, y2]) => /** @type {const} */ ([(x1 + x2) / 2, (y1 + y2) / 2]);

/** Whether the middles of two areas are in one place. @param {Box} a @param {Box} b */
export function near(a, b) {
  const [[ax, ay], [bx, by]] = [middle(a), middle(b)];
  return Math.hypot(ax - bx, ay - by) < NEAR;
}

const size = (/** @type {Box} */ [x1, y1, x2, y2]) => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);

/** Whether two garments are one that was found twice. @param {Garment} a @param {Garment} b */
function twice({ type, box: a }, { type: other, box: b }) {
  const shared = size([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  const alike = shared / (size(a) + size(b) - shared) > ALIKE;
  return alike || (type === other && shared / Math.min(size(a), size(b)) > COVERED);
}

/**
 * Each garment once.
 *
 * @param {Garment[]} garments the most certain first.
 * @param {Box|null} searched this one stays.
 */
export function distinct(garments, searched) {
  /** @type {Garment[]} */
  const found = [];
  const first = garments.filter(({ box }) => same(box, searched));
  for (const garment of [...first, ...garments.filter((each) => !first.includes(each))]) {
    if (!found.some((other) => twice(garment, other))) found.push(garment);
  }
  return found;
}

/**
 * A small picture of an area, square.
 *
 * @param {HTMLCanvasElement} photo
 * @param {Box} box
 * @param {HTMLCanvasElement} thumbnail square; drawn on.
 */
export function cutOut(photo, box, thumbnail) {
  const { width, height } = photo;
  const [x, y] = middle(box);
  const side = Math.max((box[2] - box[0]) * width, (box[3] - box[1]) * height);
  const to = thumbnail.width;
  thumbnail.getContext('2d')?.drawImage(photo, x * width - side / 2, y * height - side / 2, side, side, 0, 0, to, to);
  return thumbnail;
}
