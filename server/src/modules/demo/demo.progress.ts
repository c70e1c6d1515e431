/** Where progress is shown; standard output, unless a test listens. */
export interface Screen {
  isTTY?: boolean | undefined;
  write(text: string): unknown;
}

const NAME = 'Loading demo data';
/** Without a terminal a line is written each time this share of the work is done. */
const LINE_EVERY_PERCENT = 25;

/** One line that is written over and over on a terminal, a few short lines elsewhere. */
export function createProgress(screen: Screen, total: number) {
  const begun = performance.now();
  let done = 0;
  let shown = 0;

  const seconds = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  screen.write(screen.isTTY ? `${NAME} … 0 %` : `${NAME} …\n`);

  return {
    /** One more piece of work is done. */
    step(): void {
      done += 1;
      const percent = Math.floor((done / total) * 100);
      if (screen.isTTY && percent > shown) screen.write(`\r${NAME} … ${percent} %`);
      else if (percent >= shown + LINE_EVERY_PERCENT && percent < 100) {
        screen.write(`${NAME} … ${percent} %\n`);
      } else return;
      shown = percent;
    },
    end(): void {
      screen.write(`${screen.isTTY ? '\r' : ''}${NAME}: done in ${seconds()}\n`);
    },
    /** Leaves the line, so that what follows does not stand behind it. */
    fail(): void {
      if (screen.isTTY) screen.write('\n');
    },
  };
}

export type Progress = ReturnType<typeof createProgress>;
