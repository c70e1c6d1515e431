import { performance } from 'node:perf_hooks';
import type { ChangeCompanySettings, CompanySettings } from '@otklik/shared/company';
import type { Side } from '@otklik/shared/people';
import type * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import {
  changedFields,
  personRepository,
  recordChange,
  refuseUnproven,
  type Actor,
} from '../people';
import { companyPolicy } from './company.policy';
import { COMPANY_CHANGED, companyRepository } from './company.repository';

/** How long a node may go on with old rules when a notice was lost with its connection. */
const MAX_AGE_MS = 60_000;
/** The log names subjects by id; the company is the only one of its kind. */
const COMPANY_ID = '00000000-0000-0000-0000-000000000000';

interface Deps {
  db: Db;
  now: () => Date;
  /** Called when the rules may have changed, by whichever node. */
  changed?: () => void;
}

export type CompanyService = ReturnType<typeof createCompanyService>;

/** The rules of the whole company: remembered by each node until somebody changes them. */
export function createCompanyService({ db, now, changed }: Deps) {
  let known: { settings: Promise<CompanySettings>; sinceMs: number } | null = null;
  let stopListening: (() => Promise<void>) | null = null;
  const forget = () => {
    known = null;
  };

  function remembered(): Promise<CompanySettings> {
    if (known !== null && performance.now() - known.sinceMs < MAX_AGE_MS) return known.settings;
    const looked = { settings: companyRepository.find(db), sinceMs: performance.now() };
    known = looked;
    looked.settings.catch(() => {
      if (known === looked) known = null;
    });
    return looked.settings;
  }

  return {
    /** Hears of changes by other nodes from now on. */
    async start(): Promise<void> {
      const heard = () => {
        forget();
        changed?.();
      };
      stopListening = await db.listen(COMPANY_CHANGED, heard, heard);
      forget();
    },

    async stop(): Promise<void> {
      await stopListening?.();
      stopListening = null;
    },

    /** How long one may change his own message; 0: never. */
    editMinutes: async (): Promise<number> => (await remembered()).editMinutes,

    /** By which an appeal waits for its dealer; always as it stands now. */
    silence: () => companyRepository.silence(db),

    /** What dealers read while the portal is closed to them; null: it is open. */
    async closed(): Promise<CompanySettings['closedMessage'] | null> {
      const { closedToDealers, closedMessage } = await remembered();
      return closedToDealers ? closedMessage : null;
    },

    /** Is a stale answer of this side held? */
    async guards(side: Side): Promise<boolean> {
      const { guardStaff, guardDealer } = await remembered();
      return side === 'staff' ? guardStaff : guardDealer;
    },

    /** @throws not_found – a dealer asks */
    async settings(actor: Actor): Promise<CompanySettings> {
      if (!companyPolicy.read(actor)) throw fail('not_found', { what: 'company' });
      return companyRepository.find(db);
    },

    /**
     * Changes the named rules; the others keep their values. The same values twice change nothing.
     * @throws not_found – a dealer asks
     * @throws forbidden – only admins set the rules
     * @throws reauthentication_needed – for who has to sign in with a second step
     * @throws invalid_input – an appeal would be closed before its dealer is reminded
     */
    async change(
      actor: Actor,
      input: z.output<typeof ChangeCompanySettings>,
    ): Promise<CompanySettings> {
      if (!companyPolicy.read(actor)) throw fail('not_found', { what: 'company' });
      if (!companyPolicy.manage(actor)) throw fail('forbidden', { right: 'manageCompany' });
      return db.transaction(async (tx) => {
        const before = await companyRepository.lock(tx);
        const settings: CompanySettings = {
          editMinutes: input.editMinutes ?? before.editMinutes,
          guardStaff: input.guardStaff ?? before.guardStaff,
          guardDealer: input.guardDealer ?? before.guardDealer,
          // Null is a value: never.
          remindDealerMinutes:
            input.remindDealerMinutes === undefined
              ? before.remindDealerMinutes
              : input.remindDealerMinutes,
          closeSilentMinutes:
            input.closeSilentMinutes === undefined
              ? before.closeSilentMinutes
              : input.closeSilentMinutes,
          auditDays: input.auditDays ?? before.auditDays,
          closedToDealers: input.closedToDealers ?? before.closedToDealers,
          closedMessage: input.closedMessage ?? before.closedMessage,
          secondStepRoles: input.secondStepRoles
            ? [...new Set(input.secondStepRoles)].sort()
            : before.secondStepRoles,
        };
        const { remindDealerMinutes: remind, closeSilentMinutes: close } = settings;
        if (remind !== null && close !== null && close <= remind) {
          const path =
            input.closeSilentMinutes == null ? 'remindDealerMinutes' : 'closeSilentMinutes';
          const message = 'the reminder comes before the closing';
          throw fail('invalid_input', { fields: [{ path, rule: 'order', message }] });
        }
        const difference = changedFields(flat(before), flat(settings));
        if (difference === null) return before;
        if ('secondStepRoles' in difference.after) refuseUnproven(actor, now());
        await companyRepository.save(tx, settings);
        if (before.remindDealerMinutes !== remind || before.closeSilentMinutes !== close)
          await companyRepository.countSilenceFrom(tx, now());
        if ('secondStepRoles' in difference.after)
          await personRepository.reconnectUnenrolled(tx, settings.secondStepRoles);
        await recordChange(tx, {
          by: actor,
          at: now(),
          action: 'company.changed',
          dealerId: null,
          subjectId: COMPANY_ID,
          subject: 'company',
          ...difference,
        });
        tx.afterCommit(forget);
        return settings;
      });
    },
  };
}

/** Field by field, as the log compares them. */
const flat = ({ closedMessage: { ru, en }, ...settings }: CompanySettings) => ({
  ...settings,
  closedMessageRu: ru,
  closedMessageEn: en,
  secondStepRoles: settings.secondStepRoles.join(' '),
});
