/** The report of a training as one HTML file that needs nothing else: no script, no font, no address. */
import { barsChart, type Bar } from './charts/bars.js';
import { confusionTable, MOST_LABELS } from './charts/confusion.js';
import { curvesChart, type Curve } from './charts/curves.js';
import { scatterChart, type Point } from './charts/scatter.js';
import { escaped } from './svg.js';
import { STYLE } from './style.js';

/** A table of the report: texts by row. */
export interface Rows {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Everything that a report shows. Parts that do not apply are left out. */
export interface Report {
  readonly title: string;
  /** One sentence: what was trained on what. */
  readonly summary: string;
  /** The figures at the top. */
  readonly figures: readonly { readonly name: string; readonly value: string; readonly note?: string }[];
  readonly warnings: readonly string[];
  readonly schema: Rows;
  readonly dropped: Rows | undefined;
  readonly curves: readonly Curve[];
  readonly folds: Rows | undefined;
  readonly classes: Rows | undefined;
  readonly confusion:
    { readonly labels: readonly string[]; readonly counts: readonly (readonly number[])[] } | undefined;
  /** Predictions (y) beside true values (x), of rows that were not trained on. */
  readonly predictions: readonly { readonly target: string; readonly points: readonly Point[] }[];
  readonly calibration: { readonly of: string; readonly points: readonly Point[] } | undefined;
  readonly importance: { readonly score: string; readonly bars: readonly Bar[] } | undefined;
  readonly diagnosis: readonly string[];
  readonly settings: Rows;
  readonly hash: string;
}

const table = ({ head, rows }: Rows): string =>
  `<div class="scroll"><table><thead><tr>${head.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join('')}</tr></thead>` +
  `<tbody>${rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`).join('')}</tbody></table></div>`;

const list = (items: readonly string[]): string =>
  `<ul>${items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;

const section = (title: string, ...parts: readonly (string | undefined)[]): string => {
  const content = parts.filter((part) => part !== undefined && part !== '');
  return content.length === 0 ? '' : `<section><h2>${escaped(title)}</h2>${content.join('')}</section>`;
};

const note = (text: string): string => `<p class="note">${escaped(text)}</p>`;

/** Returns the HTML of a report. */
export function reportPage(report: Report): string {
  const { confusion, calibration, importance } = report;
  const figures = report.figures.map(
    ({ name, value, note: under = '' }) =>
      `<div class="figure"><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd><dd class="under">${escaped(under)}</dd></div>`,
  );
  const body = [
    `<header><h1>${escaped(report.title)}</h1><p>${escaped(report.summary)}</p><dl class="figures">${figures.join('')}</dl></header>`,
    report.warnings.length > 0 ? section('Look at this first', list(report.warnings)) : '',
    section('Scores', report.folds && table(report.folds), report.classes && table(report.classes)),
    confusion &&
      section(
        'Confusion matrix',
        note('Of rows that were not trained on.'),
        confusion.labels.length <= MOST_LABELS
          ? confusionTable(confusion.labels, confusion.counts)
          : note(`With ${confusion.labels.length} labels it would not be readable.`),
      ),
    ...report.predictions.map(({ target, points }) =>
      section(
        `Predictions of ${target}`,
        note('Of rows that were not trained on. On the line a prediction is right.'),
        scatterChart(points, {
          titles: { x: 'true', y: 'predicted' },
          label: `Predictions of ${target} beside true values`,
        }),
      ),
    ),
    calibration &&
      section(
        'Calibration',
        note(
          `Of rows predicted as ${calibration.of} with a probability around x, the share that is. On the line probabilities can be taken at their word; larger points are more rows.`,
        ),
        scatterChart(calibration.points, {
          titles: { x: 'predicted probability', y: 'share of rows' },
          label: 'Shares of rows beside predicted probabilities',
          range: [0, 1],
          joined: true,
        }),
      ),
    importance &&
      section(
        'Importance of columns',
        note(
          `What ${importance.score} loses when the values of a column are shuffled, on rows that were not trained on. Columns that say the same share it.`,
        ),
        barsChart(importance.bars, `Importance of ${importance.bars.length} columns`),
      ),
    report.curves.length > 0 ? section('Learning curves', curvesChart(report.curves)) : '',
    section('Diagnosis', list(report.diagnosis)),
    section('Columns', table(report.schema), report.dropped && `<h3>Not used</h3>${table(report.dropped)}`),
    section(
      'Settings',
      table(report.settings),
      `<p class="hash">Hash of the weights: <code>${escaped(report.hash)}</code></p>`,
    ),
  ];
  return (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<title>${escaped(report.title)}</title><style>${STYLE}</style></head><body><main>${body.filter(Boolean).join('\n')}</main></body></html>\n`
  );
}
