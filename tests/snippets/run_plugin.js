// Runs a plugin of WordPress by PHP for products, a request each, and prints what stands in their pages as JSON.
// node run_plugin.js FOLDER-WITH-NODE_MODULES WORDPRESS.php PLUGIN.php, the products' SKUs as JSON on stdin
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const [tools, wordpress, plugin] = process.argv.slice(2);
const require = createRequire(join(tools, 'run_plugin.js'));
const { PHP, loadPHPRuntime } = require('@php-wasm/universal');
const { getPHPLoaderModule } = require('@php-wasm/node-8-3');

const php = new PHP(await loadPHPRuntime(await getPHPLoaderModule()));
php.writeFile('/plugin.php', await readFile(plugin));
const code = await readFile(wordpress, 'utf8');
const pages = [];
for (const sku of JSON.parse(await text(process.stdin))) {
  php.writeFile('/product.json', JSON.stringify(sku));
  // Whatever PHP has to say, a warning too, ends this with an error.
  pages.push((await php.run({ code })).text);
}
process.stdout.write(JSON.stringify(pages), () => process.exit(0));
