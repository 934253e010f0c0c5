// A filter as the HTTP interface writes it: `field:a,b` or, for numbers, `field:low..high`.

/** @typedef {{field: string, values: string[]}|{field: string, low: string, high: string}} Condition */

const escaped = (text) => text.replace(/[\\,:]/g, '\\$&');

/** `field:a,b` with `\,` `\:` `\\` where the text itself holds such a character. */
export function write(condition) {
  const field = escaped(condition.field);
  if (condition.values) return `${field}:${condition.values.map(escaped).join(',')}`;
  return `${field}:${condition.low}..${condition.high}`;
}

/** The condition of its text; `numeric` says whether a field's values are numbers. */
export function parse(text, numeric) {
  const [field, ...rest] = split(text, ':', 2);
  const values = split(rest.join(':'), ',').map(plain);
  const name = plain(field);
  const range = values.length === 1 && numeric(name) && values[0].match(/^(.*?)\.\.(.*)$/);
  return range ? { field: name, low: range[1], high: range[2] } : { field: name, values };
}

const plain = (text) => text.replace(/\\(.)/g, '$1');

/** Split at a character that is not escaped, leaving escapes as they are, into at most `most` parts. */
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
