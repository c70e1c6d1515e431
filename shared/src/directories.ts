import * as z from 'zod';
import { PersonRef } from './people';
import { typed } from './text';

/** A topic as admins keep it. */
export const TopicView = z.object({
  id: z.uuid(),
  rev: z.number().int(),
  nameRu: z.string(),
  nameEn: z.string(),
  /** Null: its appeals are everybody's of the staff. */
  teamId: z.uuid().nullable(),
  /** Archived ones cannot be chosen any more; their appeals stay. */
  active: z.boolean(),
  openAppeals: z.number().int(),
});
export type TopicView = z.infer<typeof TopicView>;

export const TeamView = z.object({
  id: z.uuid(),
  rev: z.number().int(),
  nameRu: z.string(),
  nameEn: z.string(),
  active: z.boolean(),
  /** With access, by name. */
  members: z.array(PersonRef),
});
export type TeamView = z.infer<typeof TeamView>;

/** Topics in their order, teams by name, archived ones too. */
export const DirectoryLists = z.object({
  topics: z.array(TopicView),
  teams: z.array(TeamView),
});
export type DirectoryLists = z.infer<typeof DirectoryLists>;

const content = {
  /** The one the sender has seen; 0: it is a new one. */
  rev: z.number().int().min(0).max(2_000_000_000),
  nameRu: typed(80),
  nameEn: typed(80),
  active: z.boolean(),
};
/** `topicId` is chosen by the sender; the same content again is the same topic. */
export const SaveTopic = z.strictObject({
  topicId: z.uuid(),
  ...content,
  teamId: z.uuid().nullable(),
});
export type SaveTopic = z.input<typeof SaveTopic>;
export const SaveTeam = z.strictObject({ teamId: z.uuid(), ...content });
export type SaveTeam = z.input<typeof SaveTeam>;
/** To the place right after this one; null: to the first. */
export const MoveTopic = z.strictObject({ topicId: z.uuid(), afterId: z.uuid().nullable() });
export type MoveTopic = z.input<typeof MoveTopic>;
