// Posts a photo with the client that openapi-typescript generates: node photo.ts ADDRESS PHOTO
import { readFile } from 'node:fs/promises';

import createClient from 'openapi-fetch';

import type { paths } from './schema.d.ts';

const [address, path] = process.argv.slice(2) as [string, string];
const image = new Blob([await readFile(path)]);
const client = createClient<paths>({ baseUrl: address });

const asForm = await client.POST('/similar', {
  params: { query: { limit: 3 } },
  body: { image, box: '0,0,1,1' },
  bodySerializer: (fields: object) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return form;
  },
});
const bare = await client.POST('/similar', {
  params: { query: { limit: 3 } },
  headers: { 'Content-Type': 'image/png' },
  body: image,
  bodySerializer: () => image,
});
for (const answer of [asForm, bare]) {
  if (answer.error) throw new Error(answer.error.detail);
  // A job is what the answer would be with `Prefer: respond-async`.
  if ('job_id' in answer.data) throw new Error('a job, which nobody asked for');
  console.log(answer.data.items.map((item) => item.id).join(' '));
}
