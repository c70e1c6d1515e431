import { Nothing } from '@otklik/shared/people';
import { ChangePolicy, PolicyView } from '@otklik/shared/sla';
import { slaApi } from '@otklik/shared/sla.api';
import * as z from 'zod';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { SlaService } from './sla.service';
import { policyView } from './sla.view';

const Policies = z.object({ items: z.array(PolicyView) });

/** Reading and changing policies. */
export function slaRoutes({ mount }: Pick<Api<Actor>, 'mount'>, sla: SlaService): void {
  mount(slaApi.policies, { input: Nothing, output: Policies }, async (actor) => ({
    items: (await sla.listPolicies(actor)).map(policyView),
  }));
  mount(slaApi.changePolicy, { input: ChangePolicy, output: PolicyView }, async (actor, input) =>
    policyView(await sla.changePolicy(actor, input)),
  );
}
