// The browser's history: the scroll position, focus and results of each entry.

const KEPT_ENTRIES = 30;

/** Results by history entry, so that going back is instant. */
const kept = new Map();

/** A key for a new history entry. */
export const newKey = () => `${Date.now()}-${Math.random()}`;

/** Save the scroll position and focus in the current entry. */
export function remember() {
  const focus = document.activeElement?.closest?.('.card')?.dataset.id ?? null;
  history.replaceState({ ...history.state, scroll: scrollY, focus }, '');
}

/**
 * Restore the scroll position and focus of an entry.
 *
 * @param {object|null} held the entry's state.
 * @param {(id: string) => HTMLElement} part finds an element of the page.
 */
export function restore(held, part) {
  scrollTo(0, held?.scroll ?? 0);
  const card = held?.focus && [...part('grid').querySelectorAll('.card')].find((one) => one.dataset.id === held.focus);
  (card || part('results-title')).focus({ preventScroll: true });
}

/** Keep the results of an entry; only the latest thirty entries are kept. */
export function keep({ key, items, total, name, answer }) {
  kept.set(key, { items, total, name, answer });
  if (kept.size > KEPT_ENTRIES) kept.delete(kept.keys().next().value);
}

/** The results kept of an entry, or undefined. */
export const keptOf = (key) => kept.get(key);

/** Drop the results kept of an entry. */
export const drop = (key) => kept.delete(key);
