/** A working day of the company's calendar (Mon–Fri 9–18), in the minutes that `WorkMinutesAgo` counts. */
export const workDayMinutes = 540;
