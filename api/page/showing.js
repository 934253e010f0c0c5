// The current view: loading it, drawing it, and going from view to view.

import { Problem, get } from './api.js';
import { element } from './cards.js';
import { parse, write } from './conditions.js';
import { Facets, drawChips } from './facets.js';
import { actionsFor, clearFilters, wordsFor } from './failure.js';
import { garmentAt } from './garments.js';
import { drop, keep, keptOf, newKey, remember, restore } from './history.js';
import { Notice } from './notice.js';
import { QueryPanel } from './query.js';
import { Region } from './region.js';
import { Results } from './results.js';
import { DEEPEST, findItem, findPage, holdPhoto, photoOf, seenItem } from './search.js';
import * as views from './view.js';
import { count, describe, garmentName } from './words.js';

/** An element of the page. */
export const part = (id) => document.getElementById(id);
const panel = new QueryPanel(part);
const notice = new Notice(part);
const results = new Results(part);
const facets = new Facets(part('facets'), (conditions) => refilter(conditions));
const region = new Region(part, (chosen) => {
  if (now.view.photo !== null) go({ ...now.view, ...chosen, token: null }, { replace: true, dim: true, focus: false });
});

let now = null; // {view, key, items, total, name}
let controller = new AbortController();
let filtersMissing = false;

// --- Going from view to view -------------------------------------------------------------------

/** Show a view as a new history entry, or in place of the current one. */
export function go(view, { replace = false, dim = false, focus = true } = {}) {
  leave();
  const key = replace && now ? now.key : newKey();
  history[replace ? 'replaceState' : 'pushState']({ key, ...views.held(view) }, '', views.href(view));
  drop(key);
  show(view, key, { dim });
  if (focus) {
    scrollTo(0, 0);
    part('results-title').focus({ preventScroll: true });
  }
}

/** Show the view of the page's URL: at first, and when the user goes back or forward. */
export function come() {
  const held = history.state;
  const { lostPhoto, ...view } = views.read(location.search, held, (photo) => photoOf(photo) !== undefined);
  const key = held?.key ?? newKey();
  history.replaceState({ ...held, key, ...views.held(view) }, '', views.href(view));
  const kept = keptOf(key);
  const done = show(view, key, { kept });
  if (kept) restore(held, part);
  if (lostPhoto) {
    done.then(() => {
      const words = { title: 'That was a search by photo', text: 'This page keeps a photo only until it is closed or loaded again, and this one was not searched with yet. Choose it again to see its look-alikes.' };
      notice.show(words, [{ words: 'Choose a photo', act: choosePhoto }]);
    });
  }
}

/** Draw a view, then load its first results, or draw the `kept` ones. */
async function show(view, key, { dim = false, kept = null } = {}) {
  controller.abort();
  controller = new AbortController();
  now = { view, key, items: [], total: 0, name: '' };
  notice.hide();
  drawQuery(view);
  drawFilters(view.filters);
  part('more').hidden = true;
  if (kept) {
    Object.assign(now, kept);
    results.clear();
    results.append(now.items, view.filters);
    if (kept.answer) drawAnswer(kept.answer);
    // What was loading until now is given up, and says so no more.
    results.setBusy(false);
    return;
  }
  results.wait(dim);
  await load(0);
}

/** Save the scroll position and focus, if a view is shown yet. */
export function leave() {
  if (now) remember();
}

/** The filters of the view that is shown. */
export const filtersNow = () => now.view.filters;

/** Load more results. */
export function loadMore() {
  part('more').hidden = true;
  load(now.items.length);
}

// --- Loading -----------------------------------------------------------------------------------

async function load(offset) {
  const { signal } = controller;
  const mine = now;
  results.setBusy(true);
  notice.hide();
  try {
    const [answer] = await Promise.all([findPage(mine.view, offset, signal), nameOf(mine, signal)]);
    if (mine !== now) return;
    if (offset === 0) results.clear();
    mine.items = [...mine.items, ...answer.items];
    mine.total = answer.total;
    mine.answer = answer;
    if (views.isOfPhoto(mine.view)) {
      takeToken(mine, answer.query.token);
      mine.name = nameOfPart(mine.view, answer.query.box);
    }
    const first = results.append(answer.items, mine.view.filters);
    // "Show more" may disappear while it has the focus, which then moves to the first new picture.
    if (offset > 0) first?.focus({ preventScroll: true });
    drawAnswer(answer);
    results.announce(mine);
    keep(mine);
    if (filtersMissing) loadFilters();
  } catch (error) {
    if (signal.aborted || mine !== now) return;
    if (!(error instanceof Problem)) throw error;
    if (offset === 0) results.clear();
    part('results-count').textContent = '';
    fail(error, offset);
  } finally {
    if (mine === now) results.setBusy(false);
  }
}

/** Set the name of the query, for the panel, the window's title and the announcement. */
async function nameOf(mine, signal) {
  const { item } = mine.view;
  if (item === null) return;
  const known = seenItem(item);
  const found = known ?? (await findItem(item, signal));
  mine.name = describe(found).title;
  if (mine !== now) return;
  if (!known) drawQuery(mine.view);
  document.title = `Like ${mine.name} · Lookalike`;
}

