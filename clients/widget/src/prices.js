// Prices as feeds write them, said as the customer's language does.

/**
 * @param {string|undefined} price such as `29.00 EUR`, `EUR 29`, or `29.00`.
 * @param {string|null} currency of a price that names none; without both, the price stays as it is.
 * @param {string} language
 */
export function priceText(price, currency, language) {
  if (!price) return '';
  const parts = /^\s*(?:([A-Z]{3})\s*)?(\d+(?:\.\d+)?)\s*([A-Z]{3})?\s*$/.exec(price);
  const named = parts?.[1] ?? parts?.[3] ?? currency;
  if (!parts || !named) return price;
  return new Intl.NumberFormat(language, { style: 'currency', currency: named }).format(Number(parts[2]));
}
