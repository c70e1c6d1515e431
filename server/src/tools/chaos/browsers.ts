import { setTimeout as pause } from 'node:timers/promises';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import type { HistoryLine, Shown } from './checker/history';
import type { Member, MemberOrder } from './client';
import type { ClientLine } from './proxy';
import { between, canary } from './random';
import type { WorldAppeal, WorldPerson } from './world';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the Chromium that all pages of a run share, each in a profile of its own. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    headless: true,
    args: FLAGS,
    // The run itself ends politely.
    handleSIGINT: false,
    handleSIGTERM: false,
  });

export interface PageOptions {
  browser: Browser;
  name: string;
  person: WorldPerson;
  /** The one that is open in it. */
  appeal: WorldAppeal;
  line: ClientLine;
  random: () => number;
  note: (line: HistoryLine) => void;
  /** Something a page must not do whatever breaks around it. */
  trouble: (what: string) => void;
}

interface Pressed {
  id: string;
  kind: 'message' | 'note';
  body: string;
  /** The last number its author had seen; a repeated command says so too. */
  seenSeq: number;
  /** In which life of the page. */
  incarnation: number;
  /** Since when neither the queue nor the thread shows it, ms; null: it is there. */
  goneSince: number | null;
  refused: boolean;
  /** Its user looks at its trouble again then, ms. */
  againAt: number;
}

/** What stands on the screen. */
interface Screen {
  /** Nothing came: the browser's own page of regret. */
  dead: boolean;
  login: boolean;
  /** Words in the composer; null: there is none. */
  composed: string | null;
  mode: string;
  entries: Shown[];
  unsent: { id: string; failed: boolean; stale: boolean; body: string }[];
}

/** Run in the page, tells its last `most` lines; a string, because the harness is not compiled for browsers. */
const looking = (most: number) => `(() => {
  const area = document.querySelector('[data-mode] textarea');
  const lines = [...document.querySelectorAll('li[data-message-state]')];
  const stored = lines.filter((line) => line.dataset.messageId !== undefined).slice(-${most});
  return {
    dead: location.protocol === 'chrome-error:',
    login: document.querySelector('input[name=password]') !== null,
    composed: area ? area.value : null,
    mode: area ? area.closest('[data-mode]').dataset.mode : '',
    entries: stored.map(({ dataset }) => [
      Number(dataset.seq), dataset.messageId, Number(dataset.version), dataset.clientId ?? null,
    ]),
    unsent: lines
      .filter(({ dataset }) => dataset.messageId === undefined && dataset.messageState !== 'elsewhere')
      .map((line) => ({
        id: line.dataset.clientId,
        failed: line.dataset.messageState === 'failed',
        stale: line.dataset.stale !== undefined,
        body: line.textContent,
      })),
  };
})()`;

/** The clock of the page can be put wrong, as that of a headless client. */
const CLOCK = `(() => {
  const RealDate = Date;
  let shiftMs = 0;
  globalThis.shiftClock = (ms) => { shiftMs = ms; };
  globalThis.Date = class Date extends RealDate {
    constructor(...given) {
      if (given.length === 0) super(RealDate.now() + shiftMs);
      else super(...given);
    }
    static now() { return RealDate.now() + shiftMs; }
  };
})()`;

/** A page that is cut off while it loads cannot load: it says so, and is opened again. */
const CUT_WHILE_LOADING = /dynamically imported module|preload CSS|importing a module/;
const UPLOAD_TRIES = 20;
const LOOK_MS = 250;
/** What changes is at the end; the whole thread is looked at once, in the end. */
const LOOK_AT = 100;
const EVERYTHING = 1_000_000;
const PRESS_MS: [low: number, high: number] = [2_000, 4_000];
/** Pressed Enter: this long until the words stand in the thread. */
const ECHO_MS = 15_000;
/** A page that shows nothing of use for so long is loaded again by its user. */
const PATIENCE_MS = 25_000;
const DEAD_MS = 1_000;
const AGAIN_MS = 1_500;
const LETTERS = 3;
const GONE_MS = 10_000;
const ENTER_MS = 180_000;
/** A second tab that shows nothing after so long is closed again. */
const TAB_MS = 15_000;

/** Large enough that its line can be cut while it is on its way. */
const aFile = () => ({
  name: 'chaos.txt',
  mimeType: 'text/plain',
  buffer: Buffer.alloc(512 * 1024, 'otklik\n'),
});

const now = () => performance.timeOrigin + performance.now();

