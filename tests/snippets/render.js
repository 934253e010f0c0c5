// Renders a block of a Shopify theme with the values on stdin: node render.js FOLDER-WITH-NODE_MODULES BLOCK
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const [tools, block] = process.argv.slice(2);
const { Liquid, Tag } = createRequire(join(tools, 'render.js'))('liquidjs');

// Shopify's own tag: the theme editor reads it, and it renders nothing.
class Schema extends Tag {
  constructor(token, rest, liquid) {
    super(token, rest, liquid);
    let source = '';
    for (let next = rest.shift(); next?.name !== 'endschema'; next = rest.shift()) source += next.getText();
    this.settings = JSON.parse(source).settings;
  }

  render() {}
}

const engine = new Liquid({ strictFilters: true, strictVariables: true });
engine.registerTag('schema', Schema);
const parsed = engine.parse(await readFile(block, 'utf8'));
const { settings } = parsed.find((part) => part instanceof Schema);
const values = JSON.parse(await text(process.stdin));
// What the theme editor would hold: the defaults, and what the merchant has changed.
values.block.settings = { ...Object.fromEntries(settings.map(({ id, default: usual }) => [id, usual])), ...values.block.settings };
process.stdout.write(await engine.render(parsed, values));
