import { randomUUID } from 'node:crypto';
import { createServer, type Server as HttpServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { ATTACHMENT_EXTENSIONS } from '@otklik/shared/attachments';
import { MESSAGE_MAX } from '@otklik/shared/limits';
import type { SessionEndReason } from '@otklik/shared/errors';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import * as z from 'zod';
import type { Config } from './config';
import { entities } from './entities';
import {
  aimAllLadders,
  appealRoutes,
  createAppealListService,
  createAppealService,
  createDirectoryService,
  createDryRunService,
  createEntryChangeService,
  createLedgerService,
  createNoticeService,
  createQuestionService,
  createRetarget,
  createSyncService,
  createThreadService,
  createWaitService,
  DIRECTORIES_CHANGED,
  directoryRoutes,
  dryRunRoutes,
  ledgerRoutes,
  mergeRoutes,
  createMergeService,
  createSplitService,
  noticeRoutes,
  questionRoutes,
  appealScope,
  standingFrom,
  standingOf,
  startClockPoller,
  tellAppeal,
  tellOfContacts,
} from './modules/appeals';
import {
  attachmentRoutes,
  createAttachmentService,
  createFileLinks,
  createUploadService,
  filesByLink,
} from './modules/attachments';
import { auditRoutes, createAuditService } from './modules/audit';
import { companyRoutes, createCompanyService } from './modules/company';
import {
  createContactService,
  createDealerService,
  DEALER_CHANGED,
  dealerRoutes,
} from './modules/dealers';
import { createDraftService, draftRoutes } from './modules/drafts';
import { createMacroService, macroRoutes } from './modules/macros';
import { createOrderService, orderNews, orderRoutes } from './modules/orders';
import {
  accountRoutes,
  channels,
  createIntegrationService,
  createPasswordLinkService,
  createRefusalLog,
  createSessionService,
  createSignOnService,
  createStaffService,
  jobRights,
  peopleRoutes,
  refuseUnenrolled,
  refuseViewing,
  rightsRoutes,
  roleRoutes,
  createRoleService,
  rooms,
  roomsOf,
  shownAddress,
  type Actor,
  type RefusalLog,
} from './modules/people';
import { createProofService, proofRoutes } from './modules/proof';
import { createOnline, createPresenceService, presenceRoutes } from './modules/presence';
import { createFactsService, createReportService, reportRoutes } from './modules/reports';
import { createCensus, createSeatsService, seatsRoutes } from './modules/seats';
import {
  calendarRoutes,
  createDealerGroupService,
  createLadderService,
  createPolicyPreviewService,
  createPolicyService,
  createSlaService,
  ladderRoutes,
  policyRoutes,
} from './modules/sla';
import { clientFiles, clientRelease } from './platform/client-files';
import { openDb, type Db } from './platform/db';
import { createDoors, type Doors } from './platform/doors';
import { AppError, fail } from './platform/errors';
import { createLocalFiles } from './platform/files';
import {
  createApi,
  problems,
  requestIds,
  sameOriginWrites,
  toldPath,
  unknownPath,
  type RefusedCall,
} from './platform/http';
import { startJobs } from './platform/jobs';
import type { Log } from './platform/log';
import { createMetrics } from './platform/metrics';
import { openApi } from './platform/openapi';
import { createPace } from './platform/pace';
import { connectRedis } from './platform/redis';
import { createTransfers } from './platform/transfers';
import { bodyWithin, cutStill, requestLimits, SERVER_LIMITS } from './platform/request-limits';
import { createSecrets } from './platform/secrets';
import {
  createSocketServer,
  takesHints,
  type AppServer,
  type SocketServer,
} from './platform/socket';

export interface AppOptions {
  config: Config;
  databaseUrl: string;
  log: Log;
  /** Tests and the demo loader fix the time; otherwise the database's clock decides. */
  now?: () => Date;
  /** Off in tests that look at the tables themselves. */
  background?: boolean;
  /** Where the built client lies; the place beside the server's bundle by default. */
  clientFolder?: string;
}

const VERSION = '0.1.0';
const JSON_LIMIT = '1mb';
/** 500 orders with their lines fit well. */
const EXCHANGE_LIMIT = '20mb';
/** All of them have to arrive within this time. */
const JSON_MS = 60_000;
/** Requests that are still running when the server stops get this long. */
const STOP_PATIENCE_MS = 10_000;

const SessionEnded = z.object({ sessionId: z.uuid(), reason: z.string() });

export type App = Awaited<ReturnType<typeof createApp>>;

/** Builds every module by hand: the wiring diagram of the server. Listens only when `listen` is called. */
export async function createApp({
  config,
  databaseUrl,
  log,
  now,
  background = true,
  clientFolder,
}: AppOptions) {
  const clock = now ?? (() => new Date());
  const fixed = now ? { now } : {};
  const metrics = createMetrics();
  const db = await openDb({ url: databaseUrl, entities, poolSize: config.databasePool, log });
  const http = express();
  const server = createServer(SERVER_LIMITS, http);
  cutStill(server);

  /* People */
  const sla = createSlaService({ db, log, now: clock });
  const { forgetRules, changeRules } = sla;
  const rules = { db, log, now: clock, forgetRules, changeRules };
  const policies = createPolicyService(rules);
  const groups = createDealerGroupService(rules);
  const ladder = createLadderService(rules);
  const previews = createPolicyPreviewService({ db, now: clock });
  await sla.start();
  const company = createCompanyService({
    db,
    now: clock,
    changed: () => void cutDealersOff().catch((err: unknown) => log.error({ err }, 'cutting off')),
  });
  await company.start();
  const audit = createAuditService({
    db,
    now: clock,
    zone: async () => (await sla.company()).zone,
  });
  const refusals = createRefusalLog({ db, log });
  const secrets = createSecrets({ given: config.secretsKey, dataDir: config.dataDir });
  const sessions = createSessionService({
    db,
    config,
    now: clock,
    log,
    secrets,
    company: () => sla.company(),
    isOnline: (room) => isOnline(room),
    refusals,
    async admit({ side }) {
      const message = side === 'dealer' ? await company.closed() : null;
      if (message !== null) throw fail('portal_closed', { message });
    },
    tellSettings: (personId, settings) =>
      io.to(rooms.person(personId)).emit('settings:news', settings),
    limits: async () => ({
      filesPerMessage: config.filesPerMessage,
      fileBytes: config.fileMaxBytes,
      fileExtensions: [...ATTACHMENT_EXTENSIONS],
      messageCharacters: MESSAGE_MAX,
      editMinutes: await company.editMinutes(),
    }),
  });
  const integrations = createIntegrationService({ db, now: clock });
  const signOn = createSignOnService({
    ...{ db, now: clock, log, secrets },
    signOn: sessions.signOn,
    provider: config.signOn,
  });
  const links = createPasswordLinkService({ db, now: clock });
  const staff = createStaffService({ db, now: clock });
  const dealers = createDealerService({
    db,
    now: clock,
    isOnline: (room) => isOnline(room),
  });
  const contacts = createContactService({
    db,
    now: clock,
    tellOfContacts: (tx, changed) => tellOfContacts(tx, sla, changed),
  });

  /* Appeals and what belongs to them */
  const tell = (happening: Parameters<typeof tellAppeal>[1]) => {
    for (const { row } of happening.entries) metrics.entries.inc({ kind: row.kind });
    tellAppeal(io, happening);
    presence.appealChanged(happening.facts.row.id, standingFrom(happening.facts));
  };
  const appeals = createAppealService({
    db,
    sla,
    filesPerMessage: config.filesPerMessage,
    tell,
    isOnline: (room) => isOnline(room),
    ...fixed,
  });
  let sends = 0;
  /** For long work that nobody waits for: whoever sends goes first. */
  const pace = () => createPace(() => sends);
  const threads = createThreadService({
    db,
    sla,
    filesPerMessage: config.filesPerMessage,
    tell,
    tellMark: (personId, mark) => io.to(rooms.person(personId)).emit('appeal:mark', mark),
    batched(size) {
      metrics.batch.observe(size);
      sends += size;
    },
    decided: (from) => metrics.decisions.inc({ from }),
    guards: company.guards,
    ...fixed,
  });
  const entryChanges = createEntryChangeService({
    db,
    editMinutes: company.editMinutes,
    tell,
    ...fixed,
  });
  const lists = createAppealListService({ db, ...fixed });
  const sync = createSyncService({ db, counts: lists.counts });
  const storage = createLocalFiles(config.uploadsDir);
  const attachments = createAttachmentService({
    db,
    config,
    storage,
    now: clock,
    mayReadEntry: appeals.mayReadEntry,
    recordDownload: audit.recordDownload,
  });
  const notices = createNoticeService({
    db,
    tell(personIds) {
      const at = clock().toISOString();
      io.local.to(personIds.map(rooms.person)).emit('notice:news', { at });
    },
    ...fixed,
  });
  const waits = createWaitService({ db, sla, silence: company.silence, tell, log, ...fixed });
  const questions = createQuestionService({ db, appeals, tell, log, ...fixed });
  const retarget = createRetarget({ db, sla, tell, log, pace, ...fixed });
  const uploads = createUploadService({ db, config, storage, now: clock, attachments });
  const proof = createProofService({ db, ...fixed });
  const orders = createOrderService({
    db,
    now: clock,
    visibleAppeals: lists.linkedTo,
    publish: (changed) => orderNews(io, changed),
  });

  const drafts = createDraftService({
    db,
    now: clock,
    tell: (sessionIds, draft) => io.to(sessionIds.map(rooms.session)).emit('draft:news', draft),
  });

  const macros = createMacroService({ db, now: clock });

  const zone = async () => (await sla.company()).zone;
  const facts = createFactsService({ db, log, pace, zone, calendarById: sla.calendarById });
  const reports = createReportService({ db, facts, zone, now: clock, appealScope });

  /* Edges */
  const transfers = createTransfers();
  const api = createApi<Actor>({
    log,
    authenticate: (req) => sessions.authenticate(req.headers.cookie, req.get('x-session'), req.ip),
    authenticateIntegration: (req, route) =>
      integrations.authenticateIntegration(req.headers.authorization, route),
    admit(actor, route) {
      refuseUnenrolled(actor, route);
      refuseViewing(actor, route);
    },
    moves: transfers.follow,
    refused: (call) => noteRefused(refusals, clock(), call),
  });
  const ledgers = createLedgerService({ db, sla, appeals });
  const merges = createMergeService({ db, sla, appeals, tell, ...fixed });
  const splits = createSplitService({ db, sla, appeals, tell, ...fixed });
  peopleRoutes(api, { sessions, config });
  accountRoutes(api, { links, staff, integrations, sessions, signOn, config });
  roleRoutes(api, createRoleService({ db, now: clock }));
  dealerRoutes(api, { dealers, contacts });
  calendarRoutes(api, sla);
  policyRoutes(api, { policies, previews, groups });
  ladderRoutes(api, ladder);
  companyRoutes(api, company);
  appealRoutes(api, { appeals, threads, entryChanges, lists, sync });
  directoryRoutes(api, createDirectoryService({ db, now: clock }));
  ledgerRoutes(api, ledgers);
  mergeRoutes(api, { merges, splits });
  noticeRoutes(api, notices);
  questionRoutes(api, questions);
  const fileLinks = createFileLinks({ db, now: clock });
  attachmentRoutes(api, attachments, { uploads, links: fileLinks, config });
  dryRunRoutes(api, createDryRunService({ db, now: clock }));
  orderRoutes(api, orders);
  draftRoutes(api, drafts);
  macroRoutes(api, macros);
  proofRoutes(api, proof);
  reportRoutes(api, reports);
  const doors = createDoors();
  rightsRoutes(api, doors);
  auditRoutes(api, audit);

  const redis =
    config.redisUrl === undefined
      ? null
      : connectRedis({
          url: config.redisUrl,
          log,
          failed: () => metrics.redisFailures.inc(),
          changed: (connected) => metrics.redisConnected.set(connected ? 1 : 0),
        });
  const sockets = createSocketServer<Actor>({
    server,
    path: `${config.basePath}socket.io`,
    publicOrigins: config.publicOrigins,
    log,
    async authenticate(cookies, claimed) {
      const actor = await sessions.authenticate(cookies, claimed);
      // A line would be heard of: presence, receipts, what is read. Whoever only looks has none.
      if (actor.viewedBy) throw fail('viewing_only', {});
      return actor;
    },
    isUnchanged: (actor, now) =>
      actor.rightsVersion === now.rightsVersion &&
      actor.name === now.name &&
      actor.enrolmentNeeded === now.enrolmentNeeded,
    sessionOf: (actor) => actor.sessionId,
    accountOf: (actor) => actor.personId,
    roomsOf,
    commands: api.commands,
    adapter: redis?.adapter ?? null,
  });
  const { io, siblings } = sockets;
  io.on('connection', (socket) => {
    metrics.sockets.inc();
    socket.once('disconnect', () => {
      metrics.sockets.dec();
      presence.gone(socket.id);
    });
  });
  const online = createOnline({
    node: randomUUID(),
    local: io.sockets.adapter,
    siblings,
    counts: (room) => /^(person|session):/.test(room),
    now: () => Date.now(),
  });
  const { isOnline } = online;
  const presence = createPresenceService({
    standingOf: (appealId) => standingOf(db, appealId),
    tell(socketId, view) {
      const socket = io.sockets.sockets.get(socketId);
      if (socket && takesHints(socket)) socket.emit('presence:news', view);
    },
    isOpen: (socketId) => io.sockets.sockets.has(socketId),
    siblings,
    now: clock,
    log,
  });
  presenceRoutes(api, presence);
  const census = createCensus({
    *local() {
      for (const { data } of io.sockets.sockets.values()) yield data.actor;
    },
    siblings,
    hasSiblings: redis !== null,
  });
  seatsRoutes(api, createSeatsService({ db, now: clock, sockets: census }));

  /** Closed to dealers: their connections end on this node; each node hears of it from the database. */
  async function cutDealersOff(): Promise<void> {
    const message = await company.closed();
    if (message === null) return;
    for (const socket of io.sockets.sockets.values()) {
      if (socket.data.actor.side !== 'dealer') continue;
      socket.emit('portal:closed', { message });
      socket.disconnect(true);
    }
  }

  mountHttp(http, {
    config,
    log,
    metrics,
    db,
    api,
    files: filesByLink(attachments, {
      ...{ links: fileLinks, storage, resume: sessions.resume, moves: transfers.follow },
    }),
    doors,
    clientFolder: clientFolder ?? fileURLToPath(new URL('../../client/dist', import.meta.url)),
    isStopping: () => stopping,
  });

  /* An ended session or a lost right reaches its sockets and files wherever they are: every node hears of it from the database, and cuts its own. */
  const cutRoom = (room: string) => io.local.in(room).disconnectSockets(true);
  const lives = async (sessionId: string) => {
    try {
      await sessions.resume(sessionId);
      return true;
    } catch (error) {
      // A database that does not answer has ended nobody's session.
      return !(error instanceof AppError);
    }
  };
  const recheck = () => {
    void sockets.recheck();
    void transfers.recheck(lives);
  };
  const deaf = [
    await db.listen(
      channels.sessionEnded,
      (payload) => {
        const ended = cutSession(io, payload);
        if (ended !== null) transfers.cutSession(ended);
      },
      recheck,
    ),
    await db.listen(
      channels.rightsChanged,
      (personId) => {
        cutRoom(rooms.person(personId));
        transfers.cutPerson(personId);
      },
      recheck,
    ),
    await notices.start(),
    await db.listen(channels.deviceMet, (personId) =>
      io.local.to(rooms.person(personId)).emit('device:news', { at: clock().toISOString() }),
    ),
    await db.listen(DIRECTORIES_CHANGED, () =>
      io.local.emit('directory:news', { at: clock().toISOString() }),
    ),
    await db.listen(DEALER_CHANGED, (dealerId) => {
      io.local.to(rooms.staff).emit('dealer:news', { dealerId });
      const at = clock().toISOString();
      io.local.to(rooms.company(dealerId)).emit('contacts:news', { at });
    }),
    await db.listen(channels.sessionNamed, (id) => cutRoom(rooms.session(id)), recheck),
  ];

  /* Background work. It begins with `listen`: whoever loads data of the past first must not be overtaken by the clock poller. */
  async function startBackground() {
    const jobs = await startJobs(
      databaseUrl,
      jobRights,
      {
        async sweepUploads() {
          await attachments.sweepUnused();
          await uploads.sweepUnfinished();
        },
        expireSessions: () => sessions.sweep(),
        sweepDrafts: () => drafts.sweep(),
        followFacts: () => facts.follow(),
        async retargetClocks() {
          await retarget.all(() => stopping);
          await waits.lookAtAll();
        },
        aimLadder: () => aimAllLadders(db, sla, () => stopping, now),
        lookAtWaits: () => waits.lookAtAll(),
        sweepNotices: () => notices.sweep(),
        sweepAudit: () => audit.sweep(),
      },
      `17 * * * * sweepUploads\n*/5 * * * * expireSessions\n37 * * * * sweepDrafts\n* * * * * followFacts\n47 3 * * * sweepNotices\n27 4 * * * sweepAudit`,
      log,
    );
    const poller = startClockPoller({
      db,
      appeals,
      log,
      breached: (kind) => metrics.breaches.inc({ kind }),
      async also() {
        await waits.poll();
        await questions.poll();
        await notices.deliver();
      },
    });
    return { jobs, poller };
  }
  let work: Awaited<ReturnType<typeof startBackground>> | null = null;

  let stopping = false;
  let stopped: Promise<void> | undefined;
  return {
    server,
    io,
    db,
    api,
    doors,
    services: {
      sessions,
      integrations,
      dealers,
      sla,
      appeals,
      retarget,
      notices,
      waits,
      questions,
      threads,
      ledgers,
      lists,
      sync,
      attachments,
      uploads,
      orders,
      drafts,
      macros,
      proof,
      presence,
      facts,
      reports,
      audit,
      refusals,
    },

    /** Starts to answer and to work in the background. @returns the port, which differs from the asked one when that was 0 */
    async listen(port = config.port, host = config.host): Promise<number> {
      if (background) work ??= await startBackground();
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          const address = server.address();
          resolve(typeof address === 'object' && address !== null ? address.port : port);
        });
      });
    },

    /** Stops without cutting anybody off in the middle: sockets are told to come back, running requests finish, then the pools close. */
    close: (): Promise<void> => (stopped ??= stop()),
  };

  async function stop(): Promise<void> {
    stopping = true;
    io.local.emit('server:stopping', { retryAfterMs: 1_000 });
    await work?.poller.stop();
    await finishRequests(server, sockets);
    presence.stop();
    online.stop();
    redis?.close();
    await work?.jobs.stop();
    await Promise.all(deaf.map((end) => end()));
    await sla.stop();
    await company.stop();
    await refusals.stop();
    await db.close();
  }
}