/** The built client in a real Chromium: it writes into the real composer, and only what the screen shows is believed. */
export class BrowserClient implements Member {
  readonly name: string;
  readonly line: ClientLine;
  private pressing = false;
  private ended = false;
  private incarnation = 0;
  private openedAt = 0;
  /** When the thread was last seen, ms. */
  private shownAt = 0;
  private pressAt = 0;
  private shiftMs = 0;
  private readonly waiting = new Map<string, Pressed>();
  private readonly answered: Pressed[] = [];
  /** By number: `id version`, as noted last; null: nothing since the page was opened. */
  private noted: Map<number, string> | null = null;
  /** Done one after the other, in between two looks. */
  private readonly errands: (() => Promise<void>)[] = [];
  private readonly living: Promise<void>;

  private constructor(
    private readonly options: PageOptions,
    private readonly context: BrowserContext,
    private readonly page: Page,
  ) {
    this.name = options.name;
    this.line = options.line;
    page.setDefaultTimeout(5_000);
    page.on('pageerror', ({ message }) => {
      if (!CUT_WHILE_LOADING.test(message)) options.trouble(`${this.name}: ${message}`);
    });
    page.on('crash', () => options.trouble(`${this.name}: the page crashed`));
    this.living = this.live();
  }

  static async open(options: PageOptions): Promise<BrowserClient> {
    const context = await options.browser.newContext({
      locale: 'ru-RU',
      timezoneId: 'Europe/Moscow',
      viewport: { width: 1000, height: 700 },
      reducedMotion: 'reduce',
    });
    await context.addInitScript(CLOCK);
    return new BrowserClient(options, context, await context.newPage());
  }

  /** @throws when its thread is not on the screen within three minutes */
  async entered(): Promise<void> {
    const deadline = now() + ENTER_MS;
    while (this.shownAt === 0) {
      if (now() > deadline) throw new Error(`${this.name} does not come to its appeal`);
      await pause(LOOK_MS);
    }
  }

  order(order: MemberOrder): void {
    if (order.do === 'press') this.pressing = order.yes;
    else if (order.do === 'offline') void this.context.setOffline(order.yes).catch(() => undefined);
    else if (order.do === 'clock') {
      this.shiftMs = order.shiftMs;
      void this.setClock();
    } else this.errands.push(() => this.resend());
  }

  reload(): Promise<void> {
    return this.soon(() => this.load());
  }

  /** Tries until the message stands in the thread: the line it comes over is about to be cut. */
  upload(tries = UPLOAD_TRIES): void {
    this.errands.push(async () => {
      const screen = await this.see(this.page);
      const isSent = screen?.composed != null && (await this.press(this.page, screen, aFile()));
      if (!isSent && tries > 1) this.upload(tries - 1);
    });
  }

  sendFromTwoTabs(): Promise<boolean> {
    return new Promise((resolve) => {
      this.errands.push(async () => resolve(await this.pressInTwoTabs().catch(() => false)));
    });
  }

  async unanswered(): Promise<number> {
    return this.waiting.size + this.errands.length + (this.isShown() ? 0 : 1);
  }

  async final(): Promise<number> {
    let open = 0;
    await this.soon(async () => {
      const screen = await this.see(this.page, EVERYTHING);
      if (!screen || screen.entries.length === 0)
        this.options.trouble(`${this.name}: its thread is not on the screen in the end`);
      else {
        this.tell(screen, true);
        open = 1;
      }
    });
    return open;
  }

  async end(): Promise<void> {
    this.ended = true;
    await this.context.close().catch(() => undefined);
    await this.living;
    await this.line.end();
  }

