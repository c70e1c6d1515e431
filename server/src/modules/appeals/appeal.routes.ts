import * as c from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { Nothing } from '@otklik/shared/people';
import { AppealClocks } from '@otklik/shared/sla';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { AppealListService } from './appeal-list.service';
import type { AppealService } from './appeal.service';
import type { EntryChangeService } from './entry-change.service';
import type { SyncService } from './sync.service';
import type { ThreadService } from './thread.service';

export interface AppealServices {
  appeals: AppealService;
  threads: ThreadService;
  entryChanges: EntryChangeService;
  lists: AppealListService;
  sync: SyncService;
}

export function appealRoutes(
  api: Api<Actor>,
  { appeals, threads, entryChanges, lists, sync }: AppealServices,
): void {
  api.mount(appealsApi.directories, { input: Nothing, output: c.Directories }, (actor) =>
    appeals.directories(actor),
  );
  api.mount(appealsApi.sync, { input: c.Sync, output: c.SyncAnswer }, (actor, input) =>
    sync.sync(actor, input),
  );
  api.mount(appealsApi.list, { input: c.ListAppeals, output: c.AppealPage }, (actor, input) =>
    lists.list(actor, input),
  );
  api.mount(appealsApi.counts, { input: Nothing, output: c.AppealCounts }, (actor) =>
    lists.counts(actor),
  );
  api.mount(appealsApi.open, { input: c.OpenAppeal, output: c.Posted }, (actor, input) =>
    appeals.open(actor, input),
  );
  api.mount(appealsApi.cardByNo, { input: c.AppealNo, output: c.AppealCard }, (actor, input) =>
    appeals.card(actor, input),
  );
  api.mount(appealsApi.card, { input: c.AppealId, output: c.AppealCard }, (actor, input) =>
    appeals.card(actor, input),
  );
  api.mount(appealsApi.entries, { input: c.ListEntries, output: c.EntryPage }, (actor, input) =>
    threads.list(actor, input),
  );
  api.mount(appealsApi.post, { input: c.PostEntry, output: c.Posted }, (actor, input) =>
    threads.post(actor, input),
  );
  api.mount(appealsApi.entry, { input: c.EntryId, output: c.Entry }, (actor, input) =>
    entryChanges.get(actor, input),
  );
  api.mount(appealsApi.edit, { input: c.EditEntry, output: c.Posted }, (actor, input) =>
    entryChanges.edit(actor, input),
  );
  api.mount(appealsApi.delete, { input: c.DeleteEntry, output: c.Posted }, (actor, input) =>
    entryChanges.delete(actor, input),
  );
  api.mount(appealsApi.versions, { input: c.EntryId, output: c.EntryVersions }, (actor, input) =>
    entryChanges.versions(actor, input),
  );
  api.mount(appealsApi.markRead, { input: c.MarkRead, output: c.ReadMark }, (actor, input) =>
    threads.markRead(actor, input),
  );
  api.mount(appealsApi.markUnread, { input: c.MarkUnread, output: c.ReadMark }, (actor, input) =>
    threads.markUnread(actor, input),
  );
  api.mount(appealsApi.assign, { input: c.Assign, output: c.Appeal }, (actor, input) =>
    appeals.assign(actor, input),
  );
  api.mount(appealsApi.changeStatus, { input: c.ChangeStatus, output: c.Appeal }, (actor, input) =>
    appeals.changeStatus(actor, input),
  );
  api.mount(appealsApi.changeFields, { input: c.ChangeFields, output: c.Appeal }, (actor, input) =>
    appeals.changeFields(actor, input),
  );
  api.mount(appealsApi.pullIn, { input: c.PullIn, output: c.Appeal }, (actor, input) =>
    appeals.pullIn(actor, input),
  );
  api.mount(appealsApi.leave, { input: c.LeaveAppeal, output: c.Appeal }, (actor, input) =>
    appeals.leave(actor, input),
  );
  api.mount(appealsApi.linkOrder, { input: c.LinkOrder, output: c.Appeal }, (actor, input) =>
    appeals.linkOrder(actor, input),
  );
  api.mount(appealsApi.unlinkOrder, { input: c.LinkOrder, output: c.Appeal }, (actor, input) =>
    appeals.unlinkOrder(actor, input),
  );
  api.mount(appealsApi.noAnswerNeeded, { input: c.AppealId, output: c.Appeal }, (actor, input) =>
    appeals.noAnswerNeeded(actor, input),
  );
  api.mount(appealsApi.clocks, { input: c.AppealId, output: AppealClocks }, (actor, input) =>
    appeals.clocks(actor, input),
  );
  api.mount(appealsApi.reassign, { input: c.Reassign, output: c.Reassigned }, (actor, input) =>
    appeals.reassign(actor, input),
  );
  api.mount(appealsApi.board, { input: c.BoardQuery, output: c.Board }, (actor, input) =>
    lists.board(actor, input),
  );
}
