/** ClickHouse's own table: every exception has a status, 500 where none is named. */
const STATUS: ReadonlyMap<number, number> = new Map([
  [194, 401],
  ...[192, 193, 516, 497, 512].map((code): [number, number] => [code, 403]),
  ...[6, 25, 26, 38, 41, 72, 675, 676, 376, 27, 36, 427, 15, 44, 16, 64, 66, 167, 168, 99, 62, 117, 53, 321].map(
    (code): [number, number] => [code, 400],
  ),
  ...[60, 46, 47, 50, 56, 81, 115, 65, 63, 73, 336, 78, 511].map((code): [number, number] => [code, 404]),
  [316, 413],
  [48, 501],
  [209, 503],
  [76, 503],
  [439, 503],
  [381, 411],
  [159, 408],
]);

export const statusOfCode = (code: number): number => STATUS.get(code) ?? 500;
