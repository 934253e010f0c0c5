// Where photos come from: files, the camera, paste and drop.

import { make } from './elements.js';

// What the service reads; a phone turns others into the first of them.
const ACCEPTED = 'image/jpeg,image/png,image/webp,image/avif';

/**
 * The first picture of a drop or a paste, else its first file; the service decides whether it is a picture.
 *
 * @param {DataTransfer|null} transfer
 */
export function fileOf(transfer) {
  const files = [...(transfer?.files ?? [])];
  return files.find((file) => file.type.startsWith('image/')) ?? files[0] ?? null;
}

/**
 * A control that nobody sees and a button opens.
 *
 * @param {(file: File) => void} onPhoto
 * @param {{camera?: boolean}} [how] camera: a phone takes a photo at once.
 */
export function fileInput(onPhoto, { camera = false } = {}) {
  const input = make('input', {
    type: 'file',
    hidden: true,
    accept: camera ? 'image/*' : ACCEPTED,
    capture: camera ? 'environment' : null,
  });
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    // The same photo again is a change too.
    input.value = '';
    if (file) onPhoto(file);
  });
  return input;
}

/**
 * Take photos that are dropped on an element, which has the class `over` while one is above it.
 *
 * @param {HTMLElement} element
 * @param {(file: File) => void} onPhoto
 */
export function takeDrops(element, onPhoto) {
  let depth = 0;
  const carries = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false;
  const count = (/** @type {number} */ now) => {
    depth = Math.max(0, now);
    element.classList.toggle('over', depth > 0);
  };
  element.addEventListener('dragenter', (event) => carries(event) && count(depth + 1));
  element.addEventListener('dragleave', (event) => carries(event) && count(depth - 1));
  element.addEventListener('dragover', (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
  });
  element.addEventListener('drop', (event) => {
    count(0);
    const file = fileOf(event.dataTransfer);
    if (!file) return;
    event.preventDefault();
    onPhoto(file);
  });
}
