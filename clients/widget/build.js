// Bundles the widget into one file: `node build.js <folder with node_modules> <file to write>`.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const [tools, out] = argv.slice(2);
const { build, transform } = createRequire(join(tools, 'build.js'))('esbuild');
const target = ['chrome111', 'firefox114', 'safari16.4'];

/** Style sheets are text, made small as style sheets. */
const styleSheets = {
  name: 'style sheets',
  setup: (building) =>
    building.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'css', minify: true, target });
      return { contents: code.trim(), loader: 'text' };
    }),
};

await build({
  absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
  entryPoints: ['src/main.js'],
  outfile: out,
  bundle: true,
  minify: true,
  format: 'esm',
  charset: 'utf8',
  legalComments: 'none',
  target,
  plugins: [styleSheets],
});
