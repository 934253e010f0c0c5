// The range of a column of numbers, to set in a filter's panel: a slider with two ends, and a field for each.

import { element } from './cards.js';
import { columnName } from './words.js';

const STEPS = 100;

/**
 * A form with a slider and two fields that follow each other.
 *
 * @param {string} column
 * @param {import('./facets.js').Column} described
 * @param {{low?: string, high?: string}|undefined} used the range in use.
 * @param {(low: string, high: string) => void} apply called with the new range; an open end is ''.
 */
export function rangeForm(column, described, used, apply) {
  const { min, max } = described;
  const low = field('From', used?.low ?? '', min);
  const high = field('To', used?.high ?? '', max);
  const slider = min < max ? new Slider(column, described, low.input, high.input) : null;
  const note = element('p', { className: 'small warning', role: 'status' });
  const form = element(
    'form',
    { className: 'panel-body range' },
    ...(slider ? [slider.track] : []),
    low.label,
    high.label,
    note,
    element('button', { className: 'button primary' }, 'Apply'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const [from, to] = [low.input.value, high.input.value];
    if (from && to && Number(from) > Number(to)) {
      note.textContent = '“From” must not be more than “To”.';
      return;
    }
    apply(from, to);
  });
  return form;
}

function field(words, value, placeholder) {
  const input = element('input', { type: 'number', step: 'any', value, placeholder: String(placeholder), inputMode: 'decimal' });
  return { input, label: element('label', {}, words, input) };
}

/** Two sliders on one track, which set two fields and are set by them. */
class Slider {
  constructor(column, { min, max, values }, low, high) {
    this.fields = [low, high];
    this.step = stepOf(min, max, Object.keys(values));
    this.low = Math.floor(min / this.step);
    this.high = Math.ceil(max / this.step);
    this.bounds = [min, max];
    // The sliders count whole steps, so that their ends are exactly the smallest and the largest number.
    this.ends = ['Lowest', 'Highest'].map((words, side) => {
      const end = element('input', { type: 'range', min: this.low, max: this.high, step: 1 });
      end.setAttribute('aria-label', `${words} ${columnName(column)}`);
      end.addEventListener('input', () => this.#moved(side));
      this.fields[side].addEventListener('input', () => this.#typed());
      return end;
    });
    this.track = element('div', { className: 'slider' }, ...this.ends);
    this.#typed();
  }

  #moved(side) {
    const [low, high] = this.ends.map((end) => Number(end.value));
    if (low > high) this.ends[side].value = side ? low : high;
    const at = Number(this.ends[side].value);
    // An end at the edge is open, so that it includes numbers that come later.
    const open = at === (side ? this.high : this.low);
    this.fields[side].value = open ? '' : String(Number((at * this.step).toFixed(10)));
    this.#draw();
  }

  #typed() {
    this.ends.forEach((end, side) => {
      const typed = this.fields[side].value;
      end.value = Math.round((typed === '' ? this.bounds[side] : Number(typed)) / this.step);
      if (typed === '') end.value = side ? this.high : this.low;
    });
    this.#draw();
  }

  #draw() {
    const [low, high] = this.ends.map((end) => Number(end.value));
    const share = (at) => String((at - this.low) / (this.high - this.low));
    this.track.style.setProperty('--from', share(Math.min(low, high)));
    this.track.style.setProperty('--to', share(Math.max(low, high)));
    // Where both ends meet at the right edge, the lower one must be on top to be moved back.
    this.ends[0].style.zIndex = low >= high && high === this.high ? 2 : 1;
    this.ends.forEach((end, side) => end.setAttribute('aria-valuetext', this.fields[side].value || String(this.bounds[side])));
  }
}

/** A round step that divides a range into about a hundred; at least 1 where all known values are whole numbers. */
function stepOf(min, max, values) {
  const rough = (max - min) / STEPS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const whole = Number.isInteger(min) && Number.isInteger(max) && values.every((value) => Number.isInteger(Number(value)));
  return whole ? Math.max(1, step) : step;
}