/** From now on the token stands for the photo: for filters and more results, and in the page's URL. */
function takeToken(mine, token) {
  if (token === mine.view.token) return;
  mine.view = { ...mine.view, token };
  history.replaceState({ ...history.state, ...views.held(mine.view) }, '', views.href(mine.view));
}

/** What a photo's look-alikes are like, once it is known which part of it was searched. */
function nameOfPart(view, searched) {
  const photo = photoOf(view.photo);
  const whole = photo ? 'your photo' : 'a photo';
  if (!searched) return whole;
  const garment = garmentAt(photo?.objects ?? [], searched);
  return garment ? `the ${garmentName(garment.type).toLowerCase()} in ${whole}` : `part of ${whole}`;
}

/** Load the attributes and offer them as filters. */
export async function loadFilters() {
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

// --- Drawing -----------------------------------------------------------------------------------

function drawQuery(view) {
  const atHome = views.isHome(view);
  part('hero').hidden = !atHome;
  part('layout').classList.toggle('with-query', !atHome);
  part('refresh').hidden = !atHome;
  part('results-title').textContent = atHome ? 'From the catalogue' : 'Look-alikes';
  if (atHome) {
    document.title = 'Lookalike';
    panel.hide();
  } else if (view.item !== null) {
    panel.item(view.item, seenItem(view.item));
  } else {
    document.title = `Like ${photoOf(view.photo) ? 'your' : 'a'} photo · Lookalike`;
    panel.photo(photoOf(view.photo));
  }
  region.show(view, photoOf(view.photo));
}

function drawFilters(filters) {
  const conditions = filters.map((filter) => parse(filter, facets.isNumeric));
  facets.show(conditions);
  drawChips(part('chips'), conditions, (left) => {
    refilter(left);
    (part('chips').querySelector('button') ?? part('results-title')).focus({ preventScroll: true });
  });
}

/** Draw the rest of a response: counts, the photo's category, and a notice if there is nothing (more) to show. */
function drawAnswer(answer) {
  const { view, items, total } = now;
  results.drawAnswer(now, answer);
  if (views.isOfPhoto(view)) {
    panel.category(answer.query.category);
    if (photoOf(view.photo)) region.answered(photoOf(view.photo), answer.query.box);
  }
  if (total > DEEPEST && items.length >= DEEPEST) {
    const words = { title: `These are the first ${count(DEEPEST)}`, text: 'Use the filters above to see others.' };
    notice.show(words, [], { urgent: false, below: true });
  } else if (total === 0 && !views.isHome(view) && !view.all) {
    const filtered = view.filters.length > 0;
    const words = {
      title: filtered ? 'Nothing with these filters looks like it' : 'Nothing in the catalogue looks like it',
      text: filtered ? 'Remove the filters, or look at what comes nearest.' : 'You can look at what comes nearest.',
    };
    const nearest = { words: 'Show the nearest', act: () => go({ ...view, all: true }, { dim: true, focus: false }) };
    notice.show(words, filtered ? [clearFilters(actions), nearest] : [nearest], { urgent: false });
  } else if (total === 0 && view.filters.length) {
    const words = { title: 'Nothing matches these filters', text: 'Remove one of them, or all.' };
    notice.show(words, [clearFilters(actions)], { urgent: false });
  } else if (total === 0) {
    const title = views.isHome(view) ? 'The catalogue is empty' : 'There is nothing else in the catalogue';
    notice.show({ title, text: 'Items appear here once they are indexed.' }, [], { urgent: false });
  }
}

function fail(problem, offset) {
  const { view } = now;
  const fileName = photoOf(view.photo)?.file.name ?? '';
  const offered = actionsFor(problem, view, { ...actions, tryAgain: () => load(offset) });
  notice.show(wordsFor(problem, view, fileName), offered, { below: offset > 0 });
  if (offset > 0) results.drawCount(now);
}

// --- Actions of the user -----------------------------------------------------------------------

/** The actions of a notice's buttons. */
const actions = {
  clearFilters: () => refilter([]),
  toStart: () => go(views.home()),
  wholePhoto: () => region.whole(),
  choosePhoto,
};

function refilter(conditions) {
  const { view } = now;
  go({ ...view, filters: conditions.map(write) }, { dim: true, focus: false });
}

/** Open the browser's file dialog. */
export function choosePhoto() {
  part('file').click();
}

/** Show the look-alikes of a photo. */
export function searchByPhoto(file) {
  region.stop();
  go(views.ofPhoto(holdPhoto(file), now.view.filters));
}

/** Show the look-alikes of a card that was dropped, or say how else to search with a picture of another page. */
export function searchByAddress(address) {
  const url = URL.canParse(address) ? new URL(address) : null;
  const item = url?.origin === location.origin && url.pathname === location.pathname ? url.searchParams.get('item') : null;
  if (item) {
    go(views.ofItem(item, now.view.filters));
    return;
  }
  const words = {
    title: 'Only the address of the picture was dropped',
    text: 'Copy the picture in its page and paste it here, or save it and choose the file.',
  };
  notice.show(words, [{ words: 'Choose a photo', act: choosePhoto }]);
}
