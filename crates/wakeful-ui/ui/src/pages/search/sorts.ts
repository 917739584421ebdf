/** An order of the list, as the server knows it. */
export interface Sort {
  value: string;
  label: string;
  /** The same, the other way round. */
  inverse: string;
}

/** The first is the default. */
export const SORTS: readonly Sort[] = [
  { value: 'newest', label: 'Most Recent', inverse: 'oldest' },
  { value: 'oldest', label: 'Oldest First', inverse: 'newest' },
  { value: 'longest', label: 'Longest First', inverse: 'shortest' },
  { value: 'shortest', label: 'Shortest First', inverse: 'longest' },
  { value: 'most-spans', label: 'Most Spans', inverse: 'least-spans' },
  { value: 'least-spans', label: 'Least Spans', inverse: 'most-spans' },
  { value: 'most-errors', label: 'Most Errors', inverse: 'least-errors' },
  { value: 'least-errors', label: 'Least Errors', inverse: 'most-errors' },
  { value: 'name', label: 'Trace Name A–Z', inverse: 'name-desc' },
  { value: 'name-desc', label: 'Trace Name Z–A', inverse: 'name' },
];

/** An unknown name is the default. */
export function sortOf(params: URLSearchParams): Sort {
  return SORTS.find(({ value }) => value === params.get('sort')) ?? SORTS[0];
}

/** The sort `by` kinds further (each kind has two directions); it wraps. */
export function sortBeside(sort: Sort, by: 1 | -1): Sort {
  const kind = Math.floor(SORTS.indexOf(sort) / 2);
  const kinds = SORTS.length / 2;
  return SORTS[((kind + by + kinds) % kinds) * 2];
}