/** By right, or as what may not be seen; an address that leads nowhere is no refusal. */
const isRefusedAccess = ({ code, facts }: AppError) =>
  code === 'forbidden' ||
  code === 'bad_origin' ||
  (code === 'not_found' && 'what' in facts && facts.what !== 'path');

function noteRefused(
  refusals: Pick<RefusalLog, 'note'>,
  at: Date,
  { actor, address, what, error }: RefusedCall<Actor>,
): void {
  if (!isRefusedAccess(error)) return;
  refusals.note(actor ? `session:${actor.sessionId}` : `network:${address ?? ''}`, {
    ...{ kind: 'refusal', action: 'access.refused', by: actor, at },
    ...{ address: shownAddress(address), dealerId: actor?.dealerId ?? null, subjectId: null },
    ...{ subject: what, before: null, after: { code: error.code } },
  });
}

/** @returns whose session it was, by its id; null for a message that is none */
function cutSession(io: AppServer<Actor>, payload: string): string | null {
  const parsed = SessionEnded.safeParse(JSON.parse(payload));
  if (!parsed.success) return null;
  const { sessionId } = parsed.data;
  const room = rooms.session(sessionId);
  io.local.to(room).emit('session:ended', { reason: parsed.data.reason as SessionEndReason });
  io.local.in(room).disconnectSockets(true);
  return sessionId;
}

