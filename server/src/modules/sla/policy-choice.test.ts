import { describe, expect, it } from 'vitest';
import { choosePolicy, type PolicyMatch } from './policy-choice';

const everything = { typeCode: null, priority: null };
const urgent = { typeCode: null, priority: 'urgent' };
const complaint = { typeCode: 'complaint', priority: null };
const urgentComplaint = { typeCode: 'complaint', priority: 'urgent' };

const urgentAppeal = { typeCode: 'complaint', priority: 'urgent' };

const cases: [string, PolicyMatch[], { typeCode: string; priority: string }, PolicyMatch | null][] =
  [
    ['no policies at all', [], urgentAppeal, null],
    ['none matches', [urgent, complaint], { typeCode: 'error', priority: 'low' }, null],
    [
      'half of what a policy names is not a match',
      [urgentComplaint],
      { typeCode: 'complaint', priority: 'high' },
      null,
    ],
    [
      'the one for everything',
      [everything, urgent],
      { typeCode: 'error', priority: 'low' },
      everything,
    ],
    [
      'the type before everything',
      [everything, complaint],
      { typeCode: 'complaint', priority: 'low' },
      complaint,
    ],
    [
      'the priority before everything',
      [everything, urgent],
      { typeCode: 'error', priority: 'urgent' },
      urgent,
    ],
    ['the priority before the type', [everything, complaint, urgent], urgentAppeal, urgent],
    [
      'both before one',
      [everything, urgent, complaint, urgentComplaint],
      urgentAppeal,
      urgentComplaint,
    ],
    ['case matters: codes are exact', [urgent], { typeCode: 'error', priority: 'Urgent' }, null],
  ];

describe('the policy that names more wins', () => {
  it.each(cases)('%s', (_name, policies, appeal, expected) => {
    expect(choosePolicy(policies, appeal)).toBe(expected);
    expect(choosePolicy([...policies].reverse(), appeal)).toBe(expected);
  });
});
