// The page: what is shown, where it comes from, and the way back.

import { Problem, get, onKeyWanted } from './api.js';
import { BoxTool } from './box.js';
import { card, clear, element, skeletons } from './cards.js';
import { parse, write } from './conditions.js';
import { Facets, drawChips } from './facets.js';
import { askForKey } from './key.js';
import { Notice } from './notice.js';
import { takePhotos } from './photo.js';
import { QueryPanel } from './query.js';
import { DEEPEST, PAGE_SIZE, findItem, findPage, holdPhoto, photoOf, seenItem } from './search.js';
import * as views from './view.js';
import { count, describe, explain, plural } from './words.js';

const KEPT_ENTRIES = 30;
const BOX_PAUSE_MS = 250;

const part = (id) => document.getElementById(id);
const panel = new QueryPanel(part);
const notice = new Notice(part);
const facets = new Facets(part('facets'), (conditions) => refilter(conditions));
const box = new BoxTool(
  { stage: part('stage'), frame: part('frame'), sliders: ['x1', 'y1', 'x2', 'y2'].map((edge) => part(`box-${edge}`)) },
  (drawn) => rebox(drawn),
);

/** Results by history entry, so that going back is instant. */
const kept = new Map();

let now = null; // {view, key, items, total, name}
let controller = new AbortController();
let boxPause = 0;
let filtersMissing = false;

// --- Going from view to view -------------------------------------------------------------------

/** Note where the reader is, for when they come back to this entry. */
function remember() {
  if (!now) return;
  const focus = document.activeElement?.closest?.('.card')?.dataset.id ?? null;
  history.replaceState({ ...history.state, scroll: scrollY, focus }, '');
}

/** Show a view as a new history entry, or in place of the present one. */
function go(view, { replace = false, dim = false, focus = true } = {}) {
  remember();
  const key = replace && now ? now.key : `${Date.now()}-${Math.random()}`;
  const { seed, photo } = view;
  history[replace ? 'replaceState' : 'pushState']({ key, seed, photo, box: view.box }, '', views.href(view));
  kept.delete(key);
  show(view, key, { dim });
  if (focus) {
    scrollTo(0, 0);
    part('results-title').focus({ preventScroll: true });
  }
}

/** Show what the address says: at first, and on the way back and forth. */
function come() {
  const held = history.state;
  const view = views.read(location.search, held);
  const lost = view.lostPhoto || (view.photo !== null && !photoOf(view.photo));
  const key = held?.key ?? `${Date.now()}-${Math.random()}`;
  const shown = lost ? views.home(view.filters) : view;
  history.replaceState({ ...held, key, seed: shown.seed, photo: shown.photo, box: shown.box }, '', views.href(shown));
  const done = show(shown, key, { kept: kept.get(key) });
  if (kept.has(key)) restore(held);
  if (lost) {
    done.then(() => {
      const words = { title: 'That was a search by photo', text: 'Photos are not kept. Choose it again to see its look-alikes.' };
      notice.show(words, [{ words: 'Choose a photo', act: choosePhoto }]);
    });
  }
}

function restore(held) {
  scrollTo(0, held?.scroll ?? 0);
  const card = held?.focus && [...part('grid').querySelectorAll('.card')].find((one) => one.dataset.id === held.focus);
  (card || part('results-title')).focus({ preventScroll: true });
}

/** Draw a view, then load its first results, or draw those `kept` from before. */
async function show(view, key, { dim = false, kept: before = null } = {}) {
  controller.abort();
  controller = new AbortController();
  clearTimeout(boxPause);
  now = { view, key, items: [], total: 0, name: '' };
  notice.hide();
  drawQuery(view);
  drawFilters(view.filters);
  part('more').hidden = true;
  if (before) {
    Object.assign(now, before);
    clear(part('grid'));
    append(now.items);
    if (before.answer) drawAnswer(before.answer);
    return;
  }
  part('results-count').textContent = 'Looking…';
  if (dim) part('grid').classList.add('waiting');
  else part('grid').replaceChildren(...skeletons(PAGE_SIZE));
  await load(0);
}

function isHome(view) {
  return view.item === null && view.photo === null;
}

// --- Loading -----------------------------------------------------------------------------------

