// Bundles a page's script with React: node bundle.js FOLDER-WITH-NODE_MODULES ENTRY OUT
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [tools, entry, out] = process.argv.slice(2);
const { build } = createRequire(join(tools, 'bundle.js'))('esbuild');

await build({
  entryPoints: [entry],
  outfile: out,
  bundle: true,
  format: 'esm',
  jsx: 'automatic',
  nodePaths: [join(tools, 'node_modules')],
  define: { 'process.env.NODE_ENV': '"production"' },
});
