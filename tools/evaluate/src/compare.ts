import { recallByType, type Figures } from './figures.ts';

/** Points of recall that a detector may lose before it counts as worse. */
const RECALL_SLACK = 0.1;
/** False alarms may grow by half, and by one in any case: a single one is chance. */
const FALSE_GROWTH = 1.5;
const FALSE_SLACK = 1;

/** What has become worse since `before`, one sentence each; empty when nothing has. */
export const worse = (before: Figures, now: Figures): string[] => {
  const found: string[] = [];
  const recall = recallByType(now);
  for (const [type, was] of recallByType(before)) {
    const is = recall.get(type);
    if (is === undefined || was.of === 0 || is.of === 0) continue;
    if (is.told / is.of < was.told / was.of - RECALL_SLACK)
      found.push(`${type}: ${is.told} of ${is.of} attacks told, where it was ${was.told} of ${was.of}`);
  }
  const { falseAlarms: were } = before.benign;
  const { falseAlarms: are } = now.benign;
  if (are > were * FALSE_GROWTH && are > were + FALSE_SLACK)
    found.push(`${are} false alarms on benign corpora, where there were ${were}`);
  const limit = before.attacked.wrong * FALSE_GROWTH;
  if (now.attacked.wrong > limit && now.attacked.wrong > before.attacked.wrong + 2 * FALSE_SLACK)
    found.push(`${now.attacked.wrong} false alarms on corpora with attacks, where there were ${before.attacked.wrong}`);
  return found;
};
