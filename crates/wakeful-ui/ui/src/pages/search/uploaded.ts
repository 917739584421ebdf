import { formatDuration } from '../../engine/format.ts';

const NAMES: Record<string, string> = {
  'jaeger-json': 'Jaeger JSON',
  'otlp-json': 'OTLP JSON',
  'otlp-jsonl': 'OTLP JSON, one object a line',
  'otlp-protobuf': 'OTLP protobuf',
};

/** What a file was, for a reader. */
export function nameOf(format: string): string {
  return NAMES[format] ?? format;
}

/** How long the server keeps it; null is for ever. */
export function keptInWords(seconds: number | null): string {
  if (seconds === null) return 'kept until the store is emptied by hand';
  const days = seconds / 86_400;
  if (Number.isInteger(days)) return `kept for ${days} day${days === 1 ? '' : 's'}`;
  return `kept for ${formatDuration(seconds * 1e9)}`;
}
