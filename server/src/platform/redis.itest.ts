import { Writable } from 'node:stream';
import pino from 'pino';
import { expect, it } from 'vitest';
import { testRedis } from '../test/redis';
import { connectRedis } from './redis';

it('a refused password is told once, and never written down', async () => {
  const redis = await testRedis();
  await redis.start();
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const changes: boolean[] = [];
  const link = connectRedis({
    url: redis.url.replace('test-password', 'hunter2-hunter2'),
    log: pino({ level: 'trace' }, stream),
    failed: () => undefined,
    changed: (connected) => changes.push(connected),
  });
  await expect.poll(() => lines.join('')).toMatch(/WRONGPASS|NOAUTH|invalid password/i);
  // Some tries later it has still been told but once.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(lines).toHaveLength(1);
  expect(lines.join('')).not.toContain('hunter2');
  expect(changes).not.toContain(true);
  link.close();
  await redis.close();
});
