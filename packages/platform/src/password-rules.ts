export const PASSWORD_LENGTH_MIN = 12;
/** Long enough for any sentence. What is hashed has 32 bytes whatever was typed. */
export const PASSWORD_LENGTH_MAX = 1_024;
/** "aaaaaaaaaaaa" and "121212121212" are long, and guessed first. */
const CHARACTERS_MIN = 5;
/** What people start a password with when they have to have one. */
const COMMON_WORDS = new Set(
  (
    'abc abcd abcdef admin administrator asdf asdfgh asdfghjkl baseball changeme computer default dragon flower football ' +
    'hello iloveyou letmein login love lovely master monkey mypassword ninja pass passw password princess qazwsx qazwsxedc ' +
    'qwer qwert qwerty qwertyuiop root secret shadow sluice summer sunshine superman temp test trustno trustnoone user ' +
    'welcome whatever winter zaq zaqxsw zxcvbn zxcvbnm'
  ).split(' '),
);
const SEQUENCES = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiopasdfghjklzxcvbnm', '1qaz2wsx3edc4rfv5tgb6yhn7ujm'];
const LOOKALIKES: Readonly<Record<string, string>> = { '@': 'a', $: 's', '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't' };

/** Why a new password is refused, as the end of "The password …"; undefined when it is not. Not for logins: an old password works under the rules of its day. */
export function refusalOfPassword(password: string): string | undefined {
  const { length } = Array.from(password);
  if (length < PASSWORD_LENGTH_MIN) return `must have at least ${PASSWORD_LENGTH_MIN} characters`;
  if (password.length > PASSWORD_LENGTH_MAX) return `must have at most ${PASSWORD_LENGTH_MAX} characters`;
  if (new Set(password.toLowerCase()).size < CHARACTERS_MIN) return `must have at least ${CHARACTERS_MIN} different characters`;
  return isCommon(password.toLowerCase()) ? 'is one of the most common ones' : undefined;
}

/** "Password1234!", "qwertyqwerty12", "P@ssw0rd2026", "abcdefghijkl": one well-known word, with what everybody appends. */
function isCommon(password: string): boolean {
  const stem = password.replace(/[^a-z@$]+$/, '').replace(/^[^a-z@$0-9]+/, '');
  const spelled = stem.replace(/[@$0-9]/g, (letter) => LOOKALIKES[letter] ?? letter);
  const words = [stem, spelled].flatMap((text) => [text, shortestPeriod(text)]);
  return SEQUENCES.some((sequence) => isRunOf(password, sequence)) || words.some((word) => COMMON_WORDS.has(word));
}

/** "abab" is made of "ab". */
function shortestPeriod(text: string): string {
  return text.slice(0, `${text}${text}`.indexOf(text, 1));
}

/** Forwards or backwards, from anywhere, and round again. */
function isRunOf(text: string, sequence: string): boolean {
  const rounds = sequence.repeat(Math.ceil(text.length / sequence.length) + 1);
  return rounds.includes(text) || Array.from(rounds).toReversed().join('').includes(text);
}
