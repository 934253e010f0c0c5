// The versions of the index, with the commands that serve another one: HTTP has none for that.

import { builtAt, exactly } from './admin_words.js';
import { element } from './cards.js';
import { count } from './words.js';

const PLAIN = /^[\w@%+=:,./-]+$/;
const COPIED_MS = 2000;
// Where the folder is not known, the reader fills it in.
const FOLDER = 'BUNDLES';

const quoted = (text) => (PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** Draw the versions; the list is drawn only when it has changed, so that a focused button stays focused. */
export function drawVersions(part, { index, bundles, versions }) {
  const folder = quoted(bundles ?? FOLDER);
  const served = index?.version ?? null;
  const drawn = JSON.stringify([served, folder, versions]);
  const list = part('versions');
  if (list.dataset.drawn === drawn) return;
  list.dataset.drawn = drawn;
  const shown = versions.length || !served ? versions : [{ version: served, items: index.items, current: true, sequence: index.sequence ?? null }];
  list.replaceChildren(...shown.map((one) => entry(one, served, folder)));
  part('versions-words').textContent = versions.length
    ? 'Another version is served by a command on the server, which compares it with this one first. With Docker Compose, put “docker compose run --rm offline” before it. A version that says “up to change …” is served with all changes since.'
    : `On the server, “lookalike index list ${folder}” shows all versions, “lookalike index promote ${folder} VERSION” serves another one, and “lookalike index rollback ${folder}” goes back to the one before.`;
}

function entry({ version, items, sequence, current, rollback }, served, folder) {
  const told = [
    items === null ? 'it cannot be read' : `${count(items)} items`,
    `built ${exactly(builtAt(version))}`,
    sequence === null ? '' : `up to change ${count(sequence)}`,
  ];
  const head = element('p', { className: 'entry-head' }, element('span', { className: 'mono' }, version));
  if (version === served) head.append(badge('served', 'good'));
  if (current && version !== served) head.append(badge('to be served'));
  const made = element('li', { className: 'entry' }, head, element('p', { className: 'small muted' }, told.filter(Boolean).join(' · ')));
  if (rollback) made.append(command(`lookalike index rollback ${folder}`, `Copy the command that goes back to ${version}`));
  else if (!current) made.append(command(`lookalike index promote ${folder} ${version}`, `Copy the command that serves ${version}`));
  return made;
}

/** A small label beside a name. */
export const badge = (words, kind = '') => element('span', { className: `badge ${kind}` }, words);

function command(words, label) {
  const text = element('code', {}, words);
  const button = element('button', { type: 'button', className: 'button', 'aria-label': label }, 'Copy');
  button.addEventListener('click', async () => {
    button.textContent = (await copied(words, text)) ? 'Copied' : 'Press Ctrl + C';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, COPIED_MS);
  });
  return element('div', { className: 'command' }, text, button);
}

async function copied(words, shown) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    // Browsers have no clipboard for pages without HTTPS.
    getSelection().selectAllChildren(shown);
    return false;
  }
}
