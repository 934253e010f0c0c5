// Colours for the dots beside names of colours.

const COLOURS = {
  beige: '#d9c7a7', black: '#1b1b1b', blue: '#2f62b5', bronze: '#9c6b37', brown: '#6b452c', burgundy: '#6a1a30',
  camel: '#c19a6b', charcoal: '#3a3d42', coffee: '#5a3d2b', copper: '#b0663b', coral: '#f0796a', cream: '#f3ead2',
  denim: '#4a6b94', fluorescent: '#b6f23c', fuchsia: '#d0318a', gold: '#c9a13b', green: '#3b8a4c', grey: '#8c8f94',
  gray: '#8c8f94', indigo: '#35407f', ivory: '#f5f0e1', khaki: '#a79a6a', lavender: '#b7a6d9', lemon: '#f2e25b',
  lilac: '#c3a8d6', lime: '#a7cf3f', magenta: '#c5328c', maroon: '#70202a', mauve: '#a6859d', melange: '#b4b5b8',
  metallic: '#a9adb3', mint: '#a9dcc3', mushroom: '#b9a694', mustard: '#d3a42c', navy: '#1f2d52', nude: '#e3c3a8',
  ochre: '#c4862c', 'off white': '#f4f1e8', olive: '#6d7037', orange: '#e9842c', peach: '#f5b895', pink: '#ec93b1',
  plum: '#6b3560', purple: '#7a4c9c', red: '#c72f32', rose: '#d9677f', rust: '#a84d26', sage: '#9caf88',
  salmon: '#ef937d', sand: '#d8c3a0', silver: '#c1c4c9', skin: '#e9c3a5', sky: '#8fc1e8', steel: '#74808b',
  tan: '#c69c6d', taupe: '#8d7c6f', teal: '#1f7a7a', terracotta: '#bf6244', turquoise: '#3fb8b4', white: '#ffffff',
  wine: '#6c2036', yellow: '#f0cf3c',
};

/** The colour of a name like `Navy Blue`, or null. The first known word counts. */
export function colourOf(name) {
  const words = name.toLowerCase().replace(/-/g, ' ');
  if (COLOURS[words]) return COLOURS[words];
  const known = words.split(/\s+/).find((word) => COLOURS[word]);
  return known ? COLOURS[known] : null;
}

/** Whether a column contains names of colours. */
export const isColourColumn = (column) => /colou?r/i.test(column);
