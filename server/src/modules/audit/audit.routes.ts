import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AuditFilters, AuditPage, AuditQuery, RecordExport } from '@otklik/shared/audit';
import { auditApi } from '@otklik/shared/audit.api';
import { Done } from '@otklik/shared/people';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { AuditService } from './audit.service';

/** Reading the audit log, taking it along, and what browsers tell it. */
export function auditRoutes(
  { mount, mountStream }: Pick<Api<Actor>, 'mount' | 'mountStream'>,
  audit: AuditService,
): void {
  mount(auditApi.list, { input: AuditQuery, output: AuditPage }, audit.list);
  mountStream(
    auditApi.csv,
    { input: AuditFilters, output: 'binary' },
    {},
    async (actor, filters, { res, stillSignedIn }) => {
      const lines = await audit.csv(actor, filters);
      res.set({
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': 'attachment; filename="audit.csv"',
        'X-Content-Type-Options': 'nosniff',
      });
      // A reader that goes away, or a session that ends, ends it in the middle: half a file is seen to be half.
      await pipeline(Readable.from(watched(lines, stillSignedIn)), res).catch(() => res.destroy());
      return undefined;
    },
  );
  mount(auditApi.recordExport, { input: RecordExport, output: Done }, async (actor, input) => {
    await audit.recordExport(actor, input);
    return { done: true };
  });
}

async function* watched(lines: AsyncGenerator<string>, stillSignedIn: () => Promise<void>) {
  for await (const line of lines) {
    await stillSignedIn();
    yield line;
  }
}
