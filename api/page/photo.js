// Photos: chosen, taken, pasted or dropped; large ones are made smaller before they are sent.

const SHRINK_ABOVE_BYTES = 3 * 1024 * 1024;
const LONGEST_SIDE = 1600;
const JPEG_QUALITY = 0.9;
// Media types that the server supports: those that the file input accepts.
let sentAsTheyAre = new Set();

/**
 * The photo to send. A large one, or one in a format that this browser can read but the server does not support
 * (HEIC in Safari, AVIF), is redrawn as a JPEG of at most 1600 pixels a side, upright, without EXIF data.
 *
 * @param {File} file
 * @returns {Promise<Blob>} the file itself if it need not be redrawn, or if this browser cannot read it:
 *   the server then says what is wrong with it.
 */
export async function prepare(file) {
  const taken = sentAsTheyAre.has(file.type);
  if (taken && file.size <= SHRINK_ABOVE_BYTES) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    return file;
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext('2d');
  // JPEG has no transparency; without a background, transparent parts would turn black.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const smaller = await new Promise((resolve) => {
    canvas.toBlob(resolve, 'image/jpeg', JPEG_QUALITY);
  });
  return smaller && (!taken || smaller.size < file.size) ? smaller : file;
}

/** The first picture of a drop or a paste, else its first file, or null; the server decides whether it is a picture. */
export function fileOf(transfer) {
  const files = [...(transfer?.files ?? [])];
  return files.find((file) => file.type.startsWith('image/')) ?? files[0] ?? null;
}

/**
 * Accept photos from the file inputs, from paste and from drop.
 *
 * @param {{file: HTMLInputElement, camera: HTMLInputElement, dropping: HTMLElement}} parts
 * @param {(file: File) => void} onPhoto
 * @param {(address: string) => void} onAddress called where only an address was dropped: Firefox hands over no more of
 *   a picture of another page, and would open it in place of this page.
 */
export function takePhotos({ file, camera, dropping }, onPhoto, onAddress) {
  sentAsTheyAre = new Set(file.accept.split(','));
  for (const input of [file, camera]) {
    input.addEventListener('change', () => {
      const [chosen] = input.files;
      // Reset, so that choosing the same photo again is a change too.
      if (chosen) onPhoto(chosen);
      input.value = '';
    });
  }
  document.addEventListener('paste', (event) => {
    const pasted = fileOf(event.clipboardData);
    if (!pasted) return;
    event.preventDefault();
    onPhoto(pasted);
  });
  let depth = 0;
  const carries = (event, type) => [...(event.dataTransfer?.types ?? [])].includes(type);
  const carriesFile = (event) => carries(event, 'Files');
  const isForText = (event) => event.target.closest?.('input, textarea');
  const isOurs = (event) => carriesFile(event) || (carries(event, 'text/uri-list') && !isForText(event));
  const shade = (now) => {
    depth = now;
    dropping.hidden = depth <= 0;
  };
  addEventListener('dragenter', (event) => isOurs(event) && shade(depth + 1));
  addEventListener('dragleave', (event) => isOurs(event) && shade(depth - 1));
  addEventListener('dragover', (event) => {
    if (!isOurs(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = carriesFile(event) ? 'copy' : 'link';
  });
  addEventListener('drop', (event) => {
    // However a drag ends.
    shade(0);
    if (!isOurs(event)) return;
    event.preventDefault();
    const dropped = fileOf(event.dataTransfer);
    if (dropped) onPhoto(dropped);
    else onAddress(event.dataTransfer.getData('text/uri-list').split(/\r?\n/).find((line) => line && !line.startsWith('#')) ?? '');
  });
}
