import type { Appeal } from './appeals';
import type { WithdrawQuestion } from './questions';
import { route } from './route';

export const questionsApi = {
  withdraw: route<WithdrawQuestion, Appeal>(
    'DELETE',
    '/appeals/:appealId/questions/:questionId',
    'question.withdraw',
  ),
};
