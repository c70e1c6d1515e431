import { createHash } from 'node:crypto';
import { unknownVariables } from '@otklik/shared/macro-text';
import type {
  ChangeMacro,
  CreateMacro,
  MacroAt,
  MacroList,
  MacroView,
} from '@otklik/shared/macros';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import { changedFields, recordChange, type Actor } from '../people';
import { macroPolicy, type MacroPlace } from './macro.policy';
import { macroRepository, type MacroRow, type MacroWords } from './macro.repository';
import { macroView } from './macro.view';

/** All of them are fetched at once, so their number has an end: of one person, and of teams and everybody together. */
const OWN_AT_MOST = 100;
const SHARED_AT_MOST = 300;

type Fields = Omit<z.output<typeof CreateMacro>, 'clientId'>;

export type MacroService = ReturnType<typeof createMacroService>;

/** Ready texts of the staff. Every change names the revision it was made from, so that nobody overwrites what he has not seen. */
export function createMacroService({ db, now }: { db: Db; now: () => Date }) {
  /** @throws not_found – a dealer asks */
  async function list(actor: Actor): Promise<MacroList> {
    staffOnly(actor);
    const rows = await macroRepository.listVisible(db, actor);
    return {
      items: rows.map((row) => macroView(row, actor)),
      can: { share: macroPolicy.share(actor) },
    };
  }

  /**
   * Makes a macro. A second call with the same `clientId` answers the macro as it is now.
   * @throws not_found – a dealer asks
   * @throws forbidden – a manager shares a macro
   * @throws invalid_input – an unknown variable or team
   * @throws same_id_other_content – the id was used for another macro
   * @throws conflict – there are too many already
   */
  async function create(actor: Actor, input: z.output<typeof CreateMacro>): Promise<MacroView> {
    staffOnly(actor);
    const { clientId, ...fields } = input;
    return db.transaction(async (tx) => {
      const macro = await placed(tx, actor, fields);
      const contentHash = hashOf(fields);
      const sent =
        (await macroRepository.findSent(tx, actor.personId, clientId)) ??
        (await insert(tx, actor, { ...macro, clientId, contentHash }));
      if (sent.contentHash !== contentHash) throw fail('same_id_other_content', { clientId });
      return macroView(sent, actor);
    });
  }

  async function insert(
    tx: Tx,
    actor: Actor,
    macro: MacroWords & MacroPlace & { clientId: string; contentHash: string },
  ): Promise<MacroRow> {
    const count = await macroRepository.count(tx, macro.ownerId);
    if (count >= (macro.ownerId === null ? SHARED_AT_MOST : OWN_AT_MOST))
      throw fail('conflict', { what: 'macros' });
    const at = now();
    const id = await macroRepository.insert(tx, { ...macro, authorId: actor.personId, at });
    if (id !== null) await log(tx, actor, { id, before: null, after: macro });
    const row =
      id === null
        ? await macroRepository.findSent(tx, actor.personId, macro.clientId)
        : await macroRepository.find(tx, id);
    if (row === null) throw new Error('a macro that was just written is not there');
    return row;
  }

  /**
   * Makes the macro what the input says. The same change twice is made once.
   * @throws not_found – no such macro, or none this actor may see
   * @throws forbidden – a manager changes what is shared, or shares what is his
   * @throws conflict – somebody changed it after `rev`
   */
  async function change(actor: Actor, input: z.output<typeof ChangeMacro>): Promise<MacroView> {
    const { macroId, rev, ...fields } = input;
    return db.transaction(async (tx) => {
      const before = await getToChange(tx, actor, macroId);
      if (before.deletedAt !== null) throw notFound();
      const after = await placed(tx, actor, fields);
      const isDone = hashOf(before) === hashOf(fields);
      if (isDone && (rev === before.rev || isRepeated(actor, before, rev)))
        return macroView(before, actor);
      if (rev !== before.rev) throw changedMeanwhile();
      return save(tx, actor, before, { ...after, deletedAt: null });
    });
  }

  /** Deletes, or takes it back (`deleted` false). As {@link change}, in all it refuses. */
  async function setDeleted(
    actor: Actor,
    { macroId, rev }: MacroAt,
    deleted: boolean,
  ): Promise<MacroView> {
    return db.transaction(async (tx) => {
      const before = await getToChange(tx, actor, macroId);
      if ((before.deletedAt !== null) === deleted) {
        if (isRepeated(actor, before, rev)) return macroView(before, actor);
        throw deleted ? notFound() : changedMeanwhile();
      }
      if (rev !== before.rev) throw changedMeanwhile();
      return save(tx, actor, before, { ...before, deletedAt: deleted ? now() : null });
    });
  }

  async function save(
    tx: Tx,
    actor: Actor,
    before: MacroRow,
    after: MacroWords & MacroPlace & { deletedAt: Date | null },
  ): Promise<MacroView> {
    const { id } = before;
    await macroRepository.save(tx, { ...after, id, by: actor.personId, at: now() });
    await log(tx, actor, { id, before, after });
    const row = await macroRepository.find(tx, id);
    if (row === null) throw notFound();
    return macroView(row, actor);
  }

  /** What is shared is written down; what is somebody's own is nobody's business. */
  async function log(
    tx: Tx,
    actor: Actor,
    change: {
      id: string;
      before: (MacroWords & MacroPlace & { deletedAt: Date | null }) | null;
      after: MacroWords & MacroPlace & { deletedAt?: Date | null };
    },
  ): Promise<void> {
    const { id, before, after } = change;
    if (after.scope === 'own' && (before === null || before.scope === 'own')) return;
    const words = ({ name, body, thenStatus, scope, teamId }: MacroWords & MacroPlace) => ({
      ...{ name, body, thenStatus, scope, teamId },
    });
    const what = { by: actor, at: now(), dealerId: null, subjectId: id, subject: after.name };
    if (before === null) {
      await recordChange(tx, { ...what, action: 'macro.created', before, after: words(after) });
      return;
    }
    const changed = changedFields(words(before), words(after));
    const action = changed ? 'changed' : after.deletedAt ? 'deleted' : 'restored';
    await recordChange(tx, {
      ...{ ...what, action: `macro.${action}` },
      ...(changed ?? { before: null, after: null }),
    });
  }

  return {
    list,
    create,
    change,
    remove: (actor: Actor, at: MacroAt) => setDeleted(actor, at, true),
    restore: (actor: Actor, at: MacroAt) => setDeleted(actor, at, false),
  };
}

