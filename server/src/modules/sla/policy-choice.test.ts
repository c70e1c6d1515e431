import { describe, expect, it } from 'vitest';
import { choosePolicy, SPECIFIC, weightOf, type PolicyMatch } from './policy-choice';

const naming = (given: Partial<PolicyMatch> = {}): PolicyMatch => ({
  ...{ dealerId: null, groupId: null, priority: null, topicId: null, typeCode: null },
  ...given,
});
const all = {
  ...{ dealerId: 'D', groupId: 'G', priority: 'urgent', topicId: 'T', typeCode: 'complaint' },
};
const everything = naming();
const dealer = naming({ dealerId: 'D' });
const group = naming({ groupId: 'G' });
const urgent = naming({ priority: 'urgent' });
const topic = naming({ topicId: 'T' });
const complaint = naming({ typeCode: 'complaint' });
const restOfIt = naming({ priority: 'urgent', topicId: 'T', typeCode: 'complaint' });

const cases: [string, PolicyMatch[], Partial<PolicyMatch>, PolicyMatch | null][] = [
  ['no policies at all', [], {}, null],
  ['none matches', [urgent, complaint], { priority: 'low', typeCode: 'error' }, null],
  ['half of what a policy names is not a match', [restOfIt], { topicId: 'T2' }, null],
  ['the one for everything', [everything, urgent], { priority: 'low' }, everything],
  ['the type before everything', [everything, complaint], {}, complaint],
  ['the topic before the type', [complaint, topic], {}, topic],
  ['the priority before the topic', [topic, urgent], {}, urgent],
  ['the group before the priority', [urgent, group], {}, group],
  ['the dealer before his group', [group, dealer], {}, dealer],
  ['one greater thing before all lesser ones', [restOfIt, group], {}, group],
  ['the dealer alone before all but him', [restOfIt, dealer], {}, dealer],
  [
    'the dealer and more before the dealer',
    [dealer, { ...restOfIt, dealerId: 'D' }],
    {},
    { ...restOfIt, dealerId: 'D' },
  ],
  ['another dealer of the group', [dealer, group], { dealerId: 'D2' }, group],
  ['a dealer without a group', [group, complaint], { groupId: null }, complaint],
  ['case matters: codes are exact', [urgent], { priority: 'Urgent' }, null],
];

describe('the most specific policy wins', () => {
  it.each(cases)('%s', (_name, policies, given, expected) => {
    const appeal = { ...all, ...given };
    expect(choosePolicy(policies, appeal)).toEqual(expected);
    expect(choosePolicy([...policies].reverse(), appeal)).toEqual(expected);
  });

  it('whatever is named, two that weigh the same name the same things', () => {
    const named = Array.from({ length: 2 ** SPECIFIC.length }, (_, bits) =>
      naming(
        Object.fromEntries(
          SPECIFIC.flatMap((field, i) => (bits & (1 << i) ? [[field, all[field]]] : [])),
        ),
      ),
    );
    expect(new Set(named.map(weightOf)).size).toBe(named.length);
  });
});
