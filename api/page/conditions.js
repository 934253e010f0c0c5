// Filters in the syntax of the HTTP interface: `field:a,b` or, for numbers, `field:low..high`.

/** @typedef {{field: string, values: string[]}|{field: string, low: string, high: string}} Condition */

const escaped = (text) => text.replace(/[\\,:]/g, '\\$&');

/** The text of a condition; a comma, colon or backslash in a field or value becomes `\,` `\:` `\\`. */
export function write(condition) {
  const field = escaped(condition.field);
  if (condition.values) return `${field}:${condition.values.map(escaped).join(',')}`;
  return `${field}:${condition.low}..${condition.high}`;
}

/** Parse a condition; `numeric` tells whether a field's values are numbers. */
export function parse(text, numeric) {
  const [field, ...rest] = split(text, ':', 2);
  const values = split(rest.join(':'), ',').map(plain);
  const name = plain(field);
  const range = values.length === 1 && numeric(name) && values[0].match(/^(.*?)\.\.(.*)$/);
  return range ? { field: name, low: range[1], high: range[2] } : { field: name, values };
}

const plain = (text) => text.replace(/\\(.)/g, '$1');

/** Split at unescaped separators into at most `most` parts; escapes stay as they are. */
function split(text, separator, most = Infinity) {
  const parts = [''];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') {
      parts[parts.length - 1] += text.slice(at, at + 2);
      at += 1;
    } else if (character === separator && parts.length < most) {
      parts.push('');
    } else {
      parts[parts.length - 1] += character;
    }
  }
  return parts;
}
