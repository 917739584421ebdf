import { signal } from '@preact/signals';

/** What a request that failed says: the server's own words where it had some. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    /** The parameter that was wrong, if one was. */
    readonly parameter: string = '',
    /** Where in the parameter, from 1; 0 if that is not known. */
    readonly column: number = 0,
  ) {
    super(message);
  }
}

/** The version of the server that answered last, if it is not the one these assets were built for. */
export const newerVersion = signal('');

/** Asks `api/ui/…` below the page's base. An aborted request rejects with the browser's `AbortError`. */
export async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(new URL(`api/ui/${path}`, document.baseURI), { signal });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError('the server does not answer', 0);
  }
  const version = response.headers.get('x-wakeful-ui') ?? '';
  if (__WAKEFUL_VERSION__ && version && version !== __WAKEFUL_VERSION__) newerVersion.value = version;
  if (!response.ok) throw await errorOf(response);
  return response;
}

export async function askJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await ask(path, signal)).json()) as T;
}

/** The objects of an NDJSON answer as they arrive; an answer that ends within a line is an error. */
export async function* askLines<T>(path: string, signal: AbortSignal): AsyncGenerator<T> {
  const response = await ask(path, signal);
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of pieces(response)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as T;
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as T;
}

/** The bytes of an answer as they arrive. */
export async function* pieces(response: Response): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** A text for the user, whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return error.status ? `${error.message} (status ${error.status})` : error.message;
  if (error instanceof TypeError) return 'the answer was cut off';
  return error instanceof Error ? error.message : String(error);
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as {
      error: { message: string; parameter?: string; column?: number };
    };
    return new ApiError(error.message, response.status, error.parameter, error.column);
  } catch {
    return new ApiError(response.statusText || 'the server refused', response.status);
  }
}
