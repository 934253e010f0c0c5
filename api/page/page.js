// The page's controls, and the first view.

import { onKeyWanted } from './api.js';
import { askForKey } from './key.js';
import { takePhotos } from './photo.js';
import { choosePhoto, come, filtersNow, go, leave, loadFilters, loadMore, part, searchByAddress, searchByPhoto } from './showing.js';
import * as views from './view.js';

/** Whether a click stays on this page; one with a modifier key opens a tab, as for any link. */
const isPlain = (event) => event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

function start() {
  history.scrollRestoration = 'manual';
  onKeyWanted((refused) => askForKey(part, refused));
  part('grid').addEventListener('click', (event) => {
    const link = event.target.closest('.card');
    if (!link || !isPlain(event)) return;
    event.preventDefault();
    link.focus({ preventScroll: true });
    go(views.ofItem(link.dataset.id, filtersNow()));
  });
  part('brand').addEventListener('click', (event) => {
    if (!isPlain(event)) return;
    event.preventDefault();
    go(views.home());
  });
  part('refresh').addEventListener('click', () => go(views.home(filtersNow()), { dim: true, focus: false }));
  part('more').addEventListener('click', loadMore);
  for (const id of ['bar-choose', 'hero-choose', 'query-choose']) part(id).addEventListener('click', choosePhoto);
  part('hero-take').hidden = !matchMedia('(pointer: coarse)').matches;
  part('hero-take').addEventListener('click', () => part('camera').click());
  document.querySelector('.skip').addEventListener('click', (event) => {
    // Following the link would add a history entry.
    event.preventDefault();
    part('results-title').focus();
  });
  for (const id of ['facts-more', 'edges']) part(id).open = matchMedia('(min-width: 56rem)').matches;
  takePhotos({ file: part('file'), camera: part('camera'), dropping: part('dropping') }, searchByPhoto, searchByAddress);
  addEventListener('popstate', come);
  addEventListener('pagehide', leave);
  come();
  loadFilters();
}

start();
