import * as z from 'zod';

/**
 * What a right is held by. A visitor is one of the first two, and `chief` on top of it; `machine` is the server's own work and whoever
 * watches over it; `nobody` has not signed in.
 */
export const RoleName = z.enum([
  'dealer_own',
  'dealer_all',
  'chief',
  'manager',
  'supervisor',
  'admin',
  'integration',
  'machine',
  'nobody',
]);
export type RoleName = z.infer<typeof RoleName>;

/** How a person stands to an object; several may hold at once. `stranger`: in no way that counts. */
export const Relation = z.enum([
  /** Opened, wrote, sent or made it himself; of people: he is it. */
  'own',
  'assignee',
  /** The manager in charge of the dealer. */
  'in_charge',
  'participant',
  /** Took part and left. */
  'former',
  'same_dealer',
  'other_dealer',
  /** It belongs to a team of his. */
  'team',
  /** It belongs to no team, and so to everybody. */
  'no_team',
  'other_team',
  /** Of a file: the entry that holds it is shown to him. */
  'shown',
  /** Of somebody on an appeal: he opened it. */
  'opener',
  'stranger',
]);
export type Relation = z.infer<typeof Relation>;

export const ObjectKind = z.enum([
  ...['appeal', 'entry', 'member', 'question', 'dealer', 'session', 'macro', 'order', 'file'],
  'upload',
] as const);
export type ObjectKind = z.infer<typeof ObjectKind>;

/** `open`: neither solved nor closed; `fresh`: still within the minutes for changing it; `shared`: several people use the login. */
export const ObjectState = z.enum(['open', 'done', 'fresh', 'old', 'shared', 'single']);
export type ObjectState = z.infer<typeof ObjectState>;

export const RightName = z.enum([
  ...['session.open', 'session.end', 'session.name', 'account.use'],
  ...['directory.read', 'colleague.see', 'dealer_people.see', 'staff.work'],
  ...['appeal.list', 'appeal.staff_views', 'appeal.read', 'appeal.open', 'appeal.open_for'],
  ...['appeal.write', 'appeal.solve', 'appeal.change_status', 'appeal.change_fields'],
  ...['appeal.assign', 'appeal.merge', 'appeal.see_clocks', 'appeal.bring_people'],
  ...['member.remove', 'order.link', 'note.read', 'note.write', 'entry.change', 'entry.history'],
  ...['question.withdraw', 'receipt.give', 'receipt.see', 'notice.read', 'draft.keep'],
  ...['dispute.raise', 'dispute.settle', 'dispute.list', 'board.see', 'board.reassign'],
  ...['report.see', 'file.upload', 'file.read', 'file.discard', 'upload.own'],
  ...['order.list', 'order.read', 'order.exchange'],
  ...['macro.use', 'macro.share', 'macro.read', 'macro.change'],
  ...['dealer.read', 'dealer.create', 'dealer.edit'],
  ...['visitor.read', 'visitor.manage', 'visitor.see', 'visitor.change'],
  ...['contacts.see', 'contacts.change'],
  ...['sla.read', 'sla.manage', 'company.read', 'company.manage', 'rights.see'],
  ...['audit.read', 'export.record', 'seats.see'],
  ...['staff.manage', 'token.manage', 'link.use', 'person.view_as', 'topic.manage'],
  ...['server.health', 'server.metrics', 'server.api', 'server.client', 'server.work'],
] as const);
export type RightName = z.infer<typeof RightName>;

/** One line of the table as an admin reads it. */
export const RightLine = z.object({
  right: RightName,
  object: ObjectKind.nullable(),
  /** Has to be held first; whoever lacks it is refused as by that right. */
  needs: RightName.nullable(),
  /** To whoever lacks it the object does not exist. */
  hides: z.boolean(),
  /** The right by whose name custom roles have it or not; null: they have it as their base has. */
  chosen: RightName.nullable(),
  /** By role: whatever stands between them, or only in these relations. A role that is left out has it never. */
  may: z.partialRecord(RoleName, z.union([z.literal('any'), z.array(Relation)])),
  /** The roles that are named have it only in these states. */
  when: z.partialRecord(RoleName, z.array(ObjectState)),
  /** What is served with it: operations, socket events, news, jobs and paths, as the server has registered them. */
  doors: z.array(z.string()),
});
export type RightLine = z.infer<typeof RightLine>;
export const RightsTable = z.object({ items: z.array(RightLine) });
export type RightsTable = z.infer<typeof RightsTable>;