async function finishRequests(server: HttpServer, sockets: SocketServer<Actor>): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const patience = new Promise((resolve) => setTimeout(resolve, STOP_PATIENCE_MS).unref());
  await Promise.race([sockets.finishCommands(), patience]);
  // A moment for farewell and answers to leave, then the connections, which would hold the server open:
  // those of sockets, and those that never became one.
  await new Promise((resolve) => setTimeout(resolve, 50));
  sockets.disconnectAll();
  // Each connection ends with the answer it waits for; a browser would keep it open for its next question.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const impatient = setTimeout(() => server.closeAllConnections(), STOP_PATIENCE_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(impatient);
}

interface HttpParts {
  config: Config;
  log: Log;
  metrics: ReturnType<typeof createMetrics>;
  db: Db;
  api: ReturnType<typeof createApi<Actor>>;
  files: RequestHandler<{ link: string }>;
  doors: Doors;
  clientFolder: string;
  isStopping: () => boolean;
}

/** Everything HTTP in the order a request meets it. */
function mountHttp(
  http: Express,
  { config, log, metrics, db, api, doors, files, clientFolder, isStopping }: HttpParts,
): void {
  http.disable('x-powered-by');
  http.set('trust proxy', config.trustProxyHops);
  http.set('query parser', 'simple');
  http.set('etag', false);
  http.use(requestIds);
  http.use((req, res, next) => {
    const began = process.hrtime.bigint();
    res.once('finish', () => {
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      metrics.requests.observe({ method: req.method, status: res.statusCode }, seconds);
      log.debug(
        {
          requestId: req.id,
          method: req.method,
          path: toldPath(req.path),
          status: res.statusCode,
          seconds,
        },
        'answered',
      );
    });
    if (isStopping()) res.setHeader('Connection', 'close');
    next();
  });
  http.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'blob:', 'data:'],
          fontSrc: ["'self'"],
          connectSrc: ["'self'"],
          manifestSrc: ["'self'"],
          workerSrc: ["'self'"],
          baseUri: ["'self'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
        },
      },
      strictTransportSecurity: config.publicOrigins.some((origin) => origin.startsWith('https://')),
      referrerPolicy: { policy: 'same-origin' },
    }),
  );
  http.use(requestLimits);

  const base = express.Router({ caseSensitive: true });
  doors.get(base, '/healthz', 'server.health', (_req, res) => void res.json({ alive: true }));
  doors.get(base, '/readyz', 'server.health', async (_req, res) => {
    if (isStopping()) throw fail('stopping', {});
    await db.query('SELECT 1 AS one');
    res.json({ ready: true });
  });
  doors.get(base, '/metrics', 'server.metrics', async (req, res) => {
    const allowed =
      config.metricsToken === undefined
        ? isLoopback(req.socket.remoteAddress) && req.headers['x-forwarded-for'] === undefined
        : req.headers.authorization === `Bearer ${config.metricsToken}`;
    if (!allowed) throw fail('not_found', { what: 'path' });
    res.setHeader('Cache-Control', 'no-store');
    res.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });

  const document = openApi(api.operations, VERSION, config.basePath);
  const routes = express.Router({ caseSensitive: true });
  const release = clientRelease(clientFolder);
  routes.use((req, res, next) => {
    res.setHeader('Cache-Control', 'no-store');
    // Nobody has an earlier answer that could still be right.
    delete req.headers['if-none-match'];
    delete req.headers['if-modified-since'];
    // Pages of an older build learn by it that there is a newer one (STA-10).
    if (release !== null) res.setHeader('X-Release', release);
    next();
  });
  routes.use(sameOriginWrites(config.publicOrigins));
  const inTime = bodyWithin(JSON_MS);
  routes.use((req, res, next) => (req.is('application/json') ? inTime(req, res, next) : next()));
  routes.use('/exchange', express.json({ limit: EXCHANGE_LIMIT, strict: true }));
  routes.use(express.json({ limit: JSON_LIMIT, strict: true }));
  doors.get(routes, '/openapi.json', 'server.api', (_req, res) => void res.json(document));
  doors.get(
    routes,
    '/docs',
    'server.api',
    (_req, res) => void res.type('html').send(docsPage(document)),
  );
  routes.use(api.router);
  routes.use(unknownPath);
  routes.use(api.refusals);
  base.use('/api', routes);
  doors.get(base, '/files/:link', 'file.read', files as RequestHandler);
  doors.files(base, '/', 'server.client', clientFiles(clientFolder, config.basePath, release));

  http.use(config.basePath, base);
  http.use(unknownPath);
  http.use(problems(log));
  doors.refuseOthers(
    http.router,
    api.operations.map(({ route }) => `${route.method} ${route.path}`),
  );
}

const isLoopback = (address: string | undefined) =>
  address === '127.0.0.1' || address === '::1' || address === '::ffff:127.0.0.1';

/** A plain page of all operations: no script, no foreign file. */
function docsPage(document: Record<string, unknown>): string {
  const escape = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const paths = document.paths;
  const lines =
    typeof paths === 'object' && paths !== null
      ? Object.entries(paths).flatMap(([path, operations]) =>
          Object.entries(operations as Record<string, unknown>).map(
            ([method, operation]) =>
              `<details><summary><b>${method.toUpperCase()}</b> ${escape(path)}</summary><pre>${escape(JSON.stringify(operation, null, 2))}</pre></details>`,
          ),
        )
      : [];
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Otklik API</title><h1>Otklik API ${VERSION}</h1><p><a href="openapi.json">openapi.json</a></p>${lines.join('\n')}</html>`;
}
