import type { RightName } from '@otklik/shared/rights';
import type { RequestHandler, Router } from 'express';

/** A path that is served without being an operation of the API: health, metrics, the document, the client's files. */
export interface Door {
  method: 'GET';
  path: string;
  right: RightName;
}
export type Doors = ReturnType<typeof createDoors>;

/** The register of such paths. Who passes is decided by their handlers; the server does not start with one that is not written here. */
export function createDoors() {
  const list: Door[] = [];
  const files = new WeakSet<object>();
  return {
    list,
    get(router: Router, path: string, right: RightName, handler: RequestHandler): void {
      list.push({ method: 'GET', path, right });
      router.get(path, handler);
    },
    /** A router that gives out files, and everything it serves. */
    files(router: Router, path: string, right: RightName, served: Router): void {
      list.push({ method: 'GET', path: `${path}*`, right });
      files.add(served);
      router.use(path, served);
    },
    /**
     * Looks at everything that is mounted, middleware aside.
     * @param operations `METHOD path` of those the API has registered
     * @throws Error naming what is served without a right
     */
    refuseOthers(root: unknown, operations: readonly string[]): void {
      const known = new Set([
        ...operations,
        ...list.map(({ method, path }) => `${method} ${path}`),
      ]);
      const found = routesOf(root, files).filter((route) => !known.has(route));
      if (found.length > 0) throw new Error(`served without a right: ${found.join(', ')}`);
    },
  };
}

/** What hangs in a router and in those below it, as `METHOD path`; paths are relative to their own router. */
function routesOf(root: unknown, known: WeakSet<object>): string[] {
  if (!isThing(root) || known.has(root) || !Array.isArray(root.stack)) return [];
  return root.stack.filter(isThing).flatMap(({ route, handle }) => {
    if (isThing(route)) {
      const methods = isThing(route.methods) ? Object.keys(route.methods) : [];
      return methods.map((method) => `${method.toUpperCase()} ${String(route.path)}`);
    }
    // Files by the folder, mounted past the register.
    if (typeof handle === 'function' && handle.name === 'serveStatic') return ['GET files'];
    return routesOf(handle, known);
  });
}

const isThing = (value: unknown): value is Record<string, unknown> =>
  (typeof value === 'object' || typeof value === 'function') && value !== null;