const notFound = () => fail('not_found', { what: 'macro' });
const changedMeanwhile = () => fail('conflict', { what: 'macro' });
const refused = (path: string, rule: string, message: string) =>
  fail('invalid_input', { fields: [{ path, rule, message }] });

/** For a dealer the address itself does not exist. */
function staffOnly(actor: Actor): void {
  if (!macroPolicy.use(actor)) throw fail('not_found', { what: 'path' });
}

/** The macro, held until the transaction ends. */
async function getToChange(tx: Tx, actor: Actor, macroId: string): Promise<MacroRow> {
  staffOnly(actor);
  const macro = await macroRepository.lock(tx, macroId);
  if (macro === null || !macroPolicy.read(actor, macro)) throw notFound();
  if (!macroPolicy.change(actor, macro)) throw fail('forbidden', { right: 'shareMacros' });
  return macro;
}

/** The macro as it will lie in the table, once its words, its place and the actor's right to it are checked. */
async function placed(tx: Tx, actor: Actor, fields: Fields): Promise<MacroWords & MacroPlace> {
  const { name, body, thenStatus, scope, teamId } = fields;
  const [unknown] = unknownVariables(body);
  if (unknown !== undefined)
    throw refused('body', 'unknown_variable', `names the unknown variable {{${unknown}}}`);
  if (!macroPolicy.change(actor, { scope })) throw fail('forbidden', { right: 'shareMacros' });
  const words = { name, body, thenStatus };
  if (scope === 'team') {
    if (teamId === null) throw refused('teamId', 'required', 'is needed for a macro of a team');
    if (!(await macroRepository.hasTeam(tx, teamId)))
      throw refused('teamId', 'unknown', 'is no team');
    return { ...words, scope, teamId, ownerId: null };
  }
  if (teamId !== null) throw refused('teamId', 'unexpected', 'belongs to macros of a team only');
  return scope === 'own'
    ? { ...words, scope, ownerId: actor.personId, teamId }
    : { ...words, scope, ownerId: null, teamId };
}

/** The same command once more: its change is the last one that was made. */
const isRepeated = (actor: Actor, { rev, changedBy }: MacroRow, sentRev: number) =>
  rev === sentRev + 1 && changedBy === actor.personId;

const hashOf = ({ name, body, thenStatus, scope, teamId }: Fields) =>
  createHash('sha256')
    .update(JSON.stringify([name, body, thenStatus, scope, teamId]))
    .digest('base64url');