async function load(offset) {
  const { signal } = controller;
  const mine = now;
  part('results').setAttribute('aria-busy', 'true');
  notice.hide();
  try {
    const [answer] = await Promise.all([findPage(mine.view, offset, signal), nameOf(mine, signal)]);
    if (mine !== now) return;
    if (offset === 0) clear(part('grid'));
    mine.items = [...mine.items, ...answer.items];
    mine.total = answer.total;
    mine.answer = answer;
    const first = append(answer.items);
    // "Show more" may vanish under the focus; the new pictures are where the reader goes on.
    if (offset > 0) first?.focus({ preventScroll: true });
    drawAnswer(answer);
    announce();
    keep(mine);
    if (filtersMissing) loadFilters();
  } catch (error) {
    if (signal.aborted || mine !== now) return;
    if (!(error instanceof Problem)) throw error;
    if (offset === 0) clear(part('grid'));
    part('results-count').textContent = '';
    fail(error, offset);
  } finally {
    if (mine === now) {
      part('results').removeAttribute('aria-busy');
      part('grid').classList.remove('waiting');
    }
  }
}

/** Find out what the query is called, for the panel, the window's title and the announcement. */
async function nameOf(mine, signal) {
  const { item } = mine.view;
  if (item === null) {
    mine.name = mine.view.photo === null ? '' : mine.view.box ? 'part of your photo' : 'your photo';
    return;
  }
  const known = seenItem(item);
  const found = known ?? (await findItem(item, signal));
  mine.name = describe(found).title;
  if (mine !== now) return;
  if (!known) drawQuery(mine.view);
  document.title = `Like ${mine.name} · Lookalike`;
}

function keep(entry) {
  kept.set(entry.key, { items: entry.items, total: entry.total, name: entry.name, answer: entry.answer });
  if (kept.size > KEPT_ENTRIES) kept.delete(kept.keys().next().value);
}

// --- Drawing -----------------------------------------------------------------------------------

function drawQuery(view) {
  part('hero').hidden = !isHome(view);
  part('layout').classList.toggle('with-query', !isHome(view));
  part('refresh').hidden = !isHome(view);
  part('results-title').textContent = isHome(view) ? 'From the catalogue' : 'Look-alikes';
  if (isHome(view)) {
    document.title = 'Lookalike';
    panel.hide();
  } else if (view.item !== null) {
    panel.item(view.item, seenItem(view.item));
  } else {
    document.title = 'Like your photo · Lookalike';
    panel.photo(photoOf(view.photo));
  }
  useBox(view.photo !== null && (view.box !== null || box.on));
  box.show(view.box);
}

function drawFilters(filters) {
  const conditions = filters.map((filter) => parse(filter, facets.isNumeric));
  facets.show(conditions);
  drawChips(part('chips'), conditions, (left) => {
    refilter(left);
    (part('chips').querySelector('button') ?? part('results-title')).focus({ preventScroll: true });
  });
}

function append(items) {
  const { filters } = now.view;
  const cards = items.map((item) => card(item, views.href(views.ofItem(item.id, filters))));
  part('grid').append(...cards);
  return cards[0]?.querySelector('.card');
}

function drawAnswer(answer) {
  const { view, items, total } = now;
  const end = Math.min(total, DEEPEST);
  part('more').hidden = items.length >= end || answer.items.length === 0;
  part('results-count').textContent = countWords();
  part('index-words').textContent = `${plural(answer.index.items, 'item')} · index ${answer.index.version} · model ${answer.index.model}`;
  if (view.photo !== null) panel.category(answer.query?.category ?? null);
  if (total > 0) {
    if (items.length >= DEEPEST && total > DEEPEST) {
      const words = { title: `These are the first ${count(DEEPEST)}`, text: 'Use the filters above to see others.' };
      notice.show(words, [], { urgent: false, below: true });
    }
    return;
  }
  if (view.filters.length) {
    notice.show({ title: 'Nothing fits these filters', text: 'Take one away, or all of them.' }, [clearFilters()], { urgent: false });
  } else {
    const title = isHome(view) ? 'The catalogue is empty' : 'Nothing else is in the catalogue';
    notice.show({ title, text: 'Items appear here once they are indexed.' }, [], { urgent: false });
  }
}

function countWords() {
  const { view, items, total } = now;
  if (total === 0) return '';
  const fitting = view.filters.length ? ' with these filters' : '';
  if (isHome(view)) return `${count(items.length)} of ${plural(total, 'item')}${fitting}, picked at random`;
  return `${count(items.length)} of ${plural(total, 'item')}${fitting}, most similar first`;
}

function announce() {
  const { view, items, total, name } = now;
  let words = `${plural(items.length, 'look-alike')} of ${name}`;
  if (total === 0) words = part('notice-title').textContent;
  else if (isHome(view)) words = `${plural(items.length, 'item')} of ${count(total)} from the catalogue`;
  // The same words twice are read out once; a space makes them others.
  part('live').textContent = part('live').textContent === words ? `${words}\u00a0` : words;
}

// --- When it fails -----------------------------------------------------------------------------

