import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config';

/** The sentence with which the server refuses these settings. */
function refusal(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error instanceof Error ? error.message : '';
  }
  throw new Error(`accepted ${JSON.stringify(env)}`);
}

describe('a wrong setting', () => {
  it.each([
    ['NODE_ENV', 'prod', '"production"|"development"|"test"'],
    ['PORT', 'http', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'from 0 to 65535'],
    ['PORT', '-1', 'from 0 to 65535'],
    ['PORT', '80.5', 'whole number'],
    ['PORT', ' ', 'whole number'],
    ['PORT', '0x50', 'whole number'],
    ['PORT', '1e3', 'whole number'],
    ['BASE_PATH', 'portal', 'must start with /'],
    ['BASE_PATH', '/por tal', 'only letters'],
    ['BASE_PATH', '/portal?x', 'only letters'],
    ['BASE_PATH', '/a//b', 'only letters'],
    ['BASE_PATH', '//evil.example', 'only letters'],
    ['BASE_PATH', '/a/../b', 'only letters'],
    ['BASE_PATH', '/a/..', 'only letters'],
    ['BASE_PATH', '/./a', 'only letters'],
    ['PUBLIC_ORIGINS', 'portal.example.com', 'https://portal.example.com'],
    ['PUBLIC_ORIGINS', 'https://portal.example.com/', 'https://portal.example.com'],
    ['PUBLIC_ORIGINS', 'https://portal.example.com/path', 'https://portal.example.com'],
    ['TRUST_PROXY_HOPS', '11', 'from 0 to 10'],
    ['TRUST_PROXY_HOPS', 'yes', 'whole number'],
    ['DATABASE_POOL', '1', 'from 2 to 200'],
    ['DATABASE_POOL', '201', 'from 2 to 200'],
    ['DEMO_DATA', 'yes', '"0"|"1"|"true"|"false"'],
    ['LOG_LEVEL', 'loud', '"info"'],
    ['OIDC_ISSUER', 'login.example.com', 'https://login.example.com'],
    ['FILE_MAX_MB', '0', 'from 1 to 1024'],
    ['FILE_MAX_MB', '1025', 'from 1 to 1024'],
    ['FILES_PER_MESSAGE', '21', 'from 1 to 20'],
    ['UPLOAD_TTL_HOURS', '0', 'from 1 to 720'],
    ['UPLOAD_TTL_HOURS', '721', 'from 1 to 720'],
    ['SESSION_HOURS', '721', 'from 1 to 720'],
    ['SESSION_REMEMBER_DAYS', '366', 'from 1 to 365'],
  ])('%s=%j is named with its value and the rule', (name, value, rule) => {
    const sentence = refusal({ [name]: value });
    expect(sentence.startsWith(`${name}="${value}" is not valid: `)).toBe(true);
    expect(sentence).toContain(rule);
    expect(sentence).toMatch(/\.$/);
    expect(sentence).not.toContain('\n');
  });

  it.each([
    ['DATABASE_URL', 'mysql://root:hunter2@db/portal', 'postgres://user:password@host:5432/name'],
    ['DATABASE_URL', 'postgres://root:hunter2@db:port/portal', 'postgres://'],
    ['REDIS_URL', 'http://:hunter2@redis:6379', 'redis://user:password@host:6379'],
    ['REDIS_URL', 'redis://:hunter2@redis:port', 'redis://'],
    ['DEMO_PASSWORD', 'hunter2', '10 characters'],
    ['METRICS_TOKEN', 'hunter2', '16 characters'],
    ['SECRETS_KEY', 'hunter2', '32 characters'],
  ])('%s is named without what it holds', (name, value, rule) => {
    const sentence = refusal({ [name]: value });
    expect(sentence.startsWith(`${name} is not valid: `)).toBe(true);
    expect(sentence).toContain(rule);
    expect(sentence).not.toContain('hunter2');
  });

  it('a provider without an id here is told', () => {
    expect(refusal({ OIDC_ISSUER: 'https://login.example.com' })).toContain('OIDC_CLIENT_ID');
  });

  it('among several is told one at a time, in one sentence', () => {
    expect(refusal({ PORT: 'a', FILE_MAX_MB: 'b' }).match(/is not valid/g)).toHaveLength(1);
  });
});

