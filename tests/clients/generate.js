// Writes the types of a client: node generate.js OPENAPI.json SCHEMA.d.ts
import { readFile, writeFile } from 'node:fs/promises';

import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const BLOB = ts.factory.createTypeReferenceNode('Blob');
const [openapi, schema] = process.argv.slice(2);

// As its documentation says, so that a file is typed as one.
const types = await openapiTS(JSON.parse(await readFile(openapi, 'utf8')), {
  transform: (described) => (described.format === 'binary' ? BLOB : undefined),
});
await writeFile(schema, astToString(types));
