const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const percent = new Intl.NumberFormat('en-US', {
  style: 'percent',
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const significant = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });
const short = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 });

/** 1234.5 → `1,235`. */
export function formatWhole(value: number): string {
  return whole.format(value);
}

/** A share in [0, 1] as a percentage with two decimals. */
export function formatPercent(share: number): string {
  return percent.format(share);
}

/** A loss, a norm or a rate with up to four significant digits; very large and very small ones with an exponent. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-4 || size >= 1e6) return exponential(value, 4);
  return size >= 1000 ? whole.format(value) : significant.format(value);
}

/** A tick of an axis: as short as it is exact. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return exponential(value, 6);
  return short.format(value);
}

/** A tick of an axis of shares: `97.5%`. */
export function formatPercentTick(share: number): string {
  return `${Number((share * 100).toPrecision(6))}%`;
}

/** Seconds as `42 s`, `3:07` (minutes) or `2:05:09` (hours). */
export function formatClock(seconds: number): string {
  const rounded = Math.max(0, Math.round(seconds));
  if (rounded < 60) return `${rounded} s`;
  const hours = Math.floor(rounded / 3600);
  const minutes = Math.floor(rounded / 60) % 60;
  const rest = String(rounded % 60).padStart(2, '0');
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, '0')}:${rest}`;
}

/** Seconds for a glance: `42 s`, `3 min`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const rounded = Math.max(0, Math.round(seconds));
  if (rounded < 60) return `${rounded} s`;
  const minutes = Math.round(rounded / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1.25e-5`: no more digits than it takes. */
function exponential(value: number, digits: number): string {
  return Number(value.toPrecision(digits)).toExponential().replace('e+', 'e');
}