describe('settings that are not given', () => {
  it('have defaults for a start without any', () => {
    expect(readConfig({}, '/srv/otklik')).toEqual({
      production: false,
      port: 3000,
      host: '127.0.0.1',
      basePath: '/',
      publicOrigins: [],
      trustProxyHops: 0,
      dataDir: '/srv/otklik/.data',
      uploadsDir: '/srv/otklik/uploads',
      databaseUrl: undefined,
      databasePool: 12,
      redisUrl: undefined,
      demoData: true,
      demoPassword: undefined,
      logLevel: 'info',
      secretsKey: undefined,
      signOn: null,
      metricsToken: undefined,
      fileMaxBytes: 25 * 1024 * 1024,
      filesPerMessage: 10,
      uploadsPerHour: 500,
      uploadTtlMs: 24 * 3_600_000,
      sessionMs: 12 * 3_600_000,
      sessionRememberMs: 30 * 86_400_000,
      sessionAbsoluteMs: 14 * 86_400_000,
    });
  });

  it('and empty ones are the same', () => {
    const names = ['PORT', 'BASE_PATH', 'DATABASE_URL', 'DEMO_DATA', 'METRICS_TOKEN', 'LOG_LEVEL'];
    expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readConfig({}));
  });

  it('demo data is never loaded in production unless asked for', () => {
    expect(readConfig({ NODE_ENV: 'production' }).demoData).toBe(false);
    expect(readConfig({ NODE_ENV: 'production', DEMO_DATA: '1' }).demoData).toBe(true);
    expect(readConfig({ DEMO_DATA: '0' }).demoData).toBe(false);
  });
});

describe('a secret', () => {
  const folder = mkdtempSync(join(tmpdir(), 'otklik-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const fileWith = (text: string) => {
    const file = join(folder, 'secret');
    writeFileSync(file, text);
    return file;
  };

  it('may stand in a file, with or without the end of its line', () => {
    for (const end of ['', '\n', '\r\n']) {
      const file = fileWith(`postgres://otklik:hunter2@db/otklik${end}`);
      expect(readConfig({ DATABASE_URL_FILE: file }).databaseUrl).toBe(
        'postgres://otklik:hunter2@db/otklik',
      );
    }
    expect(readConfig({ METRICS_TOKEN_FILE: fileWith('sixteen-and-more') }).metricsToken).toBe(
      'sixteen-and-more',
    );
  });

  it('of a file is refused without what it holds', () => {
    const sentence = refusal({ REDIS_URL_FILE: fileWith('http://:hunter2@redis') });
    expect(sentence).toContain('REDIS_URL is not valid');
    expect(sentence).not.toContain('hunter2');
    expect(refusal({ REDIS_URL_FILE: join(folder, 'none') })).toContain('cannot be read');
    const both = { METRICS_TOKEN: 'sixteen-and-more', METRICS_TOKEN_FILE: fileWith('x') };
    expect(refusal(both)).toContain('both set');
  });
});

describe('a database role that may not change the schema', () => {
  const DATABASE_URL = 'postgres://app@db/otklik';
  const MIGRATION_DATABASE_URL = 'postgres://owner@db/otklik';

  it('has a second address for migrations beside it', () => {
    const config = readConfig({ DATABASE_URL, MIGRATION_DATABASE_URL });
    expect(config.migrationDatabaseUrl).toBe(MIGRATION_DATABASE_URL);
    expect(config.demoData).toBe(false);
    expect(refusal({ MIGRATION_DATABASE_URL })).toContain('without DATABASE_URL');
    expect(refusal({ DATABASE_URL, MIGRATION_DATABASE_URL, DEMO_DATA: '1' })).toContain(
      'DEMO_DATA',
    );
  });
});

describe('settings that are given', () => {
  it.each([
    ['/', '/'],
    ['/portal', '/portal/'],
    ['/portal/', '/portal/'],
    ['/a/b-c/d.e', '/a/b-c/d.e/'],
  ])('BASE_PATH=%s starts and ends with a slash', (given, basePath) => {
    expect(readConfig({ BASE_PATH: given }).basePath).toBe(basePath);
  });

  it('folders may be absolute or below the place of the start', () => {
    const config = readConfig({ DATA_DIR: '/var/otklik', UPLOADS_DIR: 'files' }, '/srv');
    expect(config).toMatchObject({ dataDir: '/var/otklik', uploadsDir: join('/srv', 'files') });
  });

  it('origins are a list with or without blanks', () => {
    const { publicOrigins } = readConfig({
      PUBLIC_ORIGINS: 'https://a.example, http://b.example:8080,',
    });
    expect(publicOrigins).toEqual(['https://a.example', 'http://b.example:8080']);
  });
});
