// The notice for a failed search: its text and its buttons.

import { isOfPhoto } from './view.js';
import { explain } from './words.js';

/**
 * The notice's text for a problem.
 *
 * @param {import('./api.js').Problem} problem
 * @param {import('./view.js').View} view that could not be shown.
 * @param {string} fileName of the photo searched with, or ''.
 * @returns {{title: string, text: string, small: string}}
 */
export function wordsFor(problem, view, fileName) {
  const { title, detail, advice } = explain(isBrokenLink(problem, view) ? { code: 'broken_link' } : problem, fileName);
  const small = problem.requestId ? `Request ${problem.requestId}` : '';
  const sentence = /[.!?]$/.test(detail) || !detail ? detail : `${detail}.`;
  return { title, text: [sentence, advice].filter(Boolean).join(' '), small };
}

/**
 * The buttons that help with a problem, the most useful first.
 *
 * @param {import('./api.js').Problem} problem
 * @param {import('./view.js').View} view that could not be shown.
 * @param {object} act functions that the buttons call: `{tryAgain, clearFilters, toStart, wholePhoto, choosePhoto}`.
 */
export function actionsFor(problem, view, act) {
  const again = { words: 'Try again', act: act.tryAgain, waitS: problem.retryAfter ?? 0 };
  const toStart = { words: 'Back to the start', act: act.toStart };
  const otherPhoto = { words: 'Choose another photo', act: act.choosePhoto };
  const photoAgain = { words: 'Choose the photo', act: act.choosePhoto };
  if (problem.code === 'token_outdated' || isBrokenLink(problem, view)) return [photoAgain, toStart];
  if (problem.code === 'invalid_parameter') return view.filters.length ? [clearFilters(act), toStart] : [toStart];
  if (problem.status === 404) return [toStart];
  if (['image_too_small', 'invalid_box'].includes(problem.code) && view.box) {
    return [{ words: 'Use the whole photo', act: act.wholePhoto }, otherPhoto];
  }
  if ([413, 415, 422].includes(problem.status)) return [otherPhoto];
  return isOfPhoto(view) ? [again, otherPhoto] : [again];
}

/** Whether a view's token is not one: without filters, nothing else can be wrong about it. */
const isBrokenLink = (problem, view) =>
  problem.code === 'invalid_parameter' && view.token !== null && view.filters.length === 0;

/** The button that removes all filters. */
export const clearFilters = (act) => ({ words: 'Clear the filters', act: act.clearFilters });
