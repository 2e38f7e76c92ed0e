import type { Figures } from './figures.ts';

const WIDTH = 640;
const HEIGHT = 420;
const LEFT = 70;
const TOP = 30;
const PLOT = { width: WIDTH - LEFT - 30, height: HEIGHT - TOP - 60 };

/** Recall over false alarms per consumer-day, one line for the thresholds of confidence, dots for those of severity. */
export const rocChart = (figures: Figures): string => {
  const most = Math.max(0.001, ...figures.roc.map((one) => one.falsePerConsumerDay)) * 1.1;
  const x = (value: number): string => (LEFT + (value / most) * PLOT.width).toFixed(1);
  const y = (value: number): string => (TOP + (1 - value) * PLOT.height).toFixed(1);
  const confidence = figures.roc.filter((one) => one.threshold.startsWith('confidence'));
  const severity = figures.roc.filter((one) => one.threshold.startsWith('severity'));
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="18" font-weight="bold">Recall against false alarms, by the least confidence and severity heeded</text>`,
    ...ticks.map((tick) => `<line x1="${LEFT}" x2="${LEFT + PLOT.width}" y1="${y(tick)}" y2="${y(tick)}" stroke="#ddd"/><text x="${LEFT - 8}" y="${Number(y(tick)) + 4}" text-anchor="end">${tick * 100} %</text>`), // prettier-ignore
    ...ticks.map((tick) => `<text x="${x(tick * most)}" y="${TOP + PLOT.height + 18}" text-anchor="middle">${(tick * most).toFixed(4)}</text>`), // prettier-ignore
    `<text x="${LEFT + PLOT.width / 2}" y="${HEIGHT - 14}" text-anchor="middle">false alarms per consumer-day on benign corpora</text>`,
    `<polyline fill="none" stroke="#1864ab" stroke-width="2" points="${confidence.map((one) => `${x(one.falsePerConsumerDay)},${y(one.recall)}`).join(' ')}"/>`,
    ...confidence.map((one) => `<circle cx="${x(one.falsePerConsumerDay)}" cy="${y(one.recall)}" r="3" fill="#1864ab"><title>${one.threshold}</title></circle>`), // prettier-ignore
    ...severity.map((one) => `<circle cx="${x(one.falsePerConsumerDay)}" cy="${y(one.recall)}" r="5" fill="none" stroke="#c92a2a" stroke-width="2"><title>${one.threshold}</title></circle><text x="${Number(x(one.falsePerConsumerDay)) + 8}" y="${Number(y(one.recall)) + 14}" fill="#c92a2a">${one.threshold.slice(9)}</text>`), // prettier-ignore
    '</svg>',
    '',
  ].join('\n');
};
