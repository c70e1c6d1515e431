import { Appeal } from '@otklik/shared/appeals';
import { WithdrawQuestion } from '@otklik/shared/questions';
import { questionsApi } from '@otklik/shared/questions.api';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { QuestionService } from './question.service';

export function questionRoutes(
  { mount }: Pick<Api<Actor>, 'mount'>,
  { withdraw }: Pick<QuestionService, 'withdraw'>,
): void {
  mount(questionsApi.withdraw, { input: WithdrawQuestion, output: Appeal }, withdraw);
}
