import { readFile } from 'node:fs/promises';
import { Directories } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { parseConversations, type Conversation } from './conversations';
import { readOptions, Refusal, type Options } from './options';
import { startOwnServer, type Accounts } from './own-server';
import { termsOf, type Cast } from './play';
import { replay } from './replay';
import { signIn, type Session } from './session';
import { isClean, resultTable } from './table';

const PROBLEMS_SHOWN = 20;
const CANCELLED = 130;

/**
 * Replays conversations through the public API and judges what became of them.
 * @returns the exit code: 0 when every conversation came to its end and nothing is lost, doubled or out of order
 */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  const conversations = (await readConversations(options.file)).slice(0, options.limit);
  const cancelled = listenForCancel();
  const server = await findServer(options);
  const sessions: Session[] = [];
  try {
    const cast = await signInAll(server.url, server.accounts, sessions);
    const [dealer] = cast.dealer;
    if (dealer.me.dealer === null)
      throw new Refusal(`${dealer.me.person.login} is no dealer's login.`);
    const directories = await dealer.read(appealsApi.directories, Directories, {});
    const { results, failures } = await replay(conversations, {
      cast,
      terms: termsOf(directories, dealer.me.dealer.id),
      concurrency: options.concurrency,
      screen: process.stdout,
      cancelled,
    });
    process.stdout.write(`\n${resultTable(results)}\n`);
    if (failures.length > 0)
      process.stdout.write(`\nThe first that came to no end: ${String(failures[0])}\n`);
    if (cancelled()) return CANCELLED;
    return isClean(results) && failures.length === 0 ? 0 : 1;
  } finally {
    for (const session of sessions) await session.end();
    await server.stop();
  }
}

async function readConversations(file: string): Promise<Conversation[]> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal(`${file} cannot be read: ${why}`, { cause });
  });
  const { conversations, problems } = parseConversations(content);
  if (problems.length === 0) return conversations;
  const more = problems.length - PROBLEMS_SHOWN;
  throw new Refusal(
    [
      `${file} is not a file of conversations; nothing was sent.`,
      ...problems.slice(0, PROBLEMS_SHOWN).map((problem) => `  ${problem}`),
      ...(more > 0 ? [`  … and ${more} more`] : []),
    ].join('\n'),
  );
}

async function findServer({ target }: Options) {
  if (target === undefined) {
    process.stdout.write('Starting a server of its own …\n');
    return startOwnServer();
  }
  const { url, password, dealerLogin, staffLogin } = target;
  const twice = (login: string) =>
    [
      { login, password },
      { login, password },
    ] as const;
  const accounts: Accounts = { dealer: twice(dealerLogin), staff: twice(staffLogin) };
  return { url, accounts, stop: () => Promise.resolve() };
}

/** Two sessions of each side; every one that was opened is in `sessions`, also when a later one fails. */
async function signInAll(url: URL, accounts: Accounts, sessions: Session[]): Promise<Cast> {
  const enter = async ({ login, password }: Accounts['dealer'][0]) => {
    const session = await signIn(url, login, password);
    sessions.push(session);
    return session;
  };
  const both = async ([first, second]: Accounts['dealer']) =>
    [await enter(first), await enter(second)] as const;
  return { dealer: await both(accounts.dealer), staff: await both(accounts.staff) };
}

/** The first Ctrl+C ends the run with what it has, the second at once. */
function listenForCancel(): () => boolean {
  let cancelled = false;
  const stop = () => {
    if (cancelled) process.exit(CANCELLED);
    cancelled = true;
    process.stdout.write('\nCancelled: finishing what is under way …\n');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return () => cancelled;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const plain = error instanceof Refusal || !(error instanceof Error);
    process.stderr.write(
      `✗ ${plain ? String(error instanceof Error ? error.message : error) : (error.stack ?? error.message)}\n`,
    );
    process.exitCode = 1;
  },
);
