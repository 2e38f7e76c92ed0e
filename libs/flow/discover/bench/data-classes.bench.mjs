/** How often ordinary ids are taken for personal data, and what a value costs: node libs/flow/discover/bench/data-classes.bench.mjs */
import { classify } from '@outrider/domain/signals/data-classes/data-class';
import { randomOf } from './traffic.mjs';

const random = randomOf(1);
const chars = (n, from) => Array.from({ length: n }, () => from[Math.floor(random() * from.length)]).join('');
const digits = (n) => chars(n, '0123456789');
const hex = (n) => chars(n, '0123456789abcdef');
const makers = {
  ...Object.fromEntries([6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19].map((n) => [`${n} digits`, () => digits(n)])),
  'milliseconds since 1970': () => `17${digits(11)}`,
  'snowflake ids (18–19 digits)': () => `1${digits(17 + Math.round(random()))}`,
  uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  'hex, 24': () => hex(24),
  ULID: () => `01${chars(24, '0123456789ABCDEFGHJKMNPQRSTVWXYZ')}`,
  'letters and digits, 22': () => chars(22, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'),
  slug: () => `${chars(6, 'abcdefghijklmnop')}-${digits(3)}`,
};
const N = 50_000;
for (const [what, make] of Object.entries(makers)) {
  const values = Array.from({ length: N }, make);
  const began = process.cpuUsage();
  let taken = 0;
  const classes = new Set();
  for (const value of values) {
    const found = classify(value);
    if (found === undefined) continue;
    taken++;
    classes.add(found);
  }
  const used = process.cpuUsage(began);
  console.log(
    `${what} | ${((100 * taken) / N).toFixed(3)} % | ${[...classes].join(', ')} | ${Math.round(((used.user + used.system) * 1_000) / N)} CPU ns`,
  );
}
for (const unit of ['a@', '4111 ', 'eyJ', 'sk_live_', '.', '1']) {
  const value = unit.repeat(Math.ceil(1_000_000 / unit.length));
  const began = process.cpuUsage();
  classify(value);
  const used = process.cpuUsage(began);
  console.log(`1 MB of '${unit}' | ${(used.user + used.system) / 1_000} CPU ms`);
}
