const two = (value: number): string => String(value).padStart(2, '0');

/** `YYYY-MM-DD hh:mm:ss` of epoch milliseconds, in local time. */
export function localTime(at: number): string {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `D hh:mm:ss` of seconds. */
export function runTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const clock = [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  return `${Math.floor(whole / 86_400)} ${clock.map(two).join(':')}`;
}
