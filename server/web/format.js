// Times and numbers as people say them, in the reader's own language settings for dates.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365.25 * day;

// From which distance a unit is used: 90 days stay days.
const steps = [[1.5 * year, year, "year"], [120 * day, 30 * day, "month"], [day, day, "day"], [hour, hour, "hour"], [minute, minute, "minute"]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const precise = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export const dateTime = (text) => exact.format(new Date(text));
export const dateTimeSeconds = (text) => precise.format(new Date(text));

export function ago(text, now = Date.now()) {
  const away = new Date(text).getTime() - now;
  for (const [from, size, name] of steps) {
    if (Math.abs(away) >= from) return relative.format(Math.round(away / size), name);
  }
  return away > 0 ? "in under a minute" : "just now";
}

export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// A length of time, in the largest unit that says it without a fraction: 168 hours are 7 days.
export function duration(milliseconds) {
  const units = [[year, "year"], [day, "day"], [hour, "hour"], [minute, "minute"], [second, "second"]];
  for (const [size, name] of units) {
    const count = milliseconds / size;
    if (count >= 1 && (Number.isInteger(count) || size <= day)) {
      const rounded = Number.isInteger(count) ? count : Math.floor(count * 10) / 10;
      return `${rounded} ${name}${rounded === 1 ? "" : "s"}`;
    }
  }
  return "less than a second";
}

export const days = (count) => count * day;
export const hours = (count) => count * hour;

// The wire's lifetimes are integer nanoseconds. Whole seconds stay exact: a thousand million is a multiple of
// 512, as far apart as doubles of this size are at most.
export const toNanoseconds = (milliseconds) => Math.round(milliseconds / 1000) * 1e9;
export const fromNanoseconds = (nanoseconds) => nanoseconds / 1e6;

export const never = (text) => new Date(text).getTime() <= 0;

const whole = new Intl.NumberFormat("en");
export const number = (value) => whole.format(value);
export const rate = (value) => (value < 10 ? value.toFixed(1) : whole.format(Math.round(value)));
