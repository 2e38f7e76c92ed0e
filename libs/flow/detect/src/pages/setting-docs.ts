const DOCUMENTED = /\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*([A-Za-z][A-Za-z0-9]*):/g;

/** What the doc comments of settings say, by the settings' names; the schemas themselves do not carry them. */
export const settingDocs = (source: string): ReadonlyMap<string, string> =>
  new Map(
    [...source.matchAll(DOCUMENTED)].map(([, comment = '', name = '']) => [
      name,
      comment
        .replace(/^\s*\*\s?/gm, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    ]),
  );

/** Of what every detector can be set to. */
export const COMMON_DOCS: ReadonlyMap<string, string> = new Map([
  ['enabled', 'Whether the process makes the detector at all.'],
  ['quietMinutes', 'Quiet time after which the alert is over; minutes of event time.'],
]);
