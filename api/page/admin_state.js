// The numbers at the top of the page for staff.

import { age, builtAt, exactly } from './admin_words.js';
import { element } from './cards.js';
import { count } from './words.js';

/**
 * Draw what is served and what waits.
 *
 * @param {(id: string) => HTMLElement} part finds an element of the page.
 * @param {object} state the answer to `GET /imports`; `waiting` is null without a live catalogue.
 * @param {Record<string, string>|null} health the checks of `GET /readyz`.
 */
export function drawState(part, state, health) {
  const { index, waiting, changed_at: changedAt } = state;
  const facts = [];
  if (index) {
    const built = builtAt(index.version);
    facts.push(fact('Items', count(index.items)));
    facts.push(fact('Index built', age(built), exactly(built)));
    if (index.sequence !== undefined) facts.push(fact('Change number', count(index.sequence), 'It goes up by one with each change.'));
  }
  if (waiting !== null) {
    facts.push(fact('Newest change', changedAt ? age(Date.parse(changedAt)) : 'before the start', changedAt ? exactly(Date.parse(changedAt)) : 'None came since this server process started.'));
    facts.push(fact('Changes in no index yet', count(waiting), 'They are found all the same; the next index takes them in.'));
  }
  for (const [name, said] of Object.entries(health ?? {})) {
    if (said !== 'ok') facts.push(fact(CHECKS[name] ?? name, 'not available', said, true));
  }
  part('state').replaceChildren(...facts);
  part('state-age').textContent = index ? `Index ${index.version}, network ${index.model}` : '';
}

const CHECKS = { index: 'Index', redis: 'Redis', worker: 'Search by photo', catalogue: 'Changes of items' };

function fact(name, value, note = '', bad = false) {
  return element(
    'div',
    { className: bad ? 'fact bad' : 'fact' },
    element('dt', {}, name),
    element('dd', {}, element('span', { className: 'figure' }, value), note ? element('span', { className: 'note' }, note) : ''),
  );
}
