/** One line of the table. */
export interface Figure {
  name: string;
  value: number;
  unit: 'ms' | 'MB' | '';
  /** The most that is allowed, if anything is. */
  budget?: number;
}

/** The value that 19 of 20 keep within. */
export function p95(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))];
}

/** The figures of several traces side by side, as Markdown: what is over its budget is marked. */
export function table(columns: readonly { spans: number; figures: readonly Figure[] }[]): string {
  const names = [...new Set(columns.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  const lines = [
    ['', ...columns.map(({ spans }) => `${spans.toLocaleString('en-US')} spans`)],
    ['---', ...columns.map(() => '---')],
    ...names.map((name) => [name, ...columns.map(({ figures }) => cell(figures.find((figure) => figure.name === name)))]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cell(figure: Figure | undefined): string {
  if (!figure) return '–';
  const { value, unit, budget } = figure;
  const said = `${value.toFixed(value < 10 && unit !== '' ? 1 : 0)} ${unit}`.trim();
  if (budget === undefined) return said;
  return within(figure) ? `${said} (≤ ${budget})` : `**${said}** (over ${budget})`;
}

export function within({ value, budget }: Figure): boolean {
  return budget === undefined || value <= budget;
}
