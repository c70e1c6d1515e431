/**
 * Appeals: the thread between a dealer and the company, everything said and done in it, and how it reaches every reader.
 *
 * Tables: `topic`, `appeal_type`, `appeal`, `entry`, `entry_version`, `idle_command`, `participant`, `read_mark`, `mention`, `appeal_order`, `sla_clock`, `sla_clock_step`, `clock_dispute`, `appeal_merge`, `ladder_fired`, `notice`, `dealer_wait`, `colleague_question`.
 * Tells: `appeal:news`, `appeal:mark`, `notice:news` and `directory:news` (by NOTIFY `notices_changed`, `directories_changed`, from every node) over the
 * socket after commit. Keeps `team`, a table of people, together with `topic`.
 * Hears: the job `retargetClocks` when policies, dealer groups or calendars change (`createRetarget`), `aimLadder` when the ladder
 * does, `lookAtWaits` when the rules of waiting for a dealer do.
 */
export { createAppealListService } from './appeal-list.service';
export { appealScope } from './appeal.policy';
export { tellAppeal, type AppealHappening } from './appeal.news';
export { appealRoutes } from './appeal.routes';
export { createAppealService, type AppealService } from './appeal.service';
export { standingFrom, standingOf, type Standing } from './appeal.standing';
export { startClockPoller } from './clock.poller';
export { tellOfContacts } from './contacts.notice';
export { createRetarget } from './retarget';
export { DIRECTORIES_CHANGED } from './directory.repository';
export { directoryRoutes } from './directory.routes';
export { createDirectoryService } from './directory.service';
export { createEntryChangeService } from './entry-change.service';
export { aimAllLadders } from './ladder.aim';
export { ledgerRoutes } from './ledger.routes';
export { createLedgerService } from './ledger.service';
export { mergeRoutes } from './merge.routes';
export { createMergeService } from './merge.service';
export { createSplitService } from './split.service';
export { noticeRoutes } from './notice.routes';
export { createNoticeService } from './notice.service';
export { questionRoutes } from './question.routes';
export { createQuestionService } from './question.service';
export { createSyncService } from './sync.service';
export { createThreadService, type ThreadService } from './thread.service';
export { createWaitService } from './wait.service';
export { dryRunRoutes } from './dry-run.routes';
export { createDryRunService } from './dry-run.service';
