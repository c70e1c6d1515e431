import type { OpenAppeal, Posted, PostEntry } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { AttachmentView } from '@otklik/shared/attachments';

import { call } from '../../platform/api';
import { serverNow } from '../../platform/clock';
import {
  browserStorage,
  createOutbox,
  type Fate,
  type Outbox,
  type OutboxStorage,
  type Unsent,
} from '../../platform/outbox';
import { connection } from '../../platform/socket';

/** What may be on its way to the server; the files ride along so that the bubble can show them after a reload. */
export type AppealCommand =
  | {
      kind: 'post';
      appealId: string;
      input: Omit<PostEntry, 'appealId' | 'clientId'>;
      attachments: AttachmentView[];
    }
  | { kind: 'open'; input: Omit<OpenAppeal, 'clientId'>; attachments: AttachmentView[] };

export type UnsentAppealCommand = Unsent<AppealCommand>;

/** The queue of messages and new appeals. Messages of one appeal keep their order; a new appeal is a lane of its own. */
export function createAppealOutbox(
  settled: (unsent: UnsentAppealCommand, fate: Fate<Posted>) => void,
  storage: OutboxStorage<AppealCommand> = browserStorage('otklik'),
): Outbox<AppealCommand> {
  return createOutbox<AppealCommand, Posted>({
    storage,
    send: (command, clientId) =>
      command.kind === 'post'
        ? call(appealsApi.post, { ...command.input, appealId: command.appealId, clientId })
        : call(appealsApi.open, { ...command.input, clientId }),
    settled,
    isOnline: () => connection.state === 'online',
    now: serverNow,
  });
}
