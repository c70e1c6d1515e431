import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import * as z from 'zod';

/** A setting is wrong: the message is one sentence for the person who starts the server. */
export class ConfigError extends Error {}

const yesNo = z
  .enum(['0', '1', 'true', 'false'])
  .transform((value) => value === '1' || value === 'true');
const whole = (min: number, max: number) =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number);

const postgresUrl = z
  .string()
  .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), {
    error: 'must look like postgres://user:password@host:5432/name',
  });

/** May also be given as `<NAME>_FILE`, the path of a file that holds the value, as container secrets do. */
const SECRETS = [
  'DATABASE_URL',
  'MIGRATION_DATABASE_URL',
  'REDIS_URL',
  'METRICS_TOKEN',
  'DEMO_PASSWORD',
  'SECRETS_KEY',
  'OIDC_CLIENT_SECRET',
] as const;

const Environment = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('development'),
  PORT: whole(0, 65_535).default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  BASE_PATH: z
    .string()
    .regex(/^\/((?!\.{1,2}\/)[\w.-]+\/)*(?!\.{1,2}$)[\w.-]*$/, {
      error: 'must start with / and hold only letters, digits, dots and dashes, e.g. /portal',
    })
    .default('/'),
  PUBLIC_ORIGINS: z.string().default(''),
  TRUST_PROXY_HOPS: whole(0, 10).default(0),
  DATA_DIR: z.string().min(1).default('.data'),
  UPLOADS_DIR: z.string().min(1).default('uploads'),
  DATABASE_URL: postgresUrl.optional(),
  MIGRATION_DATABASE_URL: postgresUrl.optional(),
  DATABASE_POOL: whole(2, 200).default(12),
  REDIS_URL: z
    .string()
    .refine((text) => /^rediss?:\/\//.test(text) && URL.canParse(text), {
      error: 'must look like redis://user:password@host:6379',
    })
    .optional(),
  DEMO_DATA: yesNo.optional(),
  DEMO_PASSWORD: z
    .string()
    .min(10, { error: 'must have at least 10 characters' })
    .max(200)
    .optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  SECRETS_KEY: z.string().min(32, { error: 'must have at least 32 characters' }).optional(),
  OIDC_ISSUER: z
    .string()
    .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), {
      error: 'must look like https://login.example.com',
    })
    .optional(),
  OIDC_CLIENT_ID: z.string().min(1).optional(),
  OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  OIDC_NAME: z.string().trim().min(1).max(40).default('SSO'),
  METRICS_TOKEN: z.string().min(16, { error: 'must have at least 16 characters' }).optional(),
  FILE_MAX_MB: whole(1, 1024).default(25),
  FILES_PER_MESSAGE: whole(1, 20).default(10),
  UPLOADS_PER_HOUR: whole(1, 100_000).default(500),
  UPLOAD_TTL_HOURS: whole(1, 24 * 30).default(24),
  SESSION_HOURS: whole(1, 24 * 30).default(12),
  SESSION_REMEMBER_DAYS: whole(1, 365).default(30),
  SESSION_ABSOLUTE_DAYS: whole(1, 365).default(14),
});

export interface Config {
  production: boolean;
  port: number;
  host: string;
  /** Starts and ends with a slash. */
  basePath: string;
  publicOrigins: string[];
  trustProxyHops: number;
  dataDir: string;
  uploadsDir: string;
  /** Undefined: the server starts a PostgreSQL of its own in `dataDir`. */
  databaseUrl: string | undefined;
  /** May change the schema, when `databaseUrl` may not: migrations run with it, everything else without. */
  migrationDatabaseUrl: string | undefined;
  databasePool: number;
  /** Carries news between several server processes; undefined: this one is alone. */
  redisUrl: string | undefined;
  demoData: boolean;
  demoPassword: string | undefined;
  logLevel: string;
  /** Seals secrets in the database; undefined: a key made once in `dataDir`. */
  secretsKey: string | undefined;
  /** The company's OpenID Connect provider for its own people; null: none. */
  signOn: {
    issuer: string;
    clientId: string;
    clientSecret: string | undefined;
    /** What the login page calls it. */
    name: string;
  } | null;
  /** Undefined: metrics are answered to this machine only. */
  metricsToken: string | undefined;
  fileMaxBytes: number;
  filesPerMessage: number;
  /** Of one person. */
  uploadsPerHour: number;
  uploadTtlMs: number;
  /** Without a sign of life for so long, a session ends. */
  sessionMs: number;
  sessionRememberMs: number;
  /** A session that is not remembered ends then, however much it is used. */
  sessionAbsoluteMs: number;
}

