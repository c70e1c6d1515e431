import { AppealPresence, Look } from '@otklik/shared/presence';
import { presenceApi } from '@otklik/shared/presence.api';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { PresenceService } from './presence.service';

export function presenceRoutes(api: Api<Actor>, presence: PresenceService): void {
  api.mount(
    presenceApi.look,
    { input: Look, output: AppealPresence.nullable() },
    (actor, input, _exchange, socketId) => presence.look(actor, input, socketId),
  );
}
