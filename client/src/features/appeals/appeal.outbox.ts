import type { Appeal, ChangeStatus, Entry, OpenAppeal, PostEntry } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { AttachmentView } from '@otklik/shared/attachments';

import { call } from '../../platform/api';
import { serverNow } from '../../platform/clock';
import { onlyLooks } from '../../platform/looking';
import {
  browserStorage,
  createOutbox,
  memoryStorage,
  type Fate,
  type Outbox,
  type OutboxStorage,
  type Unsent,
} from '../../platform/outbox';
import { isRefusal, Offline, Refusal } from '../../platform/problem';
import { connection } from '../../platform/socket';
import { tabs } from '../../platform/tabs';
import { dropFile, keptFile } from './upload.bytes';
import { deliver } from './upload.courier';

/** A file of a message that the server does not have yet; its bytes lie in `upload.bytes`. */
export interface WaitingFile {
  clientId: string;
  name: string;
  mime: string;
  sizeBytes: number;
}
type PostInput = Omit<PostEntry, 'appealId' | 'clientId' | 'attachmentIds'>;
type OpenInput = Omit<OpenAppeal, 'clientId' | 'attachmentIds'>;

export interface PostCommand {
  kind: 'post';
  appealId: string;
  input: PostInput;
  /** Ride along so that the bubble can show them after a reload. */
  attachments: AttachmentView[];
  files?: WaitingFile[];
  /** Other words that went under the same id and may have arrived, oldest first; `editId` then changes them. */
  earlier?: PostInput[];
  editId?: string;
}
export interface OpenCommand {
  kind: 'open';
  input: OpenInput;
  attachments: AttachmentView[];
  files?: WaitingFile[];
}
/** What may be on its way to the server. */
export type AppealCommand =
  | PostCommand
  | OpenCommand
  | { kind: 'edit'; appealId: string; entryId: string; body: string }
  | { kind: 'delete'; appealId: string; entryId: string }
  | {
      kind: 'status';
      appealId: string;
      status: ChangeStatus['status'];
      solved?: ChangeStatus['solved'];
    };

export type UnsentAppealCommand = Unsent<AppealCommand>;

/** The row as it is after the command, and the entry it made or changed. */
export interface AppealAnswer {
  appeal: Appeal;
  entry: Entry | null;
}

export interface AppealOutboxOptions {
  settled: (unsent: UnsentAppealCommand, fate: Fate<AppealAnswer>) => void;
  /** False: the thread has a known gap, and nothing is said into it. */
  mayGo: (lane: string) => boolean;
  storage?: OutboxStorage<AppealCommand>;
}

/** The queue of everything that is written. One lane per appeal, in order; a new appeal is a lane of its own. */
export function createAppealOutbox(options: AppealOutboxOptions): Outbox<AppealCommand> {
  const outbox = createOutbox<AppealCommand, AppealAnswer>({
    storage: options.storage ?? ownStorage(),
    send,
    settled: options.settled,
    isOnline: () => connection.state === 'online',
    now: serverNow,
    mayGo: options.mayGo,
    tabs,
    // What was written behind an answer that may be out of place would be out of place too.
    holdsLane: ({ code }) => code === 'stale',
  });

  async function send(command: AppealCommand, clientId: string): Promise<AppealAnswer> {
    switch (command.kind) {
      case 'post':
        return post(await withFiles(command, clientId), clientId);
      case 'open': {
        const ready = await withFiles(command, clientId);
        return call(appealsApi.open, { ...ready.input, attachmentIds: idsOf(ready), clientId });
      }
      case 'edit': {
        const { appealId, entryId, body } = command;
        return call(appealsApi.edit, { appealId, entryId, body, clientId });
      }
      case 'delete': {
        const { appealId, entryId } = command;
        return call(appealsApi.delete, { appealId, entryId, clientId });
      }
      case 'status': {
        const { appealId, status, solved } = command;
        const appeal = await call(appealsApi.changeStatus, { appealId, status, solved, clientId });
        return { appeal, entry: null };
      }
    }
  }

  async function post(command: PostCommand, clientId: string): Promise<AppealAnswer> {
    const { appealId, input, earlier = [], editId } = command;
    const attachmentIds = idsOf(command);
    const say = (words: PostInput) =>
      call(appealsApi.post, { ...words, attachmentIds, appealId, clientId });
    try {
      return await say(input);
    } catch (error) {
      if (!isRefusal(error, 'same_id_other_content') || editId === undefined) throw error;
      // An earlier version did arrive, only its answer was lost: repeated, it tells its entry, which is then edited.
      for (const words of earlier) {
        try {
          const { entry } = await say(words);
          const body = input.body ?? '';
          return await call(appealsApi.edit, {
            ...{ appealId, body },
            entryId: entry.id,
            clientId: editId,
          });
        } catch (other) {
          if (!isRefusal(other, 'same_id_other_content')) throw other;
        }
      }
      throw error;
    }
  }

  /** Uploads what the message still waits for, one after the other; what arrived is remembered at once. */
  async function withFiles<Command extends PostCommand | OpenCommand>(
    command: Command,
    clientId: string,
  ): Promise<Command> {
    let { attachments } = command;
    let files = command.files ?? [];
    for (const waiting of command.files ?? []) {
      const { personId, createdAt = 0 } = outbox.items.get(clientId) ?? {};
      const file = personId ? await keptFile(personId, waiting.clientId) : null;
      // Chosen in another tab a moment ago, its bytes may still be on their way into the storage.
      if (!file) throw serverNow() - createdAt < STORING_MS ? new Offline(false) : lost(waiting);
      attachments = [...attachments, await arrived(waiting.clientId, file)];
      files = files.filter((one) => one !== waiting);
      const learnt = { attachments, files };
      outbox.note(clientId, (now) => (now.kind === command.kind ? { ...now, ...learnt } : now));
      void dropFile(waiting.clientId);
    }
    return { ...command, attachments, files };
  }

  /** An upload that broke off is nobody's refusal: it goes again. */
  async function arrived(clientId: string, file: File): Promise<AttachmentView> {
    try {
      return await deliver(clientId, file);
    } catch (error) {
      // Cut off because the person left: the file waits for him like everything else.
      const isCutOff = error instanceof DOMException && error.name === 'AbortError';
      const isBroken = isCutOff || isRefusal(error, 'upload_broken');
      throw isBroken ? new Offline(false, { cause: error }) : error;
    }
  }

  return outbox;
}

/** Whoever only looks neither finds nor leaves anything of the person's in this browser. */
function ownStorage(): OutboxStorage<AppealCommand> {
  const stored = browserStorage<AppealCommand>('otklik');
  const passing = memoryStorage<AppealCommand>();
  const now = () => (onlyLooks() ? passing : stored);
  return {
    list: (personId) => now().list(personId),
    has: (clientId) => now().has(clientId),
    put: (unsent) => now().put(unsent),
    remove: (clientId) => now().remove(clientId),
  };
}

const idsOf = ({ attachments }: Pick<PostCommand, 'attachments'>) =>
  attachments.map(({ id }) => id);

const STORING_MS = 30_000;
/** The browser threw the bytes away: no retry helps, the person has to choose the file again. */
const lost = ({ name }: WaitingFile) =>
  new Refusal({ code: 'upload_broken', status: 410, facts: { name }, requestId: '' });
