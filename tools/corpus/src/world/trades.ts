import type { IdStyle } from './world.ts';

/** A line of business: what its API is about. */
export interface Trade {
  readonly name: string;
  readonly product: string;
  readonly resources: readonly (readonly [name: string, ids: IdStyle, subs: readonly string[]])[];
  readonly words: readonly string[];
  /** What people search for, as typed. */
  readonly searches: readonly string[];
}

/** Texts that look like attacks and are none. */
const ODD = ['union square select hotels', "O'Brien", '<3', 'select your own adventure', 'drop table lamp', '50% off', 'a&b', 'fish & chips', 'C++ <algorithm>', "rock 'n' roll", 'order by price', 'x=1', '1 or 2 persons', 'where is my order', 'script writing', "d'Artagnan", 'null island', '{{ mustache }} wax', '$5 or less', 'image/*', '5" nails', 'R&D; lab']; // prettier-ignore

export const TRADES: readonly Trade[] = [
  {
    name: 'shop',
    product: 'products',
    resources: [
      ['orders', 'int', ['items', 'status', 'invoice']],
      ['customers', 'int', ['orders', 'addresses']],
      ['invoices', 'code', ['pdf']],
      ['shipments', 'uuid', ['events']],
      ['returns', 'int', ['labels']],
      ['stock', 'code', ['movements']],
    ],
    words: [
      'red',
      'lamp',
      'oak',
      'chair',
      'blue',
      'mug',
      'wool',
      'scarf',
      'steel',
      'desk',
      'mini',
      'rug',
      'soft',
      'vase',
    ],
    searches: ['red chair', 'desk lamp', 'wool scarf', 'mug', 'gift for mother', ...ODD],
  },
  {
    name: 'bank',
    product: 'offers',
    resources: [
      ['accounts', 'uuid', ['balance', 'transactions', 'statements']],
      ['payments', 'uuid', ['status']],
      ['cards', 'int', ['limits', 'pin-status']],
      ['beneficiaries', 'int', []],
      ['mandates', 'code', []],
    ],
    words: ['gold', 'saver', 'plus', 'green', 'loan', 'home', 'car', 'young', 'travel', 'card', 'bonus', 'flex'],
    searches: ['mortgage', 'savings rate', 'iban check', 'lost card', ...ODD],
  },
  {
    name: 'travel',
    product: 'hotels',
    resources: [
      ['bookings', 'int', ['guests', 'voucher', 'invoice']],
      ['guests', 'uuid', ['documents']],
      ['trips', 'uuid', ['legs']],
      ['rates', 'code', []],
      ['vouchers', 'code', []],
    ],
    words: ['grand', 'sea', 'view', 'park', 'royal', 'inn', 'palm', 'central', 'old', 'harbour', 'plaza', 'garden'],
    searches: ['hotel in rome', 'beach', 'paris 2 persons', 'pet friendly', ...ODD],
  },
  {
    name: 'code',
    product: 'packages',
    resources: [
      ['repos', 'slug', ['commits', 'branches', 'contents']],
      ['issues', 'int', ['comments', 'events']],
      ['pulls', 'int', ['files', 'reviews']],
      ['builds', 'uuid', ['log', 'artifacts']],
      ['members', 'int', ['keys']],
    ],
    words: ['core', 'web', 'kit', 'fast', 'tiny', 'data', 'cloud', 'lint', 'json', 'stream', 'node', 'parser'],
    searches: [
      'sql parser',
      'SELECT * FROM parser',
      '<script setup>',
      'path ../relative',
      '${env}',
      'html escape',
      ...ODD,
    ],
  },
  {
    name: 'freight',
    product: 'depots',
    resources: [
      ['parcels', 'code', ['events', 'label']],
      ['drivers', 'int', ['shifts']],
      ['routes', 'uuid', ['stops']],
      ['manifests', 'int', ['pdf']],
      ['claims', 'int', ['photos']],
    ],
    words: ['north', 'dock', 'east', 'yard', 'river', 'hub', 'west', 'gate', 'south', 'cross', 'rail', 'port'],
    searches: ['depot near me', 'track 1234', 'pallet size', ...ODD],
  },
  {
    name: 'clinic',
    product: 'practices',
    resources: [
      ['patients', 'uuid', ['records', 'appointments', 'consents']],
      ['appointments', 'int', ['notes']],
      ['prescriptions', 'code', []],
      ['referrals', 'uuid', ['documents']],
      ['invoices', 'int', ['pdf']],
    ],
    words: ['east', 'family', 'health', 'point', 'care', 'lake', 'hill', 'centre', 'dental', 'kids', 'sports', 'new'],
    searches: ['dentist', "children's doctor", 'flu shot', 'knee pain', ...ODD],
  },
];
