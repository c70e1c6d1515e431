import { describe, expect, it } from 'vitest';
import { easyPassword } from './password.rules';

const person = { login: 'Marina.Orlova@dealer.example', name: 'Марина Орлова' };

describe('passwords that are long enough and still easy', () => {
  it.each([
    'qwertyuiop',
    'QwertyUiop',
    '1234567890',
    'Password123!',
    '!!!superman2026',
    'aaaaaaaaaaaa',
    'abcabcabcabca',
    'rjycnfynby',
  ])('%s has leaked or repeats itself', async (password) => {
    expect(await easyPassword(password, person)).toBe('common');
  });

  it.each(['marina.orlova@dealer.example', 'marina.orlova2026', 'МаринаОрлова!', 'орлова123456'])(
    '%s is the person’s own name',
    async (password) => {
      expect(await easyPassword(password, person)).toBe('personal');
    },
  );

  it.each(['correct horse battery', 'рыжий кот на крыше', 'xK4-vq2Zt_9w', 'another good one'])(
    '%s is taken',
    async (password) => {
      expect(await easyPassword(password, person)).toBeNull();
    },
  );
});