/** Puts the content of files in the place of the variables that name them. @throws ConfigError */
function withSecrets(env: Record<string, string | undefined>): Record<string, string | undefined> {
  const set = { ...env };
  for (const name of SECRETS) {
    const file = env[`${name}_FILE`];
    if (file === undefined) continue;
    if (env[name] !== undefined) {
      throw new ConfigError(`${name} and ${name}_FILE are both set: give one of them.`);
    }
    try {
      set[name] = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    } catch {
      throw new ConfigError(`${name}_FILE="${file}" is not valid: the file cannot be read.`);
    }
  }
  return set;
}

/**
 * Reads the settings from the environment.
 * @throws ConfigError naming the first wrong variable, what it holds and what it should hold
 */
export function readConfig(env: Record<string, string | undefined>, root = process.cwd()): Config {
  // An empty variable in a compose file means "not set".
  const set = withSecrets(
    Object.fromEntries(
      Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
    ),
  );
  const parsed = Environment.safeParse(set);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0] ?? 'environment');
    const secret = SECRETS.some((one) => one === name);
    throw new ConfigError(
      `${name}${secret ? '' : `="${set[name] ?? ''}"`} is not valid: ${issue?.message ?? 'unreadable'}.`,
    );
  }
  const e = parsed.data;
  const origins = e.PUBLIC_ORIGINS.split(',')
    .map((origin) => origin.trim())
    .filter(Boolean);
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new ConfigError(
        `PUBLIC_ORIGINS="${origin}" is not valid: give origins such as https://portal.example.com, separated by commas.`,
      );
    }
  }
  if ((e.OIDC_ISSUER === undefined) !== (e.OIDC_CLIENT_ID === undefined))
    throw new ConfigError('OIDC_ISSUER and OIDC_CLIENT_ID are not valid: give both or neither.');
  const at = (folder: string) => (isAbsolute(folder) ? folder : resolve(join(root, folder)));
  const production = e.NODE_ENV === 'production';
  const restricted = e.MIGRATION_DATABASE_URL !== undefined;
  if (restricted && e.DATABASE_URL === undefined) {
    throw new ConfigError('MIGRATION_DATABASE_URL is of no use without DATABASE_URL.');
  }
  if (restricted && e.DEMO_DATA) {
    throw new ConfigError(
      'DEMO_DATA cannot be loaded with MIGRATION_DATABASE_URL: it empties tables, which the running server may not.',
    );
  }
  return {
    production,
    port: e.PORT,
    host: e.HOST,
    basePath: e.BASE_PATH.endsWith('/') ? e.BASE_PATH : `${e.BASE_PATH}/`,
    publicOrigins: origins,
    trustProxyHops: e.TRUST_PROXY_HOPS,
    dataDir: at(e.DATA_DIR),
    uploadsDir: at(e.UPLOADS_DIR),
    databaseUrl: e.DATABASE_URL,
    migrationDatabaseUrl: e.MIGRATION_DATABASE_URL,
    databasePool: e.DATABASE_POOL,
    redisUrl: e.REDIS_URL,
    demoData: e.DEMO_DATA ?? !(production || restricted),
    demoPassword: e.DEMO_PASSWORD,
    logLevel: e.LOG_LEVEL,
    secretsKey: e.SECRETS_KEY,
    signOn:
      e.OIDC_ISSUER === undefined || e.OIDC_CLIENT_ID === undefined
        ? null
        : {
            ...{ issuer: e.OIDC_ISSUER, clientId: e.OIDC_CLIENT_ID },
            ...{ clientSecret: e.OIDC_CLIENT_SECRET, name: e.OIDC_NAME },
          },
    metricsToken: e.METRICS_TOKEN,
    fileMaxBytes: e.FILE_MAX_MB * 1024 * 1024,
    filesPerMessage: e.FILES_PER_MESSAGE,
    uploadsPerHour: e.UPLOADS_PER_HOUR,
    uploadTtlMs: e.UPLOAD_TTL_HOURS * 3_600_000,
    sessionMs: e.SESSION_HOURS * 3_600_000,
    sessionRememberMs: e.SESSION_REMEMBER_DAYS * 86_400_000,
    sessionAbsoluteMs: e.SESSION_ABSOLUTE_DAYS * 86_400_000,
  };
}
