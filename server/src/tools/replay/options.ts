import path from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';

/** Something about the call is wrong: the message is for the person who called. */
export class Refusal extends Error {}

export interface Options {
  file: string;
  /** Undefined: a server of its own. */
  target: { url: URL; dealerLogin: string; staffLogin: string; password: string } | undefined;
  /** Conversations at the same time. */
  concurrency: number;
  /** Only so many conversations, from the first on. */
  limit: number;
}

const USAGE = `npm run replay -- FILE.jsonl [--url URL --password PASSWORD] [--dealer-login LOGIN] [--staff-login LOGIN]
                             [--concurrency N] [--limit N]
The password may also come in the variable REPLAY_PASSWORD. Without --url a server of its own is started.`;

const whole = (max: number) => z.coerce.number().int().min(1).max(max);

/**
 * Reads the command line.
 * @throws Refusal with a sentence that says what is wrong, and how it is called
 */
export function readOptions(args: string[], env: Record<string, string | undefined>): Options {
  const { values, positionals } = parse(args);
  const [file, ...more] = positionals;
  if (file === undefined) throw refusal('Which file?');
  if (more.length > 0) throw refusal(`Only one file at a time; what is "${more[0]}"?`);
  const number = (name: 'concurrency' | 'limit', fallback: number, max: number) => {
    const given = values[name];
    if (given === undefined) return fallback;
    const parsed = whole(max).safeParse(given);
    if (!parsed.success) throw refusal(`--${name} "${given}" is not a number from 1 to ${max}.`);
    return parsed.data;
  };
  return {
    // npm changes to the top folder; the file is meant from where the person stands.
    file: path.resolve(env.INIT_CWD ?? process.cwd(), file),
    target: targetOf(values, env),
    concurrency: number('concurrency', 8, 256),
    limit: number('limit', Number.MAX_SAFE_INTEGER, 10_000_000),
  };
}

function parse(args: string[]) {
  try {
    const text = { type: 'string' } as const;
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...{ url: text, password: text, 'dealer-login': text, 'staff-login': text },
        ...{ concurrency: text, limit: text },
      },
    });
  } catch (error) {
    throw refusal(error instanceof Error ? error.message : String(error));
  }
}

function targetOf(
  values: ReturnType<typeof parse>['values'],
  env: Record<string, string | undefined>,
): Options['target'] {
  const { url } = values;
  if (url === undefined) return undefined;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw refusal(`--url "${url}" is not an address such as http://localhost:3000`);
  }
  const password = values.password ?? env.REPLAY_PASSWORD;
  if (!password) throw refusal('--url needs --password (or the variable REPLAY_PASSWORD).');
  return {
    url: new URL(url.endsWith('/') ? url : `${url}/`),
    dealerLogin: values['dealer-login'] ?? 'dealer@demo.test',
    staffLogin: values['staff-login'] ?? 'manager@demo.test',
    password,
  };
}

const refusal = (sentence: string) => new Refusal(`${sentence}\n\n${USAGE}`);
