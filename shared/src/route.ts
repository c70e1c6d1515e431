import type { RightName } from './rights';

/**
 * A call the server offers: its method, path and types, without any validator, so that the browser bundle stays small.
 * The server pairs it with the schemas of the same word when it mounts the handler (see `server/src/platform/http.ts`).
 */
export interface Route<Input, Output> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api`, with `:name` for parts that come from the input. */
  readonly path: string;
  /** What the caller needs; what it means is the server's table of rights. */
  readonly right: RightName;
  /** Name of the acknowledged socket event that serves the same handler; only hot writes have one. */
  readonly socket?: string;
  /** Carries the types only; never set. */
  readonly types?: { input: Input; output: Output };
}

/** Declares a route. `Input` holds path, query and body fields together. */
export function route<Input, Output>(
  method: Route<Input, Output>['method'],
  path: string,
  right: RightName,
  options: { socket?: string } = {},
): Route<Input, Output> {
  return { method, path, right, ...options };
}

export type InputOf<R> = R extends Route<infer Input, unknown> ? Input : never;
export type OutputOf<R> = R extends Route<infer _Input, infer Output> ? Output : never;

/** One page of a list; `nextCursor` is opaque and null at the end. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}
