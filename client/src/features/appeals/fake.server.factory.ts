import type { Route } from '@otklik/shared/route';

type Answer = (input: object) => unknown;

/** Stands in for `platform/api` in store tests: answers by method and path, counts what was asked. */
export function aFakeServer() {
  const answers = new Map<string, Answer>();
  const asked: { name: string; input: object }[] = [];

  return {
    asked,
    /** How often a route was called. */
    times: (name: string) => asked.filter((one) => one.name === name).length,
    /** What `GET /appeals` and the like answer: a value, or a function that may throw. */
    answer(name: string, answer: Answer): void {
      answers.set(name, answer);
    },
    call: async <Input extends object, Output>(
      route: Route<Input, Output>,
      input: Input,
    ): Promise<Output> => {
      const name = `${route.method} ${route.path}`;
      asked.push({ name, input });
      const answer = answers.get(name);
      if (!answer) throw new Error(`nobody answers ${name}`);
      const value: Output = JSON.parse(JSON.stringify(await answer(input)));
      return value;
    },
  };
}
