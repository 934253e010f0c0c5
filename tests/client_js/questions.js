// Asks a real service all that a shop may ask, and prints what came back as JSON.

import { readFile } from 'node:fs/promises';
import { argv } from 'node:process';

import { Lookalike, LookalikeError } from '../../clients/js/src/index.js';

const [url, key, photoPath, hurdles] = argv.slice(2);
const client = new Lookalike({ url, key, keyInUrl: false });
const photo = new Blob([await readFile(photoPath)], { type: 'image/jpeg' });
const ids = (answer) => answer.items.map(({ id }) => id);

async function errorOf(promise) {
  try {
    await promise;
    return null;
  } catch (error) {
    if (!(error instanceof LookalikeError)) return { name: error.name, message: error.message };
    const { code, status, requestId, retryAfterS, message } = error;
    return { code, status, requestId, retryAfterS, message };
  }
}

const item = await client.similarToItem('new arrivals/0', { limit: 5, filter: ['baseColour:Red,Green'], groupBy: 'style' });
const answer = await client.similarToPhoto(photo, { limit: 10, box: [0.1, 0, 0.9, 1], minScore: -1 });
const pages = [];
for await (const page of client.pages(answer, { minScore: -1 })) pages.push(ids(page));
const pagesOfItem = [];
for await (const page of client.pages(await client.similarToItem('new arrivals/0', { limit: 20 }))) pagesOfItem.push(ids(page).length);

// A service that refuses at first; `longestWaitMs` bounds what it may ask for.
const tries = (path, more = {}) => new Lookalike({ url: `${hurdles}${path}`, ...more });
const stop = new AbortController();
const stopped = errorOf(tries('slow').items({ signal: stop.signal }));
stop.abort();

console.log(
  JSON.stringify({
    item: { ids: ids(item), total: item.total },
    photo: { ids: ids(answer), box: answer.query.box, token: typeof answer.query.token },
    byToken: ids(await client.similarByToken(answer.query.token, { limit: 10, minScore: -1 })),
    pages,
    pagesOfItem,
    items: (await client.items({ limit: 3, sample: 'random', seed: 7 })).items.length,
    one: (await client.item('new arrivals/3')).attributes.title,
    attributes: Object.keys((await client.attributes()).attributes).includes('baseColour'),
    picture: client.pictureUrl({ image_url: '/items/new%20arrivals/3/image' }, { width: 320 }),
    pictureWithKey: new Lookalike({ url, key: 'pk', keyInUrl: true }).pictureUrl({ image_url: '/items/3/image' }, { width: 160 }),
    pictureElsewhere: client.pictureUrl({ image_url: 'https://cdn.example/3.jpg' }, { width: 320 }),
    srcset: client.srcset({ image_url: '/items/3/image' }),
    srcsetElsewhere: client.srcset({ image_url: 'https://cdn.example/3.jpg' }),
    unknown: await errorOf(client.similarToItem('no such')),
    invalid: await errorOf(client.similarToItem('new arrivals/0', { filter: 'nofield:1' })),
    damagedToken: await errorOf(client.similarByToken('damaged')),
    wrongKey: await errorOf(new Lookalike({ url, key: 'a-key-that-is-not-known', keyInUrl: false }).items()),
    unreadable: await errorOf(client.similarToPhoto(new Blob(['no picture']))),
    afterTwo: (await tries('two').items()).path,
    tooOften: await errorOf(tries('always', { retries: 1 }).items()),
    tooLong: await errorOf(tries('minute').items()),
    once: await errorOf(tries('broken').items()),
    html: await errorOf(tries('html').items()),
    late: await errorOf(tries('slow', { timeoutMs: 150, retries: 0 }).items()),
    stopped: await stopped,
    away: await errorOf(new Lookalike({ url: 'http://127.0.0.1:9', retries: 0 }).items()),
    noAddress: await errorOf((async () => new Lookalike({ url: 'ftp://shop.example' }))()),
  }),
);