  /** In between two looks; resolves when it is done. */
  private soon(errand: () => Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      this.errands.push(async () => {
        await errand();
        resolve();
      });
    });
  }

  private isShown(): boolean {
    return this.shownAt > this.openedAt && now() - this.shownAt < 2_000;
  }

  /* ── Its life ─────────────────────────────────────────────── */

  private async live(): Promise<void> {
    await this.load();
    while (!this.ended) {
      const errand = this.errands.shift();
      if (errand) await errand();
      else await this.look();
      await pause(LOOK_MS);
    }
    for (const errand of this.errands.splice(0)) await errand();
  }

  /** Opens the page, or opens it anew. */
  private async load(): Promise<void> {
    const { person } = this.options;
    this.incarnation += 1;
    this.noted = null;
    for (const pressed of this.waiting.values()) pressed.goneSince = null;
    this.options.note({
      t: now(),
      c: this.name,
      ev: 'start',
      person: person.person,
      side: person.side,
      dealer: person.dealer,
      incarnation: this.incarnation,
    });
    await this.goIn(this.page);
    this.openedAt = now();
    await this.setClock();
  }

  private async goIn(page: Page): Promise<void> {
    const { person, appeal } = this.options;
    const address = `${person.side === 'staff' ? 'inbox/all' : 'appeals'}/${appeal.no}`;
    await page
      .goto(`http://127.0.0.1:${this.line.port}/${address}`, {
        waitUntil: 'commit',
        timeout: PATIENCE_MS,
      })
      .catch(() => undefined);
  }

  private async setClock(): Promise<void> {
    await this.page
      .evaluate(`globalThis.shiftClock?.(${Math.round(this.shiftMs)})`)
      .catch(() => undefined);
  }

  /** @returns null while the page is between two documents */
  private see(page: Page, most = LOOK_AT): Promise<Screen | null> {
    return page.evaluate<Screen>(looking(most)).catch(() => null);
  }

  private async look(): Promise<void> {
    const screen = await this.see(this.page);
    if (this.ended) return;
    if (screen && screen.composed !== null && screen.entries.length > 0) {
      this.shownAt = now();
      this.tell(screen, false);
      await this.mend(screen);
      if (this.pressing && now() >= this.pressAt) {
        this.pressAt = now() + between(this.options.random, ...PRESS_MS);
        await this.press(this.page, screen);
      }
      return;
    }
    if (screen?.login) await this.signIn();
    const since = now() - Math.max(this.openedAt, this.shownAt);
    if (since > (screen?.dead ? DEAD_MS : PATIENCE_MS)) await this.load();
  }

  private async signIn(): Promise<void> {
    const { login, password } = this.options.person;
    await tried(async () => {
      await this.page.locator('input[name=login]').fill(login);
      await this.page.locator('input[name=password]').fill(password);
      await this.page.locator('form button[type=submit]').click();
      await this.page.locator('input[name=password]').waitFor({ state: 'detached' });
    });
  }

  /* ── Pressing ─────────────────────────────────────────────── */

  /** In a second tab, and in the first before that has its answer; then the second is closed, whoever of them sends. */
  private async pressInTwoTabs(): Promise<boolean> {
    const second = await this.context.newPage();
    try {
      await this.goIn(second);
      const deadline = now() + TAB_MS;
      let there = await this.see(second);
      while (there?.composed == null || there.entries.length === 0) {
        if (now() > deadline) return false;
        await pause(LOOK_MS);
        there = await this.see(second);
      }
      if (!(await this.press(second, there))) return false;
      const here = await this.see(this.page);
      return here?.composed != null && (await this.press(this.page, here));
    } finally {
      await second.close();
    }
  }

  /** @returns whether the message stands in the thread, stored or on its way */
  private async press(
    page: Page,
    { mode }: Screen,
    file?: ReturnType<typeof aFile>,
  ): Promise<boolean> {
    const { random, person, appeal, trouble } = this.options;
    const kind = person.side === 'staff' && random() < 0.3 ? 'note' : 'message';
    const body = canary(random, kind, appeal.dealer);
    const area = page.locator('[data-mode] textarea');
    const written = await tried(async () => {
      if ((mode === 'note') !== (kind === 'note')) await area.press('Control+Period');
      if (file) await page.locator('[data-mode] input[type=file]').setInputFiles(file);
      // The last letters key by key; all of them would take a second of every try.
      await area.fill(body.slice(0, -LETTERS));
      await area.pressSequentially(body.slice(-LETTERS));
    });
    const before = await this.see(page);
    // A person who finds other words there than his own does not press Enter.
    if (!written || before?.composed !== body || before.mode !== (kind === 'note' ? kind : 'reply'))
      return false;
    const at = now();
    const sent = await tried(() => area.press('Enter'));
    while (now() - at < ECHO_MS && !this.ended) {
      const screen = await this.see(page);
      const id =
        screen?.unsent.find((one) => one.body.includes(body))?.id ??
        (await this.storedAs(page, screen, body));
      if (id !== undefined) {
        this.waiting.set(id, {
          id,
          kind,
          body,
          seenSeq: before.entries.at(-1)?.[0] ?? 0,
          incarnation: this.incarnation,
          goneSince: null,
          refused: false,
          againAt: 0,
        });
        this.options.note({
          ...{ t: at, c: this.name, ev: 'press', id, appeal: appeal.id, kind },
          ...(file ? { files: 1 } : {}),
        });
        return true;
      }
      await pause(30);
    }
    if (sent && !this.ended)
      trouble(`${this.name}: ${body} was sent, and the thread does not show it`);
    return false;
  }

  /** Under which id the words are in the thread already, when the answer was quicker than the look. */
  private async storedAs(
    page: Page,
    screen: Screen | null,
    body: string,
  ): Promise<string | undefined> {
    if (!screen) return undefined;
    const line = page.locator('li[data-message-id][data-client-id]', { hasText: body }).last();
    if ((await line.count().catch(() => 0)) === 0) return undefined;
    return (await line.getAttribute('data-client-id').catch(() => null)) ?? undefined;
  }

  /** What a person does with a message that did not go: tries again, and sends a held answer anyway. */
  private async mend(screen: Screen): Promise<void> {
    for (const { id, failed, stale } of screen.unsent) {
      const pressed = this.waiting.get(id);
      if (!failed || !pressed || now() < pressed.againAt) continue;
      pressed.againAt = now() + AGAIN_MS;
      pressed.refused ||= stale;
      const name = stale ? 'Отправить всё равно' : 'Повторить';
      const button = this.page
        .locator(`li[data-client-id="${id}"][data-message-state=failed]`)
        .getByRole('button', { name, exact: true });
      this.options.note(
        stale
          ? { t: now(), c: this.name, ev: 'refused', id, code: 'stale' }
          : { t: now(), c: this.name, ev: 'retried', id },
      );
      await tried(() => button.click({ timeout: 1_000 }));
    }
  }

  /** The same command once more under its id, long after and at once. */
  private async resend(): Promise<void> {
    const { random, appeal } = this.options;
    const late = this.answered[Math.floor(random() * this.answered.length)];
    // The one whose turn it is: one that waits behind it would overtake it, which no double click does.
    const early = [...this.waiting.values()].find(({ refused }) => !refused);
    for (const pressed of [late, early]) {
      if (!pressed) continue;
      const { id, kind, body, seenSeq } = pressed;
      const seen = kind === 'note' ? {} : { seenSeq };
      await tried(() =>
        this.page.evaluate(
          ([path, sent]) =>
            fetch(path, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: sent,
              signal: AbortSignal.timeout(5_000),
            }).then((answer) => answer.text()),
          [
            `/api/appeals/${appeal.id}/entries`,
            JSON.stringify({ clientId: id, kind, body, ...seen }),
          ] as const,
        ),
      );
    }
  }

  /* ── Telling what is shown ────────────────────────────────── */

  private tell({ entries, unsent }: Screen, final: boolean): void {
    const { note, appeal } = this.options;
    const screen = new Map(entries.map(([number, id, version]) => [number, `${id} ${version}`]));
    const lowest = entries[0]?.[0] ?? 1;
    let from = this.noted === null ? lowest : Infinity;
    for (const [number, what] of screen)
      if (this.noted?.get(number) !== what) from = Math.min(from, number);
    for (const number of this.noted?.keys() ?? [])
      if (number >= lowest && !screen.has(number)) from = Math.min(from, number);
    this.noted = screen;
    this.tellAnswers(entries, unsent);
    if (from === Infinity && !final) return;
    const first = final ? lowest : from;
    note({
      t: now(),
      c: this.name,
      ev: 'read',
      appeal: appeal.id,
      last: entries.at(-1)?.[0] ?? 0,
      from: first,
      entries: entries.filter(([number]) => number >= first),
      sparse: true,
      ...(final ? { final } : {}),
    });
  }

  private tellAnswers(entries: readonly Shown[], unsent: Screen['unsent']): void {
    const queued = new Set(unsent.map(({ id }) => id));
    const stored = new Map(
      entries.flatMap(([number, entry, , id]) =>
        id === null ? [] : [[id, { number, entry }] as const],
      ),
    );
    for (const pressed of this.waiting.values()) {
      const { number: n = 0, entry = '' } = stored.get(pressed.id) ?? {};
      if (entry === '') {
        if (queued.has(pressed.id)) pressed.goneSince = null;
        else pressed.goneSince ??= now();
        if (pressed.goneSince === null || now() - pressed.goneSince < GONE_MS) continue;
      }
      this.waiting.delete(pressed.id);
      // Opened anew, the page begins with the newest messages: an older one may be stored, and out of sight.
      if (entry === '' && pressed.incarnation !== this.incarnation) continue;
      this.answered.push(pressed);
      this.options.note({
        t: now(),
        c: this.name,
        ev: 'ack',
        id: pressed.id,
        appeal: this.options.appeal.id,
        entry,
        n,
      });
    }
  }
}

/** A page may go, or change, under every hand. @returns whether it was done */
async function tried(what: () => Promise<unknown>): Promise<boolean> {
  return what().then(
    () => true,
    () => false,
  );
}
