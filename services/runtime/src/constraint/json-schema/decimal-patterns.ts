import { characters, choice, literal, NOTHING, optional, repeat, sequence, type Pattern } from '../language/pattern.ts';

/** A number that is not negative, as digits before and after the point; no zeros at the end of the fraction. */
export type Decimal = { readonly whole: string; readonly fraction: string };

const DIGIT = digits(0, 9);
const ANY_DIGITS = repeat(DIGIT, 0);
const ANY_FRACTION = optional(sequence(literal('.'), repeat(DIGIT, 1)));

/** The digits of a double in the shortest text that stands for it. */
export function decimalOf(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = Math.abs(value).toString().split('e');
  const [before = '0', after = ''] = mantissa.split('.');
  const shift = Number(exponent);
  const all = before + after;
  const point = before.length + shift;
  const whole = point <= 0 ? '0' : all.slice(0, point).padEnd(point, '0');
  const fraction = point <= 0 ? all.padStart(all.length - point, '0') : all.slice(point);
  return { whole: BigInt(whole).toString(), fraction: fraction.replace(/0+$/, '') };
}

/** Decimals from `bound` on. */
export function decimalsFrom({ whole, fraction }: Decimal, isExclusive: boolean): Pattern {
  const larger = sequence(wholesFrom((BigInt(whole) + 1n).toString()), ANY_FRACTION);
  const more = isExclusive ? sequence(ANY_DIGITS, digits(1, 9), ANY_DIGITS) : ANY_DIGITS;
  if (fraction === '') {
    const equal = isExclusive ? sequence(literal('.'), more) : ANY_FRACTION;
    return choice(larger, sequence(literal(whole), equal));
  }
  const beyond = differing(fraction, (digit) => digits(digit + 1, 9), ANY_DIGITS);
  return choice(larger, sequence(literal(`${whole}.`), choice(...beyond, sequence(literal(fraction), more))));
}

/** Decimals up to `bound`; undefined when there are none. */
export function decimalsTo({ whole, fraction }: Decimal, isExclusive: boolean): Pattern | undefined {
  const options: Pattern[] = [];
  if (whole !== '0') options.push(sequence(wholesTo((BigInt(whole) - 1n).toString()), ANY_FRACTION));
  if (fraction !== '') {
    const below = differing(fraction, (digit) => digits(0, digit - 1), ANY_DIGITS);
    const shorter = Array.from(fraction.slice(1), (_, i) => literal(fraction.slice(0, i + 1)));
    const equal = isExclusive ? [] : [sequence(literal(fraction), repeat(literal('0'), 0))];
    options.push(literal(whole));
    const ends = [...below, ...shorter, ...equal];
    if (ends.length > 0) options.push(sequence(literal(`${whole}.`), choice(...ends)));
  } else if (!isExclusive) {
    options.push(sequence(literal(whole), optional(sequence(literal('.'), repeat(literal('0'), 1)))));
  }
  return options.length === 0 ? undefined : choice(...options);
}

/** Whole numbers from `least` on, without leading zeros. */
export function wholesFrom(least: string): Pattern {
  if (least === '0') return choice(literal('0'), sequence(digits(1, 9), ANY_DIGITS));
  const longer = sequence(digits(1, 9), repeat(DIGIT, least.length));
  return choice(longer, literal(least), ...differing(least, (digit) => digits(digit + 1, 9)));
}

/** Whole numbers up to `most`, without leading zeros. */
export function wholesTo(most: string): Pattern {
  const shorter = most.length === 1 ? [] : [literal('0'), sequence(digits(1, 9), repeat(DIGIT, 0, most.length - 2))];
  const sameLength = differing(most, (digit, i) => digits(i === 0 && most.length > 1 ? 1 : 0, digit - 1));
  return choice(...shorter, literal(most), ...sameLength);
}

/** Texts that share a beginning with `of` and then differ by a digit; `rest` follows, or as many digits as there were. */
function differing(of: string, other: (digit: number, i: number) => Pattern, rest?: Pattern): Pattern[] {
  return Array.from(of, (char, i) => {
    const left = of.length - i - 1;
    return sequence(literal(of.slice(0, i)), other(Number(char), i), rest ?? (left === 0 ? NOTHING : repeat(DIGIT, left, left)));
  });
}

/** None of them when `first` is above `last`. */
function digits(first: number, last: number): Pattern {
  return characters(first > last ? [] : [[0x30 + first, 0x30 + last]]);
}
