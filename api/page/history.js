// The browser's history: where the reader was on each entry, and the results that were there.

const KEPT_ENTRIES = 30;

/** Results by history entry, so that going back is instant. */
const kept = new Map();

/** A key for a new history entry. */
export const newKey = () => `${Date.now()}-${Math.random()}`;

/** Note where the reader is, for when they come back to the present entry. */
export function remember() {
  const focus = document.activeElement?.closest?.('.card')?.dataset.id ?? null;
  history.replaceState({ ...history.state, scroll: scrollY, focus }, '');
}

/**
 * Bring the reader back to where they were on an entry.
 *
 * @param {object|null} held the entry's state.
 * @param {(id: string) => HTMLElement} part finds an element of the page.
 */
export function restore(held, part) {
  scrollTo(0, held?.scroll ?? 0);
  const card = held?.focus && [...part('grid').querySelectorAll('.card')].find((one) => one.dataset.id === held.focus);
  (card || part('results-title')).focus({ preventScroll: true });
}

/** Keep the results of an entry, and no more than the latest thirty. */
export function keep({ key, items, total, name, answer }) {
  kept.set(key, { items, total, name, answer });
  if (kept.size > KEPT_ENTRIES) kept.delete(kept.keys().next().value);
}

/** The results kept of an entry, or undefined. */
export const keptOf = (key) => kept.get(key);

/** Drop what is kept of an entry. */
export const drop = (key) => kept.delete(key);
