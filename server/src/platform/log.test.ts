import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { createLog } from './log';

const SECRET = 'a password hash';

/** The lines that a log has written. */
function written(write: (log: ReturnType<typeof createLog>) => void): string {
  let text = '';
  write(createLog('debug', false, { write: (line: string) => void (text += line) }));
  return text;
}

describe('the log', () => {
  it('tells of a failed statement what went wrong, and nothing of what was sent with it', () => {
    const driver = Object.assign(new Error('duplicate key'), {
      code: '23505',
      constraint: 'person_login',
      detail: `Key (login)=(${SECRET}) already exists.`,
      parameters: [SECRET],
    });
    const failed = new QueryFailedError('INSERT INTO person VALUES ($1)', [SECRET], driver);
    const text = written((log) => log.error({ err: failed }, 'a request failed'));
    expect(text).not.toContain(SECRET);
    expect(text).toContain('duplicate key');
    expect(text).toContain('person_login');
    expect(text).toContain('log.test.ts');
  });

  it('tells causes in the same way', () => {
    const cause = Object.assign(new Error('inner'), { body: SECRET });
    const text = written((log) => log.warn({ err: new Error('outer', { cause }) }, 'x'));
    expect(text).toContain('inner');
    expect(text).not.toContain(SECRET);
  });

  it('leaves out cookies and tokens of a request that somebody hands to it', () => {
    const req = { headers: { cookie: SECRET, authorization: SECRET } };
    const res = { headers: { 'set-cookie': SECRET } };
    expect(written((log) => log.info({ req, res }, 'x'))).not.toContain(SECRET);
  });
});
