import { MESSAGE_MAX } from '@otklik/shared/limits';
import { Side } from '@otklik/shared/people';
import * as z from 'zod';

/** Says what PostgreSQL text can hold: no NUL, no half of a character. */
const storable = (text: string) => !text.includes('\0') && text.isWellFormed();

const Turn = z.strictObject({
  side: Side,
  /** As it is kept: without space around it. */
  text: z
    .string()
    .trim()
    .min(1, { error: 'is empty' })
    .max(MESSAGE_MAX, { error: `is longer than ${MESSAGE_MAX} characters` })
    .refine(storable, { error: 'holds characters that cannot be stored' }),
});
const Conversation = z.strictObject({
  id: z.string().min(1, { error: 'is empty' }),
  turns: z.array(Turn).min(1, { error: 'holds no turn' }),
});
export type Conversation = z.infer<typeof Conversation>;
export type Turn = z.infer<typeof Turn>;

/**
 * Reads conversations, one JSON object per line; blank lines are skipped.
 * @returns the good lines, and a sentence with the line's number for each thing that is wrong
 */
export function parseConversations(content: string): {
  conversations: Conversation[];
  problems: string[];
} {
  const conversations: Conversation[] = [];
  const problems: string[] = [];
  for (const [index, line] of content.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `line ${index + 1}`;
    const json = parseJson(line);
    if (json === undefined) {
      problems.push(`${where}: is not JSON`);
      continue;
    }
    const parsed = Conversation.safeParse(json);
    if (parsed.success) conversations.push(parsed.data);
    else problems.push(...parsed.error.issues.map((issue) => `${where}: ${sentence(issue)}`));
  }
  if (conversations.length === 0 && problems.length === 0)
    problems.push('it holds no conversation');
  return { conversations, problems };
}

/** Undefined: not JSON, which itself has no such value. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function sentence({ path, message }: { path: PropertyKey[]; message: string }): string {
  return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`;
}