const clearFilters = () => ({ words: 'Clear the filters', act: () => refilter([]) });
const toStart = () => ({ words: 'Back to the start', act: () => go(views.home()) });
const otherPhoto = () => ({ words: 'Choose another photo', act: choosePhoto });

function fail(problem, offset) {
  const { view } = now;
  const name = view.photo === null ? '' : photoOf(view.photo).file.name;
  const { title, detail, advice } = explain(problem, name);
  const small = problem.requestId ? `Request ${problem.requestId}` : '';
  const sentence = /[.!?]$/.test(detail) || !detail ? detail : `${detail}.`;
  const words = { title, text: [sentence, advice].filter(Boolean).join(' '), small };
  notice.show(words, actionsFor(problem, view, offset), { below: offset > 0 });
  if (offset > 0) part('results-count').textContent = countWords();
}

function actionsFor(problem, view, offset) {
  const again = { words: 'Try again', act: () => load(offset), waitS: problem.retryAfter ?? 0 };
  if (problem.code === 'invalid_parameter') return view.filters.length ? [clearFilters(), toStart()] : [toStart()];
  if (problem.status === 404) return [toStart()];
  if (['image_too_small', 'invalid_box'].includes(problem.code) && view.box) {
    return [{ words: 'Use the whole photo', act: () => rebox(null) }, otherPhoto()];
  }
  if ([413, 415, 422].includes(problem.status)) return [otherPhoto()];
  return view.photo === null ? [again] : [again, otherPhoto()];
}

// --- What the reader does ----------------------------------------------------------------------

function refilter(conditions) {
  const { view } = now;
  go({ ...view, filters: conditions.map(write) }, { dim: true, focus: false });
}

function rebox(drawn) {
  box.show(drawn);
  clearTimeout(boxPause);
  // Arrow keys on a slider come in flocks: search once they rest.
  boxPause = setTimeout(() => {
    if (now.view.photo !== null) go({ ...now.view, box: drawn }, { replace: true, dim: true, focus: false });
  }, BOX_PAUSE_MS);
}

function useBox(on) {
  box.use(on);
  part('box-tools').hidden = !on;
  part('box-toggle').textContent = on ? 'Use the whole photo' : 'Search only part of it';
}

function choosePhoto() {
  part('file').click();
}

function searchByPhoto(file) {
  box.use(false);
  go(views.ofPhoto(holdPhoto(file), now.view.filters));
}

/** A plain click stays on this page; one with a modifier key opens a tab, as links do. */
const isPlain = (event) => event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

async function loadFilters() {
  filtersMissing = false;
  try {
    const { attributes } = await get('attributes', []);
    facets.draw(attributes);
    drawFilters(now.view.filters);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    filtersMissing = true;
    const again = element('button', { type: 'button', className: 'button quiet' }, 'Load the filters again');
    again.addEventListener('click', loadFilters);
    part('facets').replaceChildren(again);
    part('facets').hidden = false;
  }
}

function start() {
  history.scrollRestoration = 'manual';
  onKeyWanted((refused) => askForKey(part, refused));
  part('grid').addEventListener('click', (event) => {
    const link = event.target.closest('.card');
    if (!link || !isPlain(event)) return;
    event.preventDefault();
    link.focus({ preventScroll: true });
    go(views.ofItem(link.dataset.id, now.view.filters));
  });
  part('brand').addEventListener('click', (event) => {
    if (!isPlain(event)) return;
    event.preventDefault();
    go(views.home());
  });
  part('refresh').addEventListener('click', () => go(views.home(now.view.filters), { dim: true, focus: false }));
  part('more').addEventListener('click', () => {
    part('more').hidden = true;
    load(now.items.length);
  });
  for (const id of ['bar-choose', 'hero-choose', 'query-choose']) part(id).addEventListener('click', choosePhoto);
  part('hero-take').hidden = !matchMedia('(pointer: coarse)').matches;
  part('hero-take').addEventListener('click', () => part('camera').click());
  part('box-toggle').addEventListener('click', () => {
    useBox(!box.on);
    if (!box.on && now.view.box) rebox(null);
  });
  document.querySelector('.skip').addEventListener('click', (event) => {
    // Following the link would make a history entry of its own.
    event.preventDefault();
    part('results-title').focus();
  });
  for (const id of ['facts-more', 'edges']) part(id).open = matchMedia('(min-width: 56rem)').matches;
  takePhotos({ file: part('file'), camera: part('camera'), dropping: part('dropping') }, searchByPhoto);
  addEventListener('popstate', come);
  addEventListener('pagehide', remember);
  come();
  loadFilters();
}

start();
