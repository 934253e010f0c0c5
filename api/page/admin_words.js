// Texts of the page for staff: problems, times, and what an import did.

import { count, plural } from './words.js';

const TITLES = {
  unauthorized: 'This needs an API key',
  forbidden: 'Items cannot be changed here',
  unknown_item: 'There is no such item',
  precondition_failed: 'Somebody else changed it meanwhile',
  import_too_large: 'This feed is too large',
  unsupported_media_type: 'This kind of file cannot be imported',
  image_url_refused: 'This address may not be fetched',
  rate_limited: 'Too many requests',
  too_many_changes: 'Too many changes wait for the next index',
  catalogue_unavailable: 'The database of the catalogue cannot be used now',
  index_unavailable: 'There is no index yet',
  offline: 'The server cannot be reached',
};

const ADVICE = {
  unauthorized: 'Enter the key to go on.',
  offline: 'Check your connection, then try again.',
};

/** What went wrong, for people: the server's own sentence, and what to do. @param {import('./api.js').Problem} problem */
export function wordsOf(problem) {
  const title = TITLES[problem.code] ?? 'That did not work';
  const detail = problem.detail ? problem.detail.replace(/^./, (letter) => letter.toUpperCase()).replace(/([^.!?])$/, '$1.') : '';
  const text = [problem.code === 'offline' ? '' : detail, ADVICE[problem.code] ?? ''].filter(Boolean).join(' ');
  return { title, text, small: problem.requestId ? `Request ${problem.requestId}` : '' };
}

/** The same in one line. */
export const sentenceOf = (problem) => {
  const { title, text } = wordsOf(problem);
  return text ? `${title}. ${text}` : `${title}.`;
};

const ages = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const times = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const UNITS = [['day', 86_400], ['hour', 3600], ['minute', 60], ['second', 1]];

/** `3 minutes ago`. @param {number} moment in milliseconds since 1970. */
export function age(moment, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - moment) / 1000));
  if (seconds < 5) return 'just now';
  const [unit, size] = UNITS.find(([, each]) => seconds >= each);
  return ages.format(-Math.floor(seconds / size), unit);
}

/** The exact time, in the reader's own time zone. */
export const exactly = (moment) => times.format(moment);

/** When a version of the index was built, which its name says; NaN if it does not. */
export function builtAt(version) {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/.exec(version) ?? [];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

export const MODES = {
  upsert: 'Add and change',
  replace: 'Replace the catalogue',
  delete: 'Remove items',
};

const STATUSES = {
  queued: 'Waiting',
  running: 'Running',
  succeeded: 'Done',
  succeeded_with_errors: 'Done, with errors',
  failed: 'Failed',
};

/** An import's status as a label. */
export const statusName = (status) => STATUSES[status] ?? status;

/** Whether an import still has something to do. */
export const isUnderWay = ({ status }) => status === 'queued' || status === 'running';

/** What an import has done so far, as a line. */
export function doneBy({ rows, created, replaced, unchanged, deleted, failed }) {
  const parts = [[created, 'new'], [replaced, 'changed'], [unchanged, 'as before'], [deleted, 'removed'], [failed, 'with errors']];
  const told = parts.filter(([number]) => number > 0).map(([number, what]) => `${count(number)} ${what}`);
  return [`${plural(rows, 'row')} read`, ...told].join(' · ');
}
