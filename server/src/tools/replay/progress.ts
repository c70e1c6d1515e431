/** Where progress is shown. */
export interface Screen {
  isTTY?: boolean | undefined;
  write(text: string): unknown;
}

const BAR_LENGTH = 24;
/** Without a terminal a line is written each time this share of the work is done. */
const LINE_EVERY_PERCENT = 10;

/** A bar that is written over and over on a terminal, plain lines elsewhere. */
export function createBar(screen: Screen, name: string, total: number) {
  let done = 0;
  let shown = -1;

  function show(): void {
    const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
    const stage = screen.isTTY ? percent : Math.floor(percent / LINE_EVERY_PERCENT);
    if (stage === shown) return;
    shown = stage;
    const filled = Math.round((percent / 100) * BAR_LENGTH);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_LENGTH - filled)}`;
    if (screen.isTTY) screen.write(`\r${name} ${bar} ${percent} %  ${done}/${total} `);
    else screen.write(`${name}: ${percent} % (${done}/${total})\n`);
  }
  show();

  return {
    step(): void {
      done += 1;
      show();
    },
    /** Leaves the line, finished or not. */
    end(): void {
      if (screen.isTTY) screen.write('\n');
    },
  };
}
